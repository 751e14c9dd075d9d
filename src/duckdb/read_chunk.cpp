#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "duckdb/vectors.h"

namespace segue::duckdb {

namespace {

using ChunkPtr = std::shared_ptr<const Chunk>;

// What a column keeps alive: the chunk it was read from and what was made of it.
template <class T>
struct Made {
  ChunkPtr chunk;
  Array<T> values;
  Array<uint8_t> valid;
};

Array<uint8_t> validity_of(duckdb_vector vector, size_t rows) {
  Array<uint8_t> valid;
  const uint64_t* mask = duckdb_vector_get_validity(vector);
  if (mask == nullptr) return valid;
  valid.resize(rows);
  for (size_t i = 0; i < rows; ++i) valid[i] = mask[i / 64] >> (i % 64) & 1;
  return valid;
}

template <class T>
Column column_of(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows, Array<T>&& values) {
  auto made = std::make_shared<Made<T>>(Made<T>{chunk, std::move(values), validity_of(vector, rows)});
  Column column;
  column.type = type;
  column.values = made->values.empty() ? duckdb_vector_get_data(vector) : made->values.data();
  if (!made->valid.empty()) column.valid = made->valid.data();
  column.owner = made;
  return column;
}

template <class From>
Column widened(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows) {
  auto from = static_cast<const From*>(duckdb_vector_get_data(vector));
  Array<int64_t> values(rows);
  for (size_t i = 0; i < rows; ++i) values[i] = from[i];
  return column_of(chunk, vector, type, rows, std::move(values));
}

Column texts(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows) {
  auto from = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  const uint64_t* mask = duckdb_vector_get_validity(vector);
  Array<std::string_view> values(rows);
  for (size_t i = 0; i < rows; ++i) {
    bool valid = mask == nullptr || (mask[i / 64] >> (i % 64) & 1) != 0;
    values[i] =
        valid ? std::string_view(duckdb_string_t_data(&from[i]), duckdb_string_t_length(from[i])) : std::string_view();
  }
  return column_of(chunk, vector, type, rows, std::move(values));
}

Column read_vector(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows);

Column lists(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows) {
  auto entries = static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(vector));
  const uint64_t* mask = duckdb_vector_get_validity(vector);
  Array<uint64_t> offsets(rows + 1);
  // Lists may share elements or leave some out; where they follow one another, the child is taken as it is.
  uint64_t begin = 0, end = 0;
  bool any = false, in_order = true;
  for (size_t i = 0; i < rows; ++i) {
    bool valid = mask == nullptr || (mask[i / 64] >> (i % 64) & 1) != 0;
    uint64_t length = valid ? entries[i].length : 0;
    if (length != 0) {
      if (!any) begin = end = entries[i].offset;
      in_order = in_order && entries[i].offset == end;
      end = entries[i].offset + length;
      any = true;
    }
    offsets[i + 1] = length;
  }
  offsets[0] = 0;
  for (size_t i = 0; i < rows; ++i) offsets[i + 1] += offsets[i];
  size_t elements = offsets[rows];
  size_t all = duckdb_list_vector_get_size(vector);
  duckdb_vector child = duckdb_list_vector_get_child(vector);
  if (in_order) {
    Column column = column_of(chunk, vector, type, rows, std::move(offsets));
    column.children.push_back(read_vector(chunk, child, type.element(), all).slice(begin));
    return column;
  }
  // Brings the elements into order, by a selection that DuckDB applies.
  duckdb_selection_vector selection = duckdb_create_selection_vector(elements);
  sel_t* rows_of = duckdb_selection_vector_get_data_ptr(selection);
  for (size_t i = 0; i < rows; ++i) {
    for (uint64_t e = offsets[i]; e < offsets[i + 1]; ++e)
      *rows_of++ = static_cast<sel_t>(entries[i].offset + (e - offsets[i]));
  }
  LogicalType child_type(duckdb_vector_get_column_type(child));
  duckdb_vector ordered = duckdb_create_vector(child_type.get(), elements);
  duckdb_vector_copy_sel(child, ordered, selection, elements, 0, 0);
  duckdb_destroy_selection_vector(selection);
  struct Ordered {
    ChunkPtr chunk;
    duckdb_vector vector;
    ~Ordered() { duckdb_destroy_vector(&vector); }
  };
  auto owner = std::make_shared<Ordered>(chunk, ordered);
  Column column = column_of(chunk, vector, type, rows, std::move(offsets));
  column.children.push_back(read_vector(ChunkPtr(owner, owner->chunk.get()), ordered, type.element(), elements));
  return column;
}

Column read_vector(const ChunkPtr& chunk, duckdb_vector vector, const Type& type, size_t rows) {
  switch (type.id) {
    case TypeId::kVarchar:
    case TypeId::kBlob: return texts(chunk, vector, type, rows);
    case TypeId::kDecimal:
      if (type.width <= 4) return widened<int16_t>(chunk, vector, type, rows);
      if (type.width <= 9) return widened<int32_t>(chunk, vector, type, rows);
      break;
    case TypeId::kList: return lists(chunk, vector, type, rows);
    case TypeId::kStruct: {
      Column column = column_of(chunk, vector, type, rows, Array<uint8_t>());
      column.values = nullptr;
      for (size_t i = 0; i < type.fields.size(); ++i) {
        column.children.push_back(
            read_vector(chunk, duckdb_struct_vector_get_child(vector, i), type.fields[i].type, rows));
      }
      return column;
    }
    default: break;
  }
  return column_of(chunk, vector, type, rows, Array<uint8_t>());
}

}  // namespace

Batch read_chunk(std::shared_ptr<const Chunk> chunk, const std::vector<Field>& fields) {
  Batch batch;
  batch.rows = duckdb_data_chunk_get_size(chunk->get());
  SEGUE_ASSERT(duckdb_data_chunk_get_column_count(chunk->get()) == fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    batch.columns.push_back(
        read_vector(chunk, duckdb_data_chunk_get_vector(chunk->get(), i), fields[i].type, batch.rows));
  }
  return batch;
}

}  // namespace segue::duckdb

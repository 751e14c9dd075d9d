#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "duckdb/vectors.h"

namespace segue::duckdb {

namespace {

// Bits of a validity mask, for rows [begin, begin + count). Vectors come with all rows valid.
void write_validity(duckdb_vector vector, const Column& column, size_t begin, size_t count) {
  if (!column.coded() && column.valid == nullptr) return;
  uint64_t* mask = nullptr;
  for (size_t i = 0; i < count; ++i) {
    if (column.is_valid(begin + i)) continue;
    if (mask == nullptr) {
      duckdb_vector_ensure_validity_writable(vector);
      mask = duckdb_vector_get_validity(vector);
    }
    mask[i / 64] &= ~(uint64_t{1} << (i % 64));
  }
}

template <class From, class To = From>
void write_values(duckdb_vector vector, const Column& column, size_t begin, size_t count) {
  auto to = static_cast<To*>(duckdb_vector_get_data(vector));
  const From* from = column.as<From>() + begin * column.stride;
  if constexpr (std::is_same_v<From, To>) {
    if (!column.constant()) {
      std::memcpy(to, from, count * sizeof(To));
      return;
    }
  }
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i * column.stride]);
}

void write_decimals(duckdb_vector vector, const Column& column, size_t begin, size_t count) {
  // DuckDB stores a decimal in the narrowest integer for its width.
  if (column.type.width <= 4) return write_values<int64_t, int16_t>(vector, column, begin, count);
  if (column.type.width <= 9) return write_values<int64_t, int32_t>(vector, column, begin, count);
  if (column.type.width <= 18) return write_values<int64_t>(vector, column, begin, count);
  write_values<Int128>(vector, column, begin, count);
}

void point_to(duckdb_string_t& to, std::string_view text) {
  to.value.pointer.length = static_cast<uint32_t>(text.size());
  if (text.size() <= sizeof(to.value.inlined.inlined)) {
    std::memset(to.value.inlined.inlined, 0, sizeof(to.value.inlined.inlined));
    if (!text.empty()) std::memcpy(to.value.inlined.inlined, text.data(), text.size());
  } else {
    std::memcpy(to.value.pointer.prefix, text.data(), sizeof(to.value.pointer.prefix));
    to.value.pointer.ptr = const_cast<char*>(text.data());
  }
}

void write_texts(duckdb_vector vector, const Column& column, size_t begin, size_t count, bool strings_stay) {
  auto to = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (size_t i = 0; i < count; ++i) {
    if (!column.is_valid(begin + i)) {
      point_to(to[i], {});
      continue;
    }
    std::string_view text = column.text(begin + i);
    if (text.size() > UINT32_MAX) fail(ErrorCode::kLimit, "a string of 4 GB or more cannot be handed to DuckDB");
    if (strings_stay || text.size() <= sizeof(to[i].value.inlined.inlined)) {
      point_to(to[i], text);
    } else {
      duckdb_vector_assign_string_element_len(vector, i, text.data(), text.size());
    }
  }
}

void write_lists(duckdb_vector vector, const Column& column, size_t begin, size_t count, bool strings_stay) {
  auto entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector));
  const uint64_t* offsets = column.as<uint64_t>();
  size_t elements = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t row = (begin + i) * column.stride;
    uint64_t length = column.is_valid(begin + i) ? offsets[row + 1] - offsets[row] : 0;
    // Rows of a constant share the elements; otherwise they follow one another.
    size_t offset = column.constant() ? 0 : elements;
    entries[i] = {offset, length};
    elements = column.constant() ? length : elements + length;
  }
  if (duckdb_list_vector_reserve(vector, elements) != DuckDBSuccess ||
      duckdb_list_vector_set_size(vector, elements) != DuckDBSuccess) {
    fail(ErrorCode::kLimit, "there is no memory for a list");
  }
  if (elements == 0) return;
  // NULL lists are empty ranges, so the elements of neighbouring rows are neighbours.
  write_vector(duckdb_list_vector_get_child(vector), column.children[0], offsets[begin * column.stride], elements,
               strings_stay);
}

}  // namespace

void write_vector(duckdb_vector vector, const Column& column, size_t begin, size_t count, bool strings_stay) {
  if (column.type.id == TypeId::kStruct) {
    for (size_t i = 0; i < column.children.size(); ++i) {
      write_vector(duckdb_struct_vector_get_child(vector, i), column.children[i], begin, count, strings_stay);
    }
  }
  write_validity(vector, column, begin, count);
  switch (column.type.id) {
    case TypeId::kBoolean:
    case TypeId::kTinyint: return write_values<uint8_t>(vector, column, begin, count);
    case TypeId::kSmallint: return write_values<int16_t>(vector, column, begin, count);
    case TypeId::kInteger:
    case TypeId::kFloat:
    case TypeId::kDate: return write_values<uint32_t>(vector, column, begin, count);
    case TypeId::kBigint:
    case TypeId::kDouble:
    case TypeId::kTimestamp: return write_values<uint64_t>(vector, column, begin, count);
    case TypeId::kHugeint: return write_values<Int128>(vector, column, begin, count);
    case TypeId::kInterval: return write_values<Interval>(vector, column, begin, count);
    case TypeId::kDecimal: return write_decimals(vector, column, begin, count);
    case TypeId::kVarchar:
    case TypeId::kBlob: return write_texts(vector, column, begin, count, strings_stay);
    case TypeId::kList: return write_lists(vector, column, begin, count, strings_stay);
    case TypeId::kNull:
    case TypeId::kStruct: return;
  }
}

}  // namespace segue::duckdb

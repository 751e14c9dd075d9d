#include "lake/arrow_columns.h"

#include <cstring>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "base/error.h"
#include "base/memory.h"
#include "lake/memory_pool.h"
#include "storage/arrow_status.h"

namespace segue::lake {
namespace {

using BufferPtr = std::shared_ptr<arrow::Buffer>;
using DataPtr = std::shared_ptr<arrow::ArrayData>;

BufferPtr allocate(size_t bytes) {
  return storage::check(arrow::AllocateBuffer(static_cast<int64_t>(bytes), table_memory()), "hold rows of", "a table");
}

size_t count_rows(const std::vector<Piece>& pieces) {
  size_t rows = 0;
  for (const Piece& piece : pieces) rows += piece.end - piece.begin;
  return rows;
}

// The bitmap of what is not NULL, or no buffer if nothing is NULL.
struct Validity {
  BufferPtr bitmap;
  int64_t nulls = 0;
};

Validity validity(const std::vector<Piece>& pieces) {
  Validity result;
  bool any = false;
  for (const Piece& piece : pieces) any = any || piece.column->valid != nullptr || piece.column->coded();
  if (!any) return result;
  size_t rows = count_rows(pieces);
  result.bitmap = allocate(arrow::bit_util::BytesForBits(static_cast<int64_t>(rows)));
  uint8_t* bits = result.bitmap->mutable_data();
  std::memset(bits, 0, static_cast<size_t>(result.bitmap->size()));
  size_t at = 0;
  size_t valid = 0;
  for (const Piece& piece : pieces) {
    for (size_t row = piece.begin; row < piece.end; ++row, ++at) {
      bool is_valid = piece.column->is_valid(row);
      bits[at >> 3] = static_cast<uint8_t>(bits[at >> 3] | (is_valid << (at & 7)));
      valid += is_valid;
    }
  }
  result.nulls = static_cast<int64_t>(rows - valid);
  if (result.nulls == 0) result.bitmap.reset();
  return result;
}

DataPtr make(const std::shared_ptr<arrow::DataType>& type, size_t rows, std::vector<BufferPtr> buffers, int64_t nulls) {
  return arrow::ArrayData::Make(type, static_cast<int64_t>(rows), std::move(buffers), nulls);
}

// Columns whose values are T in ours and in Arrow's layout.
template <class T>
BufferPtr copy_values(const std::vector<Piece>& pieces) {
  BufferPtr values = allocate(count_rows(pieces) * sizeof(T));
  T* out = reinterpret_cast<T*>(values->mutable_data());
  for (const Piece& piece : pieces) {
    const T* in = piece.column->as<T>();
    size_t count = piece.end - piece.begin;
    if (piece.column->constant()) {
      for (size_t i = 0; i < count; ++i) std::memcpy(out + i, in, sizeof(T));
    } else if (count != 0) {
      std::memcpy(out, in + piece.begin, count * sizeof(T));
    }
    out += count;
  }
  return values;
}

BufferPtr copy_booleans(const std::vector<Piece>& pieces) {
  BufferPtr values = allocate(arrow::bit_util::BytesForBits(static_cast<int64_t>(count_rows(pieces))));
  uint8_t* bits = values->mutable_data();
  std::memset(bits, 0, static_cast<size_t>(values->size()));
  size_t at = 0;
  for (const Piece& piece : pieces)
    for (size_t row = piece.begin; row < piece.end; ++row, ++at)
      if (piece.column->as<uint8_t>()[row * piece.column->stride] != 0)
        bits[at >> 3] = static_cast<uint8_t>(bits[at >> 3] | (1 << (at & 7)));
  return values;
}

BufferPtr copy_narrow_decimals(const std::vector<Piece>& pieces) {
  BufferPtr values = allocate(count_rows(pieces) * sizeof(Int128));
  auto* out = reinterpret_cast<std::byte*>(values->mutable_data());
  for (const Piece& piece : pieces) {
    for (size_t row = piece.begin; row < piece.end; ++row, out += sizeof(Int128)) {
      Int128 value = piece.column->as<int64_t>()[row * piece.column->stride];
      std::memcpy(out, &value, sizeof value);
    }
  }
  return values;
}

DataPtr copy_text(const std::shared_ptr<arrow::DataType>& type, const std::vector<Piece>& pieces) {
  size_t rows = count_rows(pieces);
  BufferPtr offsets = allocate((rows + 1) * sizeof(int64_t));
  auto* offset = reinterpret_cast<int64_t*>(offsets->mutable_data());
  int64_t total = 0;
  size_t at = 0;
  for (const Piece& piece : pieces) {
    for (size_t row = piece.begin; row < piece.end; ++row) {
      offset[at++] = total;
      if (piece.column->is_valid(row)) total += static_cast<int64_t>(piece.column->text(row).size());
    }
  }
  offset[at] = total;
  BufferPtr bytes = allocate(static_cast<size_t>(total));
  uint8_t* out = bytes->mutable_data();
  for (const Piece& piece : pieces) {
    for (size_t row = piece.begin; row < piece.end; ++row) {
      if (!piece.column->is_valid(row)) continue;
      std::string_view text = piece.column->text(row);
      if (!text.empty()) std::memcpy(out, text.data(), text.size());
      out += text.size();
    }
  }
  Validity valid = validity(pieces);
  return make(type, rows, {valid.bitmap, offsets, bytes}, valid.nulls);
}

// Codes of our dictionary, which may hold far more strings than these rows use, as codes of a small one in order of
// first appearance.
std::shared_ptr<arrow::Array> copy_coded(const std::vector<Piece>& pieces) {
  size_t rows = count_rows(pieces);
  const Dictionary& dictionary = *pieces.front().column->dictionary;
  BufferPtr indices = allocate(rows * sizeof(int32_t));
  auto* out = reinterpret_cast<int32_t*>(indices->mutable_data());
  constexpr int32_t kNone = -1;
  Array<int32_t> small(size_t{dictionary.size()} + 1, kNone);
  Array<uint32_t> used;
  size_t bytes = 0;
  for (const Piece& piece : pieces) {
    const auto* codes = piece.column->as<uint32_t>();
    for (size_t row = piece.begin; row < piece.end; ++row, ++out) {
      uint32_t code = codes[row * piece.column->stride];
      if (code == 0) {
        *out = 0;
        continue;
      }
      if (small[code] == kNone) {
        small[code] = static_cast<int32_t>(used.size());
        used.push_back(code);
        bytes += dictionary.text(code).size();
      }
      *out = small[code];
    }
  }
  BufferPtr offsets = allocate((used.size() + 1) * sizeof(int64_t));
  BufferPtr texts = allocate(bytes);
  auto* offset = reinterpret_cast<int64_t*>(offsets->mutable_data());
  int64_t total = 0;
  for (size_t i = 0; i < used.size(); ++i) {
    std::string_view text = dictionary.text(used[i]);
    offset[i] = total;
    if (!text.empty()) std::memcpy(texts->mutable_data() + total, text.data(), text.size());
    total += static_cast<int64_t>(text.size());
  }
  offset[used.size()] = total;
  Validity valid = validity(pieces);
  DataPtr entries = make(arrow::large_utf8(), used.size(), {nullptr, offsets, texts}, 0);
  DataPtr data = make(arrow_type(TypeId::kVarchar, true), rows, {valid.bitmap, indices}, valid.nulls);
  data->dictionary = entries;
  return arrow::MakeArray(data);
}

DataPtr copy(const Type& type, const std::vector<Piece>& pieces);

DataPtr copy_list(const Type& type, const std::vector<Piece>& pieces) {
  size_t rows = count_rows(pieces);
  BufferPtr offsets = allocate((rows + 1) * sizeof(int64_t));
  auto* offset = reinterpret_cast<int64_t*>(offsets->mutable_data());
  int64_t total = 0;
  size_t at = 0;
  std::vector<Piece> elements;
  for (const Piece& piece : pieces) {
    const Column& column = *piece.column;
    const auto* ends = column.as<uint64_t>();
    for (size_t row = piece.begin; row < piece.end; ++row) {
      offset[at++] = total;
      size_t i = row * column.stride;
      // A NULL list is an empty range.
      uint64_t begin = ends[i], end = ends[i + 1];
      total += static_cast<int64_t>(end - begin);
      if (begin == end) continue;
      if (!elements.empty() && elements.back().column == &column.children[0] && elements.back().end == begin)
        elements.back().end = end;
      else
        elements.push_back({&column.children[0], begin, end});
    }
  }
  offset[at] = total;
  Validity valid = validity(pieces);
  DataPtr data = make(arrow_type(type), rows, {valid.bitmap, offsets}, valid.nulls);
  data->child_data.push_back(copy(type.element(), elements));
  return data;
}

DataPtr copy_struct(const Type& type, const std::vector<Piece>& pieces) {
  Validity valid = validity(pieces);
  DataPtr data = make(arrow_type(type), count_rows(pieces), {valid.bitmap}, valid.nulls);
  for (size_t field = 0; field < type.fields.size(); ++field) {
    std::vector<Piece> children;
    children.reserve(pieces.size());
    for (const Piece& piece : pieces) children.push_back({&piece.column->children[field], piece.begin, piece.end});
    data->child_data.push_back(copy(type.fields[field].type, children));
  }
  return data;
}

template <class T>
DataPtr copy_fixed(const Type& type, const std::vector<Piece>& pieces) {
  Validity valid = validity(pieces);
  return make(arrow_type(type), count_rows(pieces), {valid.bitmap, copy_values<T>(pieces)}, valid.nulls);
}

DataPtr copy(const Type& type, const std::vector<Piece>& pieces) {
  switch (type.id) {
    case TypeId::kBoolean: {
      Validity valid = validity(pieces);
      return make(arrow_type(type), count_rows(pieces), {valid.bitmap, copy_booleans(pieces)}, valid.nulls);
    }
    case TypeId::kTinyint: return copy_fixed<int8_t>(type, pieces);
    case TypeId::kSmallint: return copy_fixed<int16_t>(type, pieces);
    case TypeId::kInteger:
    case TypeId::kDate: return copy_fixed<int32_t>(type, pieces);
    case TypeId::kBigint:
    case TypeId::kTimestamp: return copy_fixed<int64_t>(type, pieces);
    case TypeId::kFloat: return copy_fixed<float>(type, pieces);
    case TypeId::kDouble: return copy_fixed<double>(type, pieces);
    case TypeId::kDecimal: {
      if (type.wide_decimal()) return copy_fixed<Int128>(type, pieces);
      Validity valid = validity(pieces);
      return make(arrow_type(type), count_rows(pieces), {valid.bitmap, copy_narrow_decimals(pieces)}, valid.nulls);
    }
    case TypeId::kVarchar:
    case TypeId::kBlob: return copy_text(arrow_type(type), pieces);
    case TypeId::kList: return copy_list(type, pieces);
    case TypeId::kStruct: return copy_struct(type, pieces);
    case TypeId::kNull:
    case TypeId::kHugeint:
    case TypeId::kInterval: break;
  }
  fail(ErrorCode::kInternal, to_string(type) + " is no type of a table");
}

}  // namespace

std::shared_ptr<arrow::DataType> arrow_type(const Type& type, bool dictionary) {
  switch (type.id) {
    case TypeId::kBoolean: return arrow::boolean();
    case TypeId::kTinyint: return arrow::int8();
    case TypeId::kSmallint: return arrow::int16();
    case TypeId::kInteger: return arrow::int32();
    case TypeId::kBigint: return arrow::int64();
    case TypeId::kFloat: return arrow::float32();
    case TypeId::kDouble: return arrow::float64();
    case TypeId::kDecimal: return arrow::decimal128(type.width, type.scale);
    case TypeId::kVarchar:
      return dictionary ? arrow::dictionary(arrow::int32(), arrow::large_utf8()) : arrow::large_utf8();
    case TypeId::kBlob: return arrow::large_binary();
    case TypeId::kDate: return arrow::date32();
    case TypeId::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kList: return arrow::large_list(arrow::field("element", arrow_type(type.element())));
    case TypeId::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type.fields) fields.push_back(arrow::field(field.name, arrow_type(field.type)));
      return arrow::struct_(std::move(fields));
    }
    case TypeId::kNull:
    case TypeId::kHugeint:
    case TypeId::kInterval: break;
  }
  fail(ErrorCode::kInternal, to_string(type) + " is no type of a table");
}

std::shared_ptr<arrow::Array> arrow_array(const Type& type, const std::vector<Piece>& pieces, bool dictionary) {
  return dictionary ? copy_coded(pieces) : arrow::MakeArray(copy(type, pieces));
}

}  // namespace segue::lake

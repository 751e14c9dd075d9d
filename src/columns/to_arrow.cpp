#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/memory.h"
#include "columns/arrow.h"

namespace segue {

namespace {

using BufferPtr = std::shared_ptr<arrow::Buffer>;
using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr size_t kMost = std::numeric_limits<int32_t>::max();

template <class T>
T taken(arrow::Result<T> result) {
  if (!result.ok()) fail(ErrorCode::kInternal, "Arrow: " + result.status().ToString());
  return std::move(result).ValueUnsafe();
}

// Memory of a column, kept alive by it.
class SharedBuffer : public arrow::Buffer {
 public:
  SharedBuffer(const void* data, size_t bytes, std::shared_ptr<const void> owner)
      : arrow::Buffer(static_cast<const uint8_t*>(data), static_cast<int64_t>(bytes)), owner_(std::move(owner)) {}

 private:
  std::shared_ptr<const void> owner_;
};

template <class T>
BufferPtr buffer_of(Array<T>&& array) {
  size_t bytes = array.size() * sizeof(T);
  std::shared_ptr<const Array<T>> owner = share(std::move(array));
  return std::make_shared<SharedBuffer>(owner->data(), bytes, owner);
}

BufferPtr shared_or_copied(const Column& column, size_t bytes) {
  if (column.owner) return std::make_shared<SharedBuffer>(column.values, bytes, column.owner);
  Array<std::byte> copy(bytes);
  if (bytes != 0) std::memcpy(copy.data(), column.values, bytes);
  return buffer_of(std::move(copy));
}

// One bit a byte; the first row is the lowest bit.
Array<uint8_t> pack(const uint8_t* bytes, size_t rows, size_t& zeros) {
  Array<uint8_t> bits((rows + 7) / 8);
  size_t ones = 0;
  for (size_t i = 0; i < bits.size(); ++i) {
    uint8_t byte = 0;
    size_t end = std::min<size_t>(8, rows - i * 8);
    for (size_t b = 0; b < end; ++b) byte = static_cast<uint8_t>(byte | (bytes[i * 8 + b] != 0) << b);
    bits[i] = byte;
    ones += static_cast<size_t>(__builtin_popcount(byte));
  }
  zeros = rows - ones;
  return bits;
}

struct Validity {
  BufferPtr bits;
  int64_t nulls = 0;
};

Validity validity_of(const Column& column, size_t rows) {
  Validity result;
  size_t nulls = 0;
  if (column.coded()) {
    Array<uint8_t> valid(rows);
    for (size_t i = 0; i < rows; ++i) valid[i] = column.as<uint32_t>()[i] != 0;
    result.bits = buffer_of(pack(valid.data(), rows, nulls));
  } else if (column.valid != nullptr) {
    result.bits = buffer_of(pack(column.valid, rows, nulls));
  }
  if (nulls == 0) result.bits = nullptr;
  result.nulls = static_cast<int64_t>(nulls);
  return result;
}

ArrayPtr make_array(std::shared_ptr<arrow::DataType> type, size_t rows, const Validity& validity,
                    std::vector<BufferPtr> rest) {
  std::vector<BufferPtr> buffers{validity.bits};
  buffers.insert(buffers.end(), rest.begin(), rest.end());
  return arrow::MakeArray(
      arrow::ArrayData::Make(std::move(type), static_cast<int64_t>(rows), std::move(buffers), validity.nulls));
}

// Offsets and bytes of strings; get(row) gives an empty one for NULL.
template <class Get>
ArrayPtr make_text(std::shared_ptr<arrow::DataType> type, size_t rows, const Validity& validity, const Get& get) {
  Array<int32_t> offsets(rows + 1);
  size_t bytes = 0;
  for (size_t i = 0; i < rows; ++i) {
    offsets[i] = static_cast<int32_t>(bytes);
    bytes += get(i).size();
    if (bytes > kMost) fail(ErrorCode::kLimit, "the strings of a batch take more than 2 GB");
  }
  offsets[rows] = static_cast<int32_t>(bytes);
  Array<char> text(bytes);
  for (size_t i = 0; i < rows; ++i) {
    std::string_view value = get(i);
    if (!value.empty()) std::memcpy(text.data() + offsets[i], value.data(), value.size());
  }
  return make_array(std::move(type), rows, validity, {buffer_of(std::move(offsets)), buffer_of(std::move(text))});
}

std::string_view text_or_empty(const Column& column, size_t row) {
  return column.is_valid(row) ? column.text(row) : std::string_view();
}

ArrayPtr make_dictionary(size_t rows, const Validity& validity, Array<int32_t>&& indices,
                         const std::vector<std::string_view>& values) {
  ArrayPtr words = make_text(arrow::utf8(), values.size(), {}, [&](size_t i) { return values[i]; });
  std::shared_ptr<arrow::ArrayData> data =
      arrow::ArrayData::Make(arrow::dictionary(arrow::int32(), arrow::utf8()), static_cast<int64_t>(rows),
                             {validity.bits, buffer_of(std::move(indices))}, validity.nulls);
  data->dictionary = words->data();
  return arrow::MakeArray(data);
}

// Numbers the codes that rows use, in order of first use.
class CodeNumbers {
 public:
  CodeNumbers(size_t codes, size_t rows) {
    // A slot a code where that is not much more than the rows; else a hash table of twice the rows.
    direct_ = codes <= 4 * rows;
    size_t size = direct_ ? codes + 1 : 64;
    while (!direct_ && size < 2 * rows) size *= 2;
    slots_ = Array<uint64_t>(size, 0);
  }
  // The number of code, and whether it is new.
  std::pair<int32_t, bool> number(uint32_t code) {
    size_t slot = code;
    if (!direct_) {
      slot = (code * 0x9E3779B97F4A7C15ull >> 32) & (slots_.size() - 1);
      while (slots_[slot] != 0 && slots_[slot] >> 32 != code) slot = (slot + 1) & (slots_.size() - 1);
    }
    // A slot holds the code and the number plus one.
    bool fresh = slots_[slot] == 0;
    if (fresh) slots_[slot] = uint64_t{code} << 32 | ++count_;
    return {static_cast<int32_t>(static_cast<uint32_t>(slots_[slot]) - 1), fresh};
  }

 private:
  bool direct_ = true;
  uint32_t count_ = 0;
  Array<uint64_t> slots_;
};

ArrayPtr dictionary_of(const Column& column, size_t rows) {
  Array<int32_t> indices(rows);
  std::vector<std::string_view> values;
  if (column.coded()) {
    CodeNumbers numbers(column.dictionary->size(), rows);
    for (size_t i = 0; i < rows; ++i) {
      uint32_t code = column.as<uint32_t>()[i];
      if (code == 0) {
        indices[i] = 0;
        continue;
      }
      auto [number, fresh] = numbers.number(code);
      if (fresh) values.push_back(column.dictionary->text(code));
      indices[i] = number;
    }
  } else {
    std::unordered_map<std::string_view, int32_t> numbers;
    for (size_t i = 0; i < rows; ++i) {
      indices[i] = 0;
      if (!column.is_valid(i)) continue;
      auto [found, fresh] = numbers.emplace(column.text(i), static_cast<int32_t>(values.size()));
      if (fresh) values.push_back(found->first);
      indices[i] = found->second;
    }
  }
  return make_dictionary(rows, validity_of(column, rows), std::move(indices), values);
}

ArrayPtr list_of(const Column& column, size_t rows, const std::shared_ptr<arrow::DataType>& type,
                 const ArrowOptions& options) {
  const uint64_t* from = column.as<uint64_t>();
  size_t begin = from[0], elements = from[rows] - begin;
  if (elements > kMost) fail(ErrorCode::kLimit, "the lists of a batch have more than 2^31 elements");
  Array<int32_t> offsets(rows + 1);
  for (size_t i = 0; i <= rows; ++i) offsets[i] = static_cast<int32_t>(from[i] - begin);
  ArrayPtr child = to_arrow(column.children[0].slice(begin), elements, {options.utc, false});
  ArrayPtr array = make_array(type, rows, validity_of(column, rows), {buffer_of(std::move(offsets))});
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  data->child_data = {child->data()};
  return arrow::MakeArray(data);
}

ArrayPtr struct_of(const Column& column, size_t rows, const std::shared_ptr<arrow::DataType>& type,
                   const ArrowOptions& options) {
  Validity validity = validity_of(column, rows);
  std::shared_ptr<arrow::ArrayData> data =
      arrow::ArrayData::Make(type, static_cast<int64_t>(rows), {validity.bits}, validity.nulls);
  for (const Column& child : column.children)
    data->child_data.push_back(to_arrow(child, rows, {options.utc, false})->data());
  return arrow::MakeArray(data);
}

// Column with one row in place of a constant one.
Column first_row(Column column) {
  column.stride = 1;
  if (column.type.id == TypeId::kStruct) {
    for (Column& child : column.children) child = first_row(std::move(child));
  }
  return column;
}

ArrayPtr expanded(const Column& column, size_t rows, const std::shared_ptr<arrow::DataType>& type,
                  const ArrowOptions& options) {
  if (column.type.id == TypeId::kNull || !column.is_valid(0))
    return taken(arrow::MakeArrayOfNull(type, static_cast<int64_t>(rows)));
  if (type->id() == arrow::Type::DICTIONARY)
    return make_dictionary(rows, {}, Array<int32_t>(rows, 0), {column.text(0)});
  ArrayPtr one = to_arrow(first_row(column), 1, options);
  return taken(arrow::MakeArrayFromScalar(*taken(one->GetScalar(0)), static_cast<int64_t>(rows)));
}

// Arrow's decimals are 128 bits wide.
BufferPtr widened(const int64_t* values, size_t rows) {
  Array<Int128> wide(rows);
  for (size_t i = 0; i < rows; ++i) wide[i] = values[i];
  return buffer_of(std::move(wide));
}

BufferPtr intervals(const Interval* values, size_t rows) {
  Array<arrow::MonthDayNanoIntervalType::MonthDayNanos> result(rows);
  for (size_t i = 0; i < rows; ++i) {
    int64_t nanos = 0;
    if (__builtin_mul_overflow(values[i].micros, int64_t{1000}, &nanos))
      nanos = values[i].micros < 0 ? INT64_MIN : INT64_MAX;
    result[i] = {values[i].months, values[i].days, nanos};
  }
  return buffer_of(std::move(result));
}

}  // namespace

std::shared_ptr<arrow::DataType> to_arrow(const Type& type, const ArrowOptions& options) {
  switch (type.id) {
    case TypeId::kNull: return arrow::null();
    case TypeId::kBoolean: return arrow::boolean();
    case TypeId::kTinyint: return arrow::int8();
    case TypeId::kSmallint: return arrow::int16();
    case TypeId::kInteger: return arrow::int32();
    case TypeId::kBigint: return arrow::int64();
    case TypeId::kHugeint: return arrow::decimal128(38, 0);
    case TypeId::kFloat: return arrow::float32();
    case TypeId::kDouble: return arrow::float64();
    case TypeId::kDecimal: return arrow::decimal128(type.width, type.scale);
    case TypeId::kVarchar:
      return options.dictionaries ? arrow::dictionary(arrow::int32(), arrow::utf8()) : arrow::utf8();
    case TypeId::kBlob: return arrow::binary();
    case TypeId::kDate: return arrow::date32();
    case TypeId::kTimestamp:
      return options.utc ? arrow::timestamp(arrow::TimeUnit::MICRO, "UTC") : arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kInterval: return arrow::month_day_nano_interval();
    case TypeId::kList: return arrow::list(arrow::field("element", to_arrow(type.element(), {options.utc, false})));
    case TypeId::kStruct: {
      std::vector<std::shared_ptr<arrow::Field>> fields;
      for (const Field& field : type.fields)
        fields.push_back(arrow::field(field.name, to_arrow(field.type, {options.utc, false})));
      return arrow::struct_(fields);
    }
  }
  fail(ErrorCode::kInternal, "no such type");
}

std::shared_ptr<arrow::Schema> to_arrow(const std::vector<Field>& fields, const ArrowOptions& options) {
  std::vector<std::shared_ptr<arrow::Field>> result;
  for (const Field& field : fields) result.push_back(arrow::field(field.name, to_arrow(field.type, options)));
  return arrow::schema(std::move(result));
}

std::shared_ptr<arrow::Array> to_arrow(const Column& column, size_t rows, const ArrowOptions& options) {
  SEGUE_ASSERT(rows <= kMost);
  std::shared_ptr<arrow::DataType> type = to_arrow(column.type, options);
  if (rows == 0) return taken(arrow::MakeEmptyArray(type));
  if (column.constant() || column.type.id == TypeId::kNull) return expanded(column, rows, type, options);
  switch (column.type.id) {
    case TypeId::kVarchar:
    case TypeId::kBlob:
      if (type->id() == arrow::Type::DICTIONARY) return dictionary_of(column, rows);
      return make_text(type, rows, validity_of(column, rows), [&](size_t row) { return text_or_empty(column, row); });
    case TypeId::kBoolean: {
      size_t zeros = 0;
      return make_array(type, rows, validity_of(column, rows), {buffer_of(pack(column.as<uint8_t>(), rows, zeros))});
    }
    case TypeId::kDecimal:
      if (!column.type.wide_decimal())
        return make_array(type, rows, validity_of(column, rows), {widened(column.as<int64_t>(), rows)});
      break;
    case TypeId::kInterval:
      return make_array(type, rows, validity_of(column, rows), {intervals(column.as<Interval>(), rows)});
    case TypeId::kList: return list_of(column, rows, type, options);
    case TypeId::kStruct: return struct_of(column, rows, type, options);
    default: break;
  }
  return make_array(type, rows, validity_of(column, rows), {shared_or_copied(column, rows * value_bytes(column.type))});
}

std::shared_ptr<arrow::RecordBatch> to_arrow(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema,
                                             const ArrowOptions& options) {
  SEGUE_ASSERT(static_cast<size_t>(schema->num_fields()) == batch.columns.size());
  std::vector<ArrayPtr> arrays;
  for (const Column& column : batch.columns) arrays.push_back(to_arrow(column, batch.rows, options));
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(batch.rows), std::move(arrays));
}

std::shared_ptr<arrow::Table> to_arrow(const Relation& relation, const ArrowOptions& options) {
  std::shared_ptr<arrow::Schema> schema = to_arrow(relation.fields, options);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (const Batch& batch : relation.batches) batches.push_back(to_arrow(batch, schema, options));
  return taken(arrow::Table::FromRecordBatches(schema, batches));
}

}  // namespace segue

#include <cmath>
#include <cstring>

#include <arrow/api.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/memory.h"
#include "columns/arrow.h"

namespace segue {

namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr int64_t kMicrosPerSecond = 1'000'000;

[[noreturn]] void no_type(const arrow::DataType& type) {
  fail(ErrorCode::kData, fmt::format("Arrow's {} has no type here", type.ToString()));
}

Type decimal_type(const arrow::DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  if (decimal.precision() > 38 || decimal.scale() < 0 || decimal.scale() > decimal.precision()) no_type(type);
  return Type::decimal(static_cast<uint8_t>(decimal.precision()), static_cast<uint8_t>(decimal.scale()));
}

// What a column made from an array keeps alive: the array and what was computed of it.
template <class T>
struct Made {
  ArrayPtr array;
  Array<T> values;
  Array<uint8_t> valid;
};

// Validity as bytes, or none.
Array<uint8_t> validity_of(const arrow::Array& array) {
  Array<uint8_t> valid;
  if (array.null_count() == 0 || array.type_id() == arrow::Type::NA) return valid;
  auto rows = static_cast<size_t>(array.length());
  valid.resize(rows);
  if (const uint8_t* bits = array.null_bitmap_data()) {
    for (size_t i = 0; i < rows; ++i)
      valid[i] = arrow::bit_util::GetBit(bits, array.offset() + static_cast<int64_t>(i));
  } else {
    for (size_t i = 0; i < rows; ++i) valid[i] = array.IsValid(static_cast<int64_t>(i));
  }
  return valid;
}

// A column over memory that was made for it.
template <class T>
Column column_over(const ArrayPtr& array, Type type, Array<T>&& values) {
  auto made = std::make_shared<Made<T>>(Made<T>{array, std::move(values), validity_of(*array)});
  Column column;
  column.type = std::move(type);
  column.values = made->values.data();
  if (!made->valid.empty()) column.valid = made->valid.data();
  column.owner = made;
  return column;
}

// A column over the array's own values.
template <class T>
Column shared(const ArrayPtr& array, Type type) {
  auto made = std::make_shared<Made<T>>(Made<T>{array, {}, validity_of(*array)});
  Column column;
  column.type = std::move(type);
  column.values = array->data()->template GetValues<T>(1);
  if (!made->valid.empty()) column.valid = made->valid.data();
  column.owner = made;
  return column;
}

// Every value passed through `convert`, those of NULL rows as well.
template <class From, class To, class Convert>
Column converted(const ArrayPtr& array, Type type, const Convert& convert) {
  const From* from = array->data()->GetValues<From>(1);
  Array<To> values(static_cast<size_t>(array->length()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = convert(from[i]);
  return column_over(array, std::move(type), std::move(values));
}

template <class From, class To>
Column widened(const ArrayPtr& array, Type type) {
  return converted<From, To>(array, std::move(type), [](From value) { return static_cast<To>(value); });
}

template <class To, class Get>
Column by_row(const ArrayPtr& array, Type type, const Get& get) {
  Array<To> values(static_cast<size_t>(array->length()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = array->IsValid(static_cast<int64_t>(i)) ? get(static_cast<int64_t>(i)) : To{};
  return column_over(array, std::move(type), std::move(values));
}

template <class ArrayType>
Column texts(const ArrayPtr& array, Type type) {
  const auto& typed = static_cast<const ArrayType&>(*array);
  return by_row<std::string_view>(array, std::move(type),
                                  [&](int64_t row) { return std::string_view(typed.GetView(row)); });
}

int64_t scaled(int64_t value, int64_t factor) {
  int64_t result = 0;
  if (__builtin_mul_overflow(value, factor, &result))
    fail(ErrorCode::kData, "a timestamp lies outside the range of microseconds since 1970");
  return result;
}

Column timestamps(const ArrayPtr& array) {
  switch (static_cast<const arrow::TimestampType&>(*array->type()).unit()) {
    case arrow::TimeUnit::MICRO: return shared<int64_t>(array, TypeId::kTimestamp);
    case arrow::TimeUnit::NANO:
      // Towards the past, as DuckDB does: -1 ns is in the microsecond before 1970.
      return converted<int64_t, int64_t>(array, TypeId::kTimestamp,
                                         [](int64_t ns) { return ns / 1000 - (ns % 1000 < 0 ? 1 : 0); });
    case arrow::TimeUnit::MILLI:
    case arrow::TimeUnit::SECOND: break;
  }
  int64_t factor = static_cast<const arrow::TimestampType&>(*array->type()).unit() == arrow::TimeUnit::MILLI
                       ? 1000
                       : kMicrosPerSecond;
  const auto* values = array->data()->GetValues<int64_t>(1);
  return by_row<int64_t>(array, TypeId::kTimestamp, [&](int64_t row) { return scaled(values[row], factor); });
}

Column decimals(const ArrayPtr& array) {
  Type type = decimal_type(*array->type());
  bool wide = type.wide_decimal();
  switch (array->type_id()) {
    case arrow::Type::DECIMAL32: return widened<int32_t, int64_t>(array, type);
    case arrow::Type::DECIMAL64: return shared<int64_t>(array, type);
    case arrow::Type::DECIMAL128:
      // Arrow aligns its buffers to 8 bytes at least, Int128 wants 16.
      if (wide && reinterpret_cast<uintptr_t>(array->data()->GetValues<uint8_t>(1, 0)) % alignof(Int128) == 0) {
        return shared<Int128>(array, type);
      }
      break;
    default: break;
  }
  size_t width = array->type_id() == arrow::Type::DECIMAL256 ? 32 : 16;
  const uint8_t* bytes = array->data()->GetValues<uint8_t>(1, 0) + static_cast<size_t>(array->offset()) * width;
  // Precision is at most 38 digits, so the low 128 bits of a 256-bit value hold it.
  auto get = [&](int64_t row) {
    Int128 value = 0;
    std::memcpy(&value, bytes + static_cast<size_t>(row) * width, sizeof(value));
    return value;
  };
  if (wide) return by_row<Int128>(array, type, get);
  return by_row<int64_t>(array, type, [&](int64_t row) { return static_cast<int64_t>(get(row)); });
}

template <class ListArrayType>
Column lists(const ArrayPtr& array, Type type) {
  const auto& list = static_cast<const ListArrayType&>(*array);
  auto rows = static_cast<size_t>(list.length());
  Array<uint64_t> offsets(rows + 1);
  offsets[0] = 0;
  for (size_t i = 0; i < rows; ++i) {
    auto row = static_cast<int64_t>(i);
    offsets[i + 1] = offsets[i] + (list.IsValid(row) ? static_cast<uint64_t>(list.value_length(row)) : 0);
  }
  // Only the elements that lists of this slice hold: a NULL list may have had some.
  arrow::Result<ArrayPtr> elements = list.Flatten();
  if (!elements.ok()) fail(ErrorCode::kInternal, "Arrow: " + elements.status().ToString());
  Column column = column_over(array, std::move(type), std::move(offsets));
  column.children.push_back(from_arrow(*elements));
  return column;
}

Column structs(const ArrayPtr& array, Type type) {
  const auto& structure = static_cast<const arrow::StructArray&>(*array);
  Column column = column_over(array, std::move(type), Array<uint8_t>());
  column.values = nullptr;
  for (int i = 0; i < structure.num_fields(); ++i) column.children.push_back(from_arrow(structure.field(i)));
  return column;
}

// The values that a dictionary's indices stand for.
Column decoded(const ArrayPtr& array) {
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  Column words = from_arrow(dictionary.dictionary());
  if (words.type.nested()) no_type(*array->type());
  auto valid_at = [&](int64_t row) {
    return dictionary.IsValid(row) && words.is_valid(static_cast<size_t>(dictionary.GetValueIndex(row)));
  };
  auto rows = static_cast<size_t>(array->length());
  size_t width = words.type.text() ? sizeof(std::string_view) : value_bytes(words.type);
  struct Decoded {
    Column words;
    Array<std::byte> values;
    Array<uint8_t> valid;
  };
  auto made = std::make_shared<Decoded>(Decoded{words, Array<std::byte>(rows * width), Array<uint8_t>(rows)});
  for (size_t i = 0; i < rows; ++i) {
    auto row = static_cast<int64_t>(i);
    made->valid[i] = valid_at(row);
    std::byte* to = made->values.data() + i * width;
    if (made->valid[i]) {
      std::memcpy(to,
                  static_cast<const std::byte*>(words.values) +
                      static_cast<size_t>(dictionary.GetValueIndex(row)) * words.stride * width,
                  width);
    } else {
      std::memset(to, 0, width);
    }
  }
  Column column;
  column.type = words.type;
  column.values = made->values.data();
  column.valid = made->valid.data();
  column.owner = made;
  return column;
}

Column booleans(const ArrayPtr& array) {
  const auto& bits = static_cast<const arrow::BooleanArray&>(*array);
  return by_row<uint8_t>(array, TypeId::kBoolean, [&](int64_t row) { return static_cast<uint8_t>(bits.Value(row)); });
}

Column unsigned_longs(const ArrayPtr& array) {
  const auto* values = array->data()->GetValues<uint64_t>(1);
  return by_row<int64_t>(array, TypeId::kBigint, [&](int64_t row) {
    if (values[row] > static_cast<uint64_t>(INT64_MAX)) {
      fail(ErrorCode::kData, fmt::format("{} is too large for BIGINT", values[row]));
    }
    return static_cast<int64_t>(values[row]);
  });
}

Column nulls(const ArrayPtr& array) {
  static const uint8_t kInvalid = 0;
  Column column;
  column.values = &kInvalid;
  column.valid = &kInvalid;
  column.stride = 0;
  column.owner = array;
  return column;
}

}  // namespace

Type from_arrow(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA: return TypeId::kNull;
    case arrow::Type::BOOL: return TypeId::kBoolean;
    case arrow::Type::INT8: return TypeId::kTinyint;
    case arrow::Type::UINT8:
    case arrow::Type::INT16: return TypeId::kSmallint;
    case arrow::Type::UINT16:
    case arrow::Type::INT32: return TypeId::kInteger;
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::INT64: return TypeId::kBigint;
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT: return TypeId::kFloat;
    case arrow::Type::DOUBLE: return TypeId::kDouble;
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: return decimal_type(type);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return TypeId::kVarchar;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY: return TypeId::kBlob;
    case arrow::Type::DATE32:
    case arrow::Type::DATE64: return TypeId::kDate;
    case arrow::Type::TIMESTAMP: return TypeId::kTimestamp;
    case arrow::Type::INTERVAL_MONTH_DAY_NANO: return TypeId::kInterval;
    case arrow::Type::DICTIONARY: return from_arrow(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::MAP: return Type::list(from_arrow(*type.field(0)->type()));
    case arrow::Type::STRUCT: {
      std::vector<Field> fields;
      for (const auto& field : type.fields()) fields.push_back({field->name(), from_arrow(*field->type())});
      return Type::structure(std::move(fields));
    }
    case arrow::Type::EXTENSION: return from_arrow(*static_cast<const arrow::ExtensionType&>(type).storage_type());
    default: no_type(type);
  }
}

std::vector<Field> from_arrow(const arrow::Schema& schema) {
  std::vector<Field> fields;
  for (const auto& field : schema.fields()) fields.push_back({field->name(), from_arrow(*field->type())});
  return fields;
}

Column from_arrow(const std::shared_ptr<arrow::Array>& array) {
  Type type = from_arrow(*array->type());
  switch (array->type_id()) {
    case arrow::Type::NA: return nulls(array);
    case arrow::Type::BOOL: return booleans(array);
    case arrow::Type::INT8: return shared<int8_t>(array, type);
    case arrow::Type::INT16: return shared<int16_t>(array, type);
    case arrow::Type::INT32:
    case arrow::Type::DATE32: return shared<int32_t>(array, type);
    case arrow::Type::INT64: return shared<int64_t>(array, type);
    case arrow::Type::FLOAT: return shared<float>(array, type);
    case arrow::Type::DOUBLE: return shared<double>(array, type);
    case arrow::Type::UINT8: return widened<uint8_t, int16_t>(array, type);
    case arrow::Type::UINT16: return widened<uint16_t, int32_t>(array, type);
    case arrow::Type::UINT32: return widened<uint32_t, int64_t>(array, type);
    case arrow::Type::UINT64: return unsigned_longs(array);
    case arrow::Type::HALF_FLOAT:
      return converted<uint16_t, float>(array, type,
                                        [](uint16_t bits) { return arrow::util::Float16::FromBits(bits).ToFloat(); });
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: return decimals(array);
    case arrow::Type::STRING: return texts<arrow::StringArray>(array, type);
    case arrow::Type::LARGE_STRING: return texts<arrow::LargeStringArray>(array, type);
    case arrow::Type::STRING_VIEW: return texts<arrow::StringViewArray>(array, type);
    case arrow::Type::BINARY: return texts<arrow::BinaryArray>(array, type);
    case arrow::Type::LARGE_BINARY: return texts<arrow::LargeBinaryArray>(array, type);
    case arrow::Type::BINARY_VIEW: return texts<arrow::BinaryViewArray>(array, type);
    case arrow::Type::FIXED_SIZE_BINARY: return texts<arrow::FixedSizeBinaryArray>(array, type);
    case arrow::Type::DATE64:
      return converted<int64_t, int32_t>(
          array, type, [](int64_t ms) { return static_cast<int32_t>(ms / 86'400'000 - (ms % 86'400'000 < 0)); });
    case arrow::Type::TIMESTAMP: return timestamps(array);
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return converted<arrow::MonthDayNanoIntervalType::MonthDayNanos, Interval>(array, type, [](const auto& value) {
        return Interval{value.months, value.days, value.nanoseconds / 1000};
      });
    case arrow::Type::DICTIONARY: return decoded(array);
    case arrow::Type::LIST:
    case arrow::Type::MAP: return lists<arrow::ListArray>(array, type);
    case arrow::Type::LARGE_LIST: return lists<arrow::LargeListArray>(array, type);
    case arrow::Type::FIXED_SIZE_LIST: return lists<arrow::FixedSizeListArray>(array, type);
    case arrow::Type::STRUCT: return structs(array, type);
    case arrow::Type::EXTENSION: return from_arrow(static_cast<const arrow::ExtensionArray&>(*array).storage());
    default: no_type(*array->type());
  }
}

Batch from_arrow(const std::shared_ptr<arrow::RecordBatch>& batch) {
  Batch result;
  result.rows = static_cast<size_t>(batch->num_rows());
  for (const auto& array : batch->columns()) result.columns.push_back(from_arrow(array));
  return result;
}

}  // namespace segue

#include "cli/output/value_text.h"

#include <cmath>
#include <limits>

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <arrow/util/formatting.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue::cli {
namespace {

template <class Array, class Type = typename Array::TypeClass>
std::string formatted(const arrow::Array& array, int64_t row) {
  const auto& typed = static_cast<const Array&>(array);
  arrow::internal::StringFormatter<Type> formatter(array.type().get());
  std::string text;
  formatter(typed.Value(row), [&](std::string_view view) { text = view; });
  return text;
}

// 10:00:00.250000 -> 10:00:00.25 and 10:00:00.000000 -> 10:00:00
std::string without_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string timestamp_text(const arrow::Array& array, int64_t row) {
  int64_t value = static_cast<const arrow::TimestampArray&>(array).Value(row);
  if (value == std::numeric_limits<int64_t>::max()) return "infinity";
  if (value == -std::numeric_limits<int64_t>::max()) return "-infinity";
  return without_zeros(formatted<arrow::TimestampArray>(array, row));
}

std::string float_text(double value, bool single) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text = single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string interval_text(const arrow::MonthDayNanoIntervalType::MonthDayNanos& value) {
  std::string text;
  auto add = [&](int64_t count, const char* unit) {
    if (count != 0)
      text += fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, unit, count == 1 || count == -1 ? "" : "s");
  };
  add(value.months / 12, "year");
  add(value.months % 12, "month");
  add(value.days, "day");
  int64_t micros = value.nanoseconds / 1000;
  if (micros != 0 || text.empty()) {
    const char* sign = micros < 0 ? "-" : "";
    uint64_t size = micros < 0 ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
    uint64_t seconds = size / 1'000'000;
    std::string clock = fmt::format("{}{:02}:{:02}:{:02}", sign, seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (size % 1'000'000 != 0) clock = without_zeros(fmt::format("{}.{:06}", clock, size % 1'000'000));
    text += (text.empty() ? "" : " ") + clock;
  }
  return text;
}

std::string blob_text(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = byte >= 0x20 && byte < 0x7F && byte != '\\';
    text += plain ? std::string(1, c) : fmt::format("\\x{:02X}", byte);
  }
  return text;
}

// Values without parts: their text, and whether JSON writes it without quotes.
struct Scalar {
  std::string text;
  bool bare = false;
};

Scalar scalar(const arrow::Array& array, int64_t row) {
  using arrow::Type;
  switch (array.type_id()) {
    case Type::BOOL: return {static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false", true};
    case Type::INT8: return {formatted<arrow::Int8Array>(array, row), true};
    case Type::INT16: return {formatted<arrow::Int16Array>(array, row), true};
    case Type::INT32: return {formatted<arrow::Int32Array>(array, row), true};
    case Type::INT64: return {formatted<arrow::Int64Array>(array, row), true};
    case Type::UINT8: return {formatted<arrow::UInt8Array>(array, row), true};
    case Type::UINT16: return {formatted<arrow::UInt16Array>(array, row), true};
    case Type::UINT32: return {formatted<arrow::UInt32Array>(array, row), true};
    case Type::UINT64: return {formatted<arrow::UInt64Array>(array, row), true};
    case Type::FLOAT: {
      double value = static_cast<const arrow::FloatArray&>(array).Value(row);
      return {float_text(value, true), std::isfinite(value)};
    }
    case Type::DOUBLE: {
      double value = static_cast<const arrow::DoubleArray&>(array).Value(row);
      return {float_text(value, false), std::isfinite(value)};
    }
    case Type::DECIMAL128: return {static_cast<const arrow::Decimal128Array&>(array).FormatValue(row), true};
    case Type::STRING: return {std::string(static_cast<const arrow::StringArray&>(array).GetView(row))};
    case Type::LARGE_STRING: return {std::string(static_cast<const arrow::LargeStringArray&>(array).GetView(row))};
    case Type::STRING_VIEW: return {std::string(static_cast<const arrow::StringViewArray&>(array).GetView(row))};
    case Type::BINARY: return {blob_text(static_cast<const arrow::BinaryArray&>(array).GetView(row))};
    case Type::LARGE_BINARY: return {blob_text(static_cast<const arrow::LargeBinaryArray&>(array).GetView(row))};
    case Type::DATE32: return {formatted<arrow::Date32Array>(array, row)};
    case Type::TIMESTAMP: return {timestamp_text(array, row)};
    case Type::TIME64: return {without_zeros(formatted<arrow::Time64Array>(array, row))};
    case Type::INTERVAL_MONTH_DAY_NANO:
      return {interval_text(static_cast<const arrow::MonthDayNanoIntervalArray&>(array).GetValue(row))};
    default: {
      auto value = array.GetScalar(row);
      return {value.ok() ? (*value)->ToString() : value.status().ToString()};
    }
  }
}

// The elements of a list's row: the array they are in, and from where to where.
struct Elements {
  std::shared_ptr<arrow::Array> values;
  int64_t begin = 0;
  int64_t end = 0;
};

template <class Array>
Elements elements_of(const arrow::Array& array, int64_t row) {
  const auto& list = static_cast<const Array&>(array);
  return {list.values(), list.value_offset(row), list.value_offset(row) + list.value_length(row)};
}

bool elements(const arrow::Array& array, int64_t row, Elements& found) {
  switch (array.type_id()) {
    case arrow::Type::LIST: found = elements_of<arrow::ListArray>(array, row); return true;
    case arrow::Type::LARGE_LIST: found = elements_of<arrow::LargeListArray>(array, row); return true;
    case arrow::Type::MAP: found = elements_of<arrow::MapArray>(array, row); return true;
    case arrow::Type::FIXED_SIZE_LIST: found = elements_of<arrow::FixedSizeListArray>(array, row); return true;
    default: return false;
  }
}

// Text and JSON differ in how names, NULL and single values are spelled; the walk is one.
template <bool json>
void append(const arrow::Array& array, int64_t row, std::string& out) {
  if (array.IsNull(row) || array.type_id() == arrow::Type::NA) {
    out += json ? "null" : "NULL";
    return;
  }
  Elements list;
  if (elements(array, row, list)) {
    out += '[';
    for (int64_t i = list.begin; i < list.end; ++i) {
      if (i != list.begin) out += json ? "," : ", ";
      append<json>(*list.values, i, out);
    }
    out += ']';
    return;
  }
  if (array.type_id() == arrow::Type::STRUCT) {
    const auto& structure = static_cast<const arrow::StructArray&>(array);
    out += '{';
    for (int i = 0; i < structure.num_fields(); ++i) {
      const std::string& name = array.type()->field(i)->name();
      if (i != 0) out += json ? "," : ", ";
      out += json ? json_string(name) + ":" : "'" + name + "': ";
      append<json>(*structure.field(i), row, out);
    }
    out += '}';
    return;
  }
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
    append<json>(*coded.dictionary(), coded.GetValueIndex(row), out);
    return;
  }
  Scalar value = scalar(array, row);
  bool number = is_number(*array.type());
  if (!json || value.bare) {
    out += value.text;
  } else {
    out += number ? "null" : json_string(value.text);
  }
}

}  // namespace

void append_text(const arrow::Array& array, int64_t row, std::string& out) { append<false>(array, row, out); }

void append_json(const arrow::Array& array, int64_t row, std::string& out) { append<true>(array, row, out); }

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string type_text(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::NA: return "null";
    case Type::BOOL: return "boolean";
    case Type::INT8: return "tinyint";
    case Type::INT16: return "smallint";
    case Type::INT32: return "integer";
    case Type::INT64: return "bigint";
    case Type::UINT8: return "utinyint";
    case Type::UINT16: return "usmallint";
    case Type::UINT32: return "uinteger";
    case Type::UINT64: return "ubigint";
    case Type::FLOAT: return "float";
    case Type::DOUBLE: return "double";
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.precision() == 38 && decimal.scale() == 0) return "hugeint";
      return fmt::format("decimal({},{})", decimal.precision(), decimal.scale());
    }
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW: return "varchar";
    case Type::BINARY:
    case Type::LARGE_BINARY: return "blob";
    case Type::DATE32: return "date";
    case Type::TIME64: return "time";
    case Type::TIMESTAMP: return "timestamp";
    case Type::INTERVAL_MONTH_DAY_NANO: return "interval";
    case Type::DICTIONARY: return type_text(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return fmt::format("map({}, {})", type_text(*map.key_type()), type_text(*map.item_type()));
    }
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST: return type_text(*type.field(0)->type()) + "[]";
    case Type::STRUCT: {
      std::string text = "struct(";
      for (int i = 0; i < type.num_fields(); ++i)
        text += fmt::format("{}{} {}", i == 0 ? "" : ", ", type.field(i)->name(), type_text(*type.field(i)->type()));
      return text + ")";
    }
    default: return type.ToString();
  }
}

bool is_number(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_decimal(type.id());
}

Align align_of(const arrow::DataType& type) { return is_number(type) ? Align::kRight : Align::kLeft; }

bool is_short(const arrow::DataType& type) {
  return is_number(type) || arrow::is_temporal(type.id()) || type.id() == arrow::Type::BOOL;
}

}  // namespace segue::cli

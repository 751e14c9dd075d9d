// Lines as values of every type.
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "base/simd.h"
#include "columns/value.h"
#include "formats/convert.h"
#include "formats/values.h"
#include "fuzz/fuzz.h"

namespace segue::fuzz {
namespace {

using formats::Parsed;

const Type kTypes[] = {TypeId::kBoolean,  TypeId::kTinyint,    TypeId::kSmallint,     TypeId::kInteger,
                       TypeId::kBigint,   TypeId::kFloat,      TypeId::kDouble,       TypeId::kDate,
                       TypeId::kVarchar,  Type::decimal(5, 2), Type::decimal(18, 18), Type::decimal(38, 10),
                       TypeId::kTimestamp};

template <class T>
Parsed parse_integer(std::string_view text, Value& value) {
  int64_t number = 0;
  Parsed parsed = formats::parse_integer(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), number);
  value.data = number;
  return parsed;
}

// The value by the function that reads one.
Parsed parse(const Type& type, std::string_view text, Value& value) {
  value.type = type;
  Parsed parsed = Parsed::kOk;
  switch (type.id) {
    case TypeId::kBoolean: {
      uint8_t truth = 0;
      parsed = formats::parse_boolean(text, truth);
      value.data = int64_t{truth};
      break;
    }
    case TypeId::kTinyint: return parse_integer<int8_t>(text, value);
    case TypeId::kSmallint: return parse_integer<int16_t>(text, value);
    case TypeId::kInteger: return parse_integer<int32_t>(text, value);
    case TypeId::kBigint: return parse_integer<int64_t>(text, value);
    case TypeId::kFloat: {
      float number = 0;
      parsed = formats::parse_float(text, number);
      value.data = double{number};
      break;
    }
    case TypeId::kDouble: {
      double number = 0;
      parsed = formats::parse_double(text, number);
      value.data = number;
      break;
    }
    case TypeId::kDate: {
      int32_t days = 0;
      parsed = formats::parse_date(text, days);
      value.data = int64_t{days};
      break;
    }
    case TypeId::kTimestamp: {
      int64_t micros = 0;
      parsed = formats::parse_timestamp(text, micros);
      value.data = micros;
      break;
    }
    case TypeId::kDecimal: {
      Int128 number = 0;
      parsed = formats::parse_decimal(text, type.width, type.scale, number);
      if (type.wide_decimal()) {
        value.data = number;
      } else {
        value.data = static_cast<int64_t>(number);
      }
      break;
    }
    default: value.data = std::string(text);
  }
  return parsed;
}

// Of what is printed, the same is read.
void expect_read_again(const Value& value) {
  Value again;
  std::string printed = to_string(value);
  ASSERT_TRUE(parse(value.type, printed, again) == Parsed::kOk) << printed;
  ASSERT_EQ(to_string(again), printed);
}

// The lines as one column, with padding around that holds what could be taken for digits.
struct Lines {
  explicit Lines(std::string_view input) : text(kPadding, '7') {
    while (true) {
      size_t end = std::min(input.find('\n'), input.size());
      begins.push_back(static_cast<uint32_t>(text.size()));
      lengths.push_back(static_cast<uint32_t>(end));
      text += input.substr(0, end);
      if (end == input.size()) break;
      text += '\n';
      input.remove_prefix(end + 1);
    }
    text += std::string(kPadding, '7');
  }
  TextFields fields() const { return {text.data(), begins.data(), lengths.data(), nullptr, begins.size()}; }

  std::string text;
  std::vector<uint32_t> begins, lengths;
};

void convert(const Lines& lines, const Type& type, simd::Level level) {
  TextFields fields = lines.fields();
  std::vector<char> values(fields.rows * formats::converted_bytes(type) + 1), text(lines.text.size());
  std::vector<uint8_t> bad(fields.rows);
  std::vector<uint32_t> scratch(fields.rows);
  size_t count = formats::convert_fields(formats::kernels(level), type, fields, values.data(), text.data(), bad.data(),
                                         scratch.data());
  Column column;
  column.type = type;
  column.values = values.data();
  for (size_t row = 0; row < fields.rows; ++row) {
    SCOPED_TRACE(to_string(type) + " '" + std::string(fields.text(row)) + "'");
    std::string reason = formats::explain(type, fields.text(row));
    ASSERT_EQ(bad[row] != 0, !reason.empty()) << reason;
    count -= bad[row];
    if (bad[row] != 0) continue;
    Value value;
    ASSERT_TRUE(parse(type, fields.text(row), value) == Parsed::kOk);
    ASSERT_EQ(to_string(value_at(column, row)), to_string(value));
    if (type.id != TypeId::kVarchar) expect_read_again(value);
  }
  ASSERT_EQ(count, 0u);
}

}  // namespace

void run(std::string_view input) {
  Lines lines(input);
  for (const Type& type : kTypes)
    for (simd::Level level : simd::available()) {
      convert(lines, type, level);
      if (type.id != TypeId::kTimestamp) break;  // only these have kernels
    }
}

}  // namespace segue::fuzz

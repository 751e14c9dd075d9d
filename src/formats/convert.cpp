#include "formats/convert.h"

#include <limits>

#include <fmt/format.h>

#include "base/clean_text.h"
#include "base/error.h"
#include "base/utf8.h"
#include "formats/values.h"

namespace segue::formats {
namespace {

// Up to eight digits that end at `end`, whose eight bytes before may be read whatever they are. All digits are summed
// up in three multiplications, the classic of simdjson and fast_float.
inline bool eight_digits(const char* end, size_t digits, uint64_t& number) {
  uint64_t word;
  std::memcpy(&word, end - 8, 8);
  constexpr uint64_t kZeros = 0x3030303030303030ull;
  uint64_t before = digits == 8 ? 0 : ~uint64_t{0} >> (8 * digits);  // the bytes that are not ours
  word = (word & ~before) | (kZeros & before);
  word -= kZeros;
  if (((word + 0x7676767676767676ull) | word) & 0x8080808080808080ull) return false;
  word = word * 10 + (word >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FFull;
  number = (((word & kMask) * 0x000F424000000064ull) + (((word >> 16) & kMask) * 0x0000271000000001ull)) >> 32;
  return true;
}

// Digits with a sign or not, at most sixteen; everything else is left to parse_integer.
inline bool usual_integer(const char* text, size_t length, int64_t& value) {
  bool minus = *text == '-';
  size_t digits = length - static_cast<size_t>(minus);
  uint64_t low = 0, high = 0;
  if (digits - 1 < 8) {
    if (!eight_digits(text + length, digits, low)) return false;
  } else if (digits - 1 < 16) {
    if (!eight_digits(text + length, 8, low) || !eight_digits(text + length - 8, digits - 8, high)) return false;
    low += high * 100000000;
  } else {
    return false;
  }
  value = minus ? -static_cast<int64_t>(low) : static_cast<int64_t>(low);
  return true;
}

// [-]1234.567, up to eight digits before the point and seven behind it, or whole: both numbers and the power of ten are
// exact, so their quotient is the nearest double. Everything else is left to parse_double.
inline bool usual_double(const char* text, size_t length, double& value) {
  constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  bool minus = *text == '-';
  const char* begin = text + minus;
  size_t digits = length - static_cast<size_t>(minus);
  if (digits - 1 >= 16) return false;
  size_t point = 0;
  while (point < digits && begin[point] != '.') ++point;
  size_t behind = point == digits ? 0 : digits - point - 1;
  if (point - 1 >= 8 || behind > 7 || (point != digits && behind == 0)) return false;
  uint64_t whole = 0, fraction = 0;
  if (!eight_digits(begin + point, point, whole)) return false;
  if (behind != 0 && !eight_digits(begin + digits, behind, fraction)) return false;
  value = (static_cast<double>(whole) * kPowers[behind] + static_cast<double>(fraction)) / kPowers[behind];
  if (minus) value = -value;
  return true;
}

// parse(row, value) -> Parsed, for every row that is not NULL.
template <class T, class Parse>
size_t each(const TextFields& fields, void* values, uint8_t* bad, const Parse& parse) {
  auto* out = static_cast<T*>(values);
  size_t count = 0;
  for (size_t row = 0; row < fields.rows; ++row) {
    T value{};
    if (fields.is_valid(row) && parse(row, value) != Parsed::kOk) [[unlikely]] {
      bad[row] = 1;
      ++count;
    }
    out[row] = value;
  }
  return count;
}

template <class T>
size_t integers(const TextFields& fields, void* values, uint8_t* bad) {
  constexpr int64_t kLeast = std::numeric_limits<T>::min(), kMost = std::numeric_limits<T>::max();
  return each<T>(fields, values, bad, [&](size_t row, T& value) {
    int64_t wide = 0;
    if (usual_integer(fields.data(row), fields.lengths[row], wide)) [[likely]] {
      if (wide < kLeast || wide > kMost) return Parsed::kRange;
    } else if (Parsed parsed = parse_integer(fields.text(row), kLeast, kMost, wide); parsed != Parsed::kOk) {
      return parsed;
    }
    value = static_cast<T>(wide);
    return Parsed::kOk;
  });
}

size_t timestamps(const Kernels& kernels, const TextFields& fields, void* values, uint8_t* bad, uint32_t* others) {
  auto* out = static_cast<int64_t*>(values);
  size_t count = 0;
  size_t other = kernels.timestamps(fields, out, others);
  for (size_t i = 0; i < other; ++i) {
    size_t row = others[i];
    if (parse_timestamp(fields.text(row), out[row]) != Parsed::kOk) {
      out[row] = 0;
      bad[row] = 1;
      ++count;
    }
  }
  return count;
}

size_t dates(const TextFields& fields, void* values, uint8_t* bad) {
  return each<int32_t>(fields, values, bad,
                       [&](size_t row, int32_t& days) { return parse_date(fields.text(row), days); });
}

size_t decimals(const Type& type, const TextFields& fields, void* values, uint8_t* bad) {
  if (type.wide_decimal()) {
    return each<Int128>(fields, values, bad, [&](size_t row, Int128& value) {
      return parse_decimal(fields.text(row), type.width, type.scale, value);
    });
  }
  return each<int64_t>(fields, values, bad, [&](size_t row, int64_t& value) {
    Int128 wide = 0;
    Parsed parsed = parse_decimal(fields.text(row), type.width, type.scale, wide);
    value = static_cast<int64_t>(wide);
    return parsed;
  });
}

size_t texts(const TextFields& fields, void* values, char* text, uint8_t* bad) {
  auto* out = static_cast<std::string_view*>(values);
  for (size_t row = 0; row < fields.rows; ++row) {
    size_t length = fields.lengths[row];
    std::memcpy(text, fields.data(row), length);
    out[row] = {text, length};
    text += length;
  }
  return validate_text(fields, bad);
}

}  // namespace

bool readable(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kVarchar:
    case TypeId::kDate:
    case TypeId::kTimestamp: return true;
    default: return false;
  }
}

size_t converted_bytes(const Type& type) {
  return type.id == TypeId::kVarchar ? sizeof(std::string_view) : value_bytes(type);
}

size_t convert_fields(const Kernels& kernels, const Type& type, const TextFields& fields, void* values, char* text,
                      uint8_t* bad, uint32_t* scratch) {
  switch (type.id) {
    case TypeId::kBoolean:
      return each<uint8_t>(fields, values, bad,
                           [&](size_t row, uint8_t& value) { return parse_boolean(fields.text(row), value); });
    case TypeId::kTinyint: return integers<int8_t>(fields, values, bad);
    case TypeId::kSmallint: return integers<int16_t>(fields, values, bad);
    case TypeId::kInteger: return integers<int32_t>(fields, values, bad);
    case TypeId::kBigint: return integers<int64_t>(fields, values, bad);
    case TypeId::kFloat:
      return each<float>(fields, values, bad,
                         [&](size_t row, float& value) { return parse_float(fields.text(row), value); });
    case TypeId::kDouble:
      return each<double>(fields, values, bad, [&](size_t row, double& value) {
        if (usual_double(fields.data(row), fields.lengths[row], value)) [[likely]]
          return Parsed::kOk;
        return parse_double(fields.text(row), value);
      });
    case TypeId::kDecimal: return decimals(type, fields, values, bad);
    case TypeId::kDate: return dates(fields, values, bad);
    case TypeId::kTimestamp: return timestamps(kernels, fields, values, bad, scratch);
    case TypeId::kVarchar: return texts(fields, values, text, bad);
    default: SEGUE_ASSERT(readable(type)); return 0;
  }
}

size_t validate_text(const TextFields& fields, uint8_t* bad) {
  size_t count = 0;
  for (size_t row = 0; row < fields.rows; ++row) {
    if (fields.is_valid(row) && !clean_text(fields.text(row))) [[unlikely]] {
      bad[row] = 1;
      ++count;
    }
  }
  return count;
}

std::string explain(const Type& type, std::string_view text) {
  constexpr size_t kShown = 60;
  auto shown = [&] { return printable_utf8(text.substr(0, kShown)) + (text.size() > kShown ? "…" : ""); };
  if (type.id == TypeId::kVarchar) {
    size_t at = unclean_byte(text);
    if (at == std::string_view::npos) return "";
    if (text[at] == '\0') return fmt::format("'{}' has a NUL byte at {}", shown(), at + 1);
    return fmt::format("'{}' is not UTF-8, by its byte {}", shown(), at + 1);
  }
  Parsed parsed = Parsed::kOk;
  auto integer = [&]<class T>(T) {
    int64_t value = 0;
    return parse_integer(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value);
  };
  auto with = [&]<class T>(T value, auto parse) { return parse(text, value); };
  switch (type.id) {
    case TypeId::kBoolean: parsed = with(uint8_t{}, parse_boolean); break;
    case TypeId::kTinyint: parsed = integer(int8_t{}); break;
    case TypeId::kSmallint: parsed = integer(int16_t{}); break;
    case TypeId::kInteger: parsed = integer(int32_t{}); break;
    case TypeId::kBigint: parsed = integer(int64_t{}); break;
    case TypeId::kFloat: parsed = with(float{}, parse_float); break;
    case TypeId::kDouble: parsed = with(double{}, parse_double); break;
    case TypeId::kDecimal: {
      Int128 value = 0;
      parsed = parse_decimal(text, type.width, type.scale, value);
      break;
    }
    case TypeId::kDate: parsed = with(int32_t{}, parse_date); break;
    case TypeId::kTimestamp: parsed = with(int64_t{}, parse_timestamp); break;
    default: SEGUE_ASSERT(readable(type));
  }
  if (parsed == Parsed::kOk) return "";
  std::string name = to_string(type);
  if (parsed == Parsed::kRange) return fmt::format("'{}' is out of range of {}", shown(), name);
  return fmt::format("'{}' is not {} {}", shown(), name.front() == 'I' ? "an" : "a", name);
}

}  // namespace segue::formats

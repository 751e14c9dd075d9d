#include "formats/json_values.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "formats/convert.h"

namespace segue::formats {
namespace {

template <class T>
Parsed put(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
  return Parsed::kOk;
}

// Calls function with a T of the integer type; kSyntax for other types.
template <class Function>
Parsed with_integer(const Type& type, const Function& function) {
  switch (type.id) {
    case TypeId::kTinyint: return function(int8_t{});
    case TypeId::kSmallint: return function(int16_t{});
    case TypeId::kInteger: return function(int32_t{});
    case TypeId::kBigint: return function(int64_t{});
    default: return Parsed::kSyntax;
  }
}

bool integer_type(const Type& type) {
  return type.id == TypeId::kTinyint || type.id == TypeId::kSmallint || type.id == TypeId::kInteger ||
         type.id == TypeId::kBigint;
}

Parsed text_to_integer(const Type& type, std::string_view text, void* value) {
  return with_integer(type, [&]<class T>(T) {
    int64_t wide = 0;
    Parsed parsed = parse_integer(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), wide);
    return parsed == Parsed::kOk ? put(value, static_cast<T>(wide)) : parsed;
  });
}

Parsed text_to_decimal(const Type& type, std::string_view text, void* value) {
  Int128 wide = 0;
  Parsed parsed = parse_decimal(text, type.width, type.scale, wide);
  if (parsed != Parsed::kOk) return parsed;
  return type.wide_decimal() ? put(value, wide) : put(value, static_cast<int64_t>(wide));
}

// parse(text, value) of values.h, for a T.
template <class T, class Parse>
Parsed parse_into(std::string_view text, void* to, const Parse& parse) {
  T value{};
  Parsed parsed = parse(text, value);
  return parsed == Parsed::kOk ? put(to, value) : parsed;
}

}  // namespace

bool json_number(std::string_view text) {
  size_t at = 0;
  auto digits = [&] {
    size_t begin = at;
    while (at < text.size() && '0' <= text[at] && text[at] <= '9') ++at;
    return at - begin;
  };
  auto take = [&](char c) { return at < text.size() && text[at] == c && ++at != 0; };
  take('-');
  bool zero = at < text.size() && text[at] == '0';
  size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (take('.') && digits() == 0) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (digits() == 0) return false;
  }
  return at == text.size();
}

Parsed double_to_value(const Type& type, double number, void* value) {
  if (type.id == TypeId::kDouble) return put(value, number);
  if (type.id == TypeId::kFloat) {
    auto narrow = static_cast<float>(number);
    return std::isinf(narrow) ? Parsed::kRange : put(value, narrow);
  }
  return with_integer(type, [&]<class T>(T) {
    double whole = std::nearbyint(number);
    // The largest value of 64 bits is no DOUBLE; the next one above it is.
    if (!(whole >= static_cast<double>(std::numeric_limits<T>::min()) &&
          whole < -static_cast<double>(std::numeric_limits<T>::min())))
      return Parsed::kRange;
    return put(value, static_cast<T>(whole));
  });
}

Parsed number_to_value(const Type& type, std::string_view text, void* value) {
  if (type.id == TypeId::kDecimal) return text_to_decimal(type, text, value);
  if (type.id == TypeId::kDate || type.id == TypeId::kTimestamp) return Parsed::kSyntax;
  if (integer_type(type) && text.find_first_of(".eE") == std::string_view::npos)
    return text_to_integer(type, text, value);
  double number = 0;
  if (Parsed parsed = parse_double(text, number); parsed != Parsed::kOk) return parsed;
  if (type.id == TypeId::kBoolean) return put(value, static_cast<uint8_t>(number != 0));
  return double_to_value(type, number, value);
}

Parsed boolean_to_value(const Type& type, bool truth, void* value) {
  if (type.id == TypeId::kBoolean) return put(value, static_cast<uint8_t>(truth));
  if (type.id == TypeId::kDate || type.id == TypeId::kTimestamp) return Parsed::kSyntax;
  if (type.id == TypeId::kDecimal) return text_to_decimal(type, truth ? "1" : "0", value);
  return double_to_value(type, truth ? 1 : 0, value);
}

Parsed text_to_value(const Type& type, std::string_view text, void* value) {
  switch (type.id) {
    case TypeId::kBoolean: return parse_into<uint8_t>(text, value, parse_boolean);
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint: return text_to_integer(type, text, value);
    case TypeId::kFloat: return parse_into<float>(text, value, parse_float);
    case TypeId::kDouble: return parse_into<double>(text, value, parse_double);
    case TypeId::kDecimal: return text_to_decimal(type, text, value);
    case TypeId::kDate: return parse_into<int32_t>(text, value, parse_date);
    case TypeId::kTimestamp: return parse_into<int64_t>(text, value, parse_timestamp);
    default: SEGUE_ASSERT(!"a readable type"); return Parsed::kSyntax;
  }
}

}  // namespace segue::formats

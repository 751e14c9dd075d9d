// Values as DuckDB writes them.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "columns/value.h"

namespace segue {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

std::string integer_text(Int128 value) {
  // Digits of the absolute value; the most negative one has no positive partner in Int128, but in unsigned.
  auto rest = value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

// DuckDB writes .50 for DECIMAL(2,2) and 0.50 for wider ones.
std::string decimal_text(Int128 value, const Type& type) {
  std::string text = integer_text(value);
  if (type.scale == 0) return text;
  bool negative = text.front() == '-';
  std::string digits = text.substr(negative ? 1 : 0);
  size_t least = size_t{type.scale} + (type.width > type.scale ? 1 : 0);
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  digits.insert(digits.size() - type.scale, ".");
  return (negative ? "-" : "") + digits;
}

template <class T>
std::string real_text(T value) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".ein") == std::string::npos) text += ".0";
  return text;
}

// Days since 1970 to year, month, day of the proleptic Gregorian calendar.
// The algorithm is civil_from_days of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
std::string date_text(int64_t days, std::string_view time = {}) {
  days += 719'468;
  int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  int64_t day_of_era = days - era * 146'097;
  int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  // There is no year 0: 1 BC comes before 1.
  std::string text =
      fmt::format("{:04}-{:02}-{:02}{}", year <= 0 ? 1 - year : year, month, day, year <= 0 ? " (BC)" : "");
  if (!time.empty()) text.append(" ").append(time);
  return text;
}

// 01:02:03.5: hours as they are, zeros of the fraction's end left out.
std::string clock_text(uint64_t micros) {
  uint64_t seconds = micros / kMicrosPerSecond;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (uint64_t fraction = micros % kMicrosPerSecond; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

std::string timestamp_text(int64_t micros) {
  if (micros == std::numeric_limits<int64_t>::max()) return "infinity";
  if (micros == -std::numeric_limits<int64_t>::max()) return "-infinity";
  int64_t day = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  // In 128 bits: day * kMicrosPerDay passes the lowest int64_t for the first representable day.
  return date_text(day, clock_text(static_cast<uint64_t>(Int128{micros} - Int128{day} * kMicrosPerDay)));
}

std::string interval_text(const Interval& interval) {
  std::string text;
  auto add = [&](int64_t count, std::string_view unit) {
    if (count == 0) return;
    if (!text.empty()) text += ' ';
    text += fmt::format("{} {}{}", count, unit, count == 1 || count == -1 ? "" : "s");
  };
  add(interval.months / 12, "year");
  add(interval.months % 12, "month");
  add(interval.days, "day");
  if (interval.micros != 0 || text.empty()) {
    if (!text.empty()) text += ' ';
    if (interval.micros < 0) text += '-';
    text += clock_text(interval.micros < 0 ? -static_cast<uint64_t>(interval.micros)
                                           : static_cast<uint64_t>(interval.micros));
  }
  return text;
}

std::string blob_text(std::string_view bytes) {
  std::string text;
  for (unsigned char c : bytes) {
    if (c >= 0x20 && c < 0x7F && c != '\\' && c != '\'' && c != '"') {
      text += static_cast<char>(c);
    } else {
      text += fmt::format("\\x{:02X}", c);
    }
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result += '\'';
}

// A text inside a list or struct: quoted where it could be read as something else.
std::string element_text(const Value& value) {
  std::string text = to_string(value);
  if (value.null() || value.type.nested()) return text;
  auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  bool null_word =
      text.size() == 4 && std::equal(text.begin(), text.end(), "NULL", [](char a, char b) { return (a & ~0x20) == b; });
  bool quotes = text.empty() || null_word || space(text.front()) || space(text.back()) ||
                text.find_first_of("\"'(),:=[]{}") != std::string::npos;
  return quotes ? quoted(text) : text;
}

std::string nested_text(const Value& value) {
  const auto& parts = std::get<std::vector<Value>>(value.data);
  bool list = value.type.id == TypeId::kList;
  bool unnamed = !list && (value.type.fields.empty() || value.type.fields[0].name.empty());
  std::string text(1, list ? '[' : unnamed ? '(' : '{');
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) text += ", ";
    if (!list && !unnamed) text += quoted(value.type.fields[i].name) + ": ";
    text += element_text(parts[i]);
  }
  return text += list ? ']' : unnamed ? ')' : '}';
}

}  // namespace

std::string to_string(const Value& value) {
  if (value.null()) return "NULL";
  auto wide = [&] {
    auto number = std::get_if<Int128>(&value.data);
    return number != nullptr ? *number : Int128{std::get<int64_t>(value.data)};
  };
  switch (value.type.id) {
    case TypeId::kNull: return "NULL";
    case TypeId::kBoolean: return std::get<int64_t>(value.data) != 0 ? "true" : "false";
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kHugeint: return integer_text(wide());
    case TypeId::kFloat: return real_text(static_cast<float>(std::get<double>(value.data)));
    case TypeId::kDouble: return real_text(std::get<double>(value.data));
    case TypeId::kDecimal: return decimal_text(wide(), value.type);
    case TypeId::kVarchar: return std::get<std::string>(value.data);
    case TypeId::kBlob: return blob_text(std::get<std::string>(value.data));
    case TypeId::kDate: {
      int64_t days = std::get<int64_t>(value.data);
      if (days == std::numeric_limits<int32_t>::max()) return "infinity";
      if (days == -std::numeric_limits<int32_t>::max()) return "-infinity";
      return date_text(days);
    }
    case TypeId::kTimestamp: return timestamp_text(std::get<int64_t>(value.data));
    case TypeId::kInterval: return interval_text(std::get<Interval>(value.data));
    case TypeId::kList:
    case TypeId::kStruct: return nested_text(value);
  }
  fail(ErrorCode::kInternal, "no such type");
}

}  // namespace segue

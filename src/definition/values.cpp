#include "definition/values.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "base/ascii.h"

namespace segue::definition {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes parts off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  char here() const { return text_.empty() ? '\0' : text_.front(); }
  std::string_view rest() const { return text_; }

  bool take(char c) {
    if (here() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    while (here() == ' ') text_.remove_prefix(1);
  }
  // A number of exactly `digits` digits.
  std::optional<int64_t> number(size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int64_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!digit(text_[i])) return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  std::string_view take_while(bool (*belongs)(char)) {
    size_t count = 0;
    while (count < text_.size() && belongs(text_[count])) ++count;
    std::string_view taken = text_.substr(0, count);
    text_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view text_;
};

// Up to six digits behind a point, as microseconds.
std::optional<int64_t> fraction_micros(Cursor& cursor) {
  std::string_view digits = cursor.take_while(digit);
  if (digits.empty() || digits.size() > 6) return std::nullopt;
  int64_t value = 0;
  for (size_t i = 0; i < 6; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return value;
}

// HH:MM[:SS[.ffffff]] in microseconds.
std::optional<int64_t> clock_micros(Cursor& cursor, int64_t hours_below) {
  std::optional<int64_t> hours = cursor.number(2);
  if (!hours || *hours >= hours_below || !cursor.take(':')) return std::nullopt;
  std::optional<int64_t> minutes = cursor.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  int64_t micros = *hours * kHour + *minutes * kMinute;
  if (!cursor.take(':')) return micros;
  std::optional<int64_t> seconds = cursor.number(2);
  if (!seconds || *seconds > 59) return std::nullopt;
  micros += *seconds * kSecond;
  if (!cursor.take('.')) return micros;
  std::optional<int64_t> fraction = fraction_micros(cursor);
  if (!fraction) return std::nullopt;
  return micros + *fraction;
}

std::optional<int32_t> date_days(Cursor& cursor) {
  std::optional<int64_t> year = cursor.number(4);
  if (!year || *year < 1 || !cursor.take('-')) return std::nullopt;
  std::optional<int64_t> month = cursor.number(2);
  if (!month || !cursor.take('-')) return std::nullopt;
  std::optional<int64_t> day = cursor.number(2);
  if (!day) return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                   std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

struct Unit {
  std::string_view names;  // each behind a blank
  int32_t months;
  int32_t days;
  int64_t micros;
};

constexpr Unit kUnits[] = {
    {" years year y ", 12, 0, 0},
    {" months month mon mons ", 1, 0, 0},
    {" weeks week w ", 0, 7, 0},
    {" days day d ", 0, 1, 0},
    {" hours hour hrs hr h ", 0, 0, kHour},
    {" minutes minute mins min m ", 0, 0, kMinute},
    {" seconds second secs sec s ", 0, 0, kSecond},
    {" milliseconds millisecond msecs msec ms ", 0, 0, 1000},
    {" microseconds microsecond usecs usec us µs ", 0, 0, 1},
};

const Unit* find_unit(std::string_view name) {
  std::string word = ' ' + ascii::lower(name) + ' ';
  for (const Unit& unit : kUnits) {
    if (name.size() > 0 && unit.names.find(word) != std::string_view::npos) return &unit;
  }
  return nullptr;
}

bool add_part(Interval& interval, bool minus, int64_t whole, int64_t millionths, const Unit& unit) {
  if (millionths != 0 && unit.micros == 0) return false;
  Int128 sign = minus ? -1 : 1;
  // The fraction must come out even: 0.0000001 s is none.
  Int128 part = Int128{millionths} * unit.micros;
  if (part % 1'000'000 != 0) return false;
  Int128 months = interval.months + sign * whole * unit.months;
  Int128 days = interval.days + sign * whole * unit.days;
  Int128 micros = interval.micros + sign * (Int128{whole} * unit.micros + part / 1'000'000);
  auto fits32 = [](Int128 value) {
    return value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
  };
  bool fits64 = micros >= std::numeric_limits<int64_t>::min() && micros <= std::numeric_limits<int64_t>::max();
  if (!fits32(months) || !fits32(days) || !fits64) return false;
  interval = {static_cast<int32_t>(months), static_cast<int32_t>(days), static_cast<int64_t>(micros)};
  return true;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  // from_chars() takes no plus.
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  T value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  std::optional<Interval> interval = parse_interval(text);
  constexpr int64_t kDay = int64_t{24} * 3600 * 1'000'000;
  if (!interval || interval->months != 0 || interval->days < 0 || interval->micros < 0) return std::nullopt;
  int64_t micros = 0;
  bool too_long = __builtin_mul_overflow(int64_t{interval->days}, kDay, &micros) ||
                  __builtin_add_overflow(micros, interval->micros, &micros);
  return too_long ? std::nullopt : std::optional(micros);
}

std::optional<Interval> parse_interval(std::string_view text) {
  Cursor cursor(trimmed(text));
  if (cursor.done()) return std::nullopt;
  Interval interval;
  while (!cursor.done()) {
    bool minus = cursor.take('-');
    if (!minus) cursor.take('+');
    std::string_view before = cursor.rest();
    if (before.size() >= 5 && before[2] == ':') {  // a clock, which ends it
      std::optional<int64_t> micros = clock_micros(cursor, 100);
      static constexpr Unit kMicro{"", 0, 0, 1};
      if (!micros || !cursor.done() || !add_part(interval, minus, *micros, 0, kMicro)) return std::nullopt;
      return interval;
    }
    std::string_view digits = cursor.take_while(digit);
    std::optional<int64_t> whole = parse_number<int64_t>(digits);
    if (!whole) return std::nullopt;
    int64_t millionths = 0;
    if (cursor.take('.')) {
      std::optional<int64_t> fraction = fraction_micros(cursor);
      if (!fraction) return std::nullopt;
      millionths = *fraction;
    }
    cursor.skip_blanks();
    std::string_view name =
        cursor.take_while([](char c) { return std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80) != 0; });
    const Unit* unit = find_unit(name);
    if (unit == nullptr || !add_part(interval, minus, *whole, millionths, *unit)) return std::nullopt;
    cursor.skip_blanks();
    if (cursor.take(',')) {
      cursor.skip_blanks();
      if (cursor.done()) return std::nullopt;
    }
  }
  return interval;
}

std::optional<int32_t> parse_date(std::string_view text) {
  Cursor cursor(trimmed(text));
  std::optional<int32_t> days = date_days(cursor);
  return cursor.done() ? days : std::nullopt;
}

std::optional<int64_t> parse_timestamp(std::string_view text) {
  Cursor cursor(trimmed(text));
  std::optional<int32_t> days = date_days(cursor);
  if (!days) return std::nullopt;
  int64_t micros = int64_t{*days} * kDay;
  if (cursor.done()) return micros;
  if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
  std::optional<int64_t> clock = clock_micros(cursor, 24);
  if (!clock) return std::nullopt;
  micros += *clock;
  cursor.skip_blanks();
  if (cursor.take('Z') || cursor.done()) return cursor.done() ? std::optional(micros) : std::nullopt;
  bool minus = cursor.take('-');
  if (!minus && !cursor.take('+')) return std::nullopt;
  std::optional<int64_t> hours = cursor.number(2);
  if (!hours || *hours > 15) return std::nullopt;
  int64_t minutes = 0;
  if (!cursor.done()) {
    cursor.take(':');
    std::optional<int64_t> read = cursor.number(2);
    if (!read || *read > 59 || !cursor.done()) return std::nullopt;
    minutes = *read;
  }
  int64_t offset = *hours * kHour + minutes * kMinute;
  return micros + (minus ? offset : -offset);
}

std::optional<Value> parse_value(ParamType type, std::string_view text) {
  switch (type) {
    case ParamType::kPath:
      if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
      return Value{TypeId::kVarchar, std::string(text)};
    case ParamType::kVarchar: return Value{TypeId::kVarchar, std::string(text)};
    case ParamType::kInterval: {
      std::optional<Interval> interval = parse_interval(text);
      if (!interval) return std::nullopt;
      return Value{TypeId::kInterval, *interval};
    }
    case ParamType::kInteger: {
      std::optional<int64_t> number = parse_number<int64_t>(trimmed(text));
      if (!number) return std::nullopt;
      return Value{TypeId::kBigint, *number};
    }
    case ParamType::kDouble: {
      std::optional<double> number = parse_number<double>(trimmed(text));
      if (!number || !std::isfinite(*number)) return std::nullopt;
      return Value{TypeId::kDouble, *number};
    }
    case ParamType::kBoolean: {
      bool yes = ascii::same(trimmed(text), "true");
      if (!yes && !ascii::same(trimmed(text), "false")) return std::nullopt;
      return Value{TypeId::kBoolean, int64_t{yes}};
    }
    case ParamType::kDate: {
      std::optional<int32_t> days = parse_date(text);
      if (!days) return std::nullopt;
      return Value{TypeId::kDate, int64_t{*days}};
    }
    case ParamType::kTimestamp: {
      std::optional<int64_t> micros = parse_timestamp(text);
      if (!micros) return std::nullopt;
      return Value{TypeId::kTimestamp, *micros};
    }
  }
  return std::nullopt;
}

std::string_view to_string(ParamType type) {
  switch (type) {
    case ParamType::kPath: return "path";
    case ParamType::kInterval: return "interval";
    case ParamType::kInteger: return "integer";
    case ParamType::kDouble: return "double";
    case ParamType::kBoolean: return "boolean";
    case ParamType::kVarchar: return "varchar";
    case ParamType::kDate: return "date";
    case ParamType::kTimestamp: return "timestamp";
  }
  return "varchar";
}

std::string_view example_of(ParamType type) {
  switch (type) {
    case ParamType::kPath: return "data/plays.tsv";
    case ParamType::kInterval: return "20 minutes";
    case ParamType::kInteger: return "100";
    case ParamType::kDouble: return "0.5";
    case ParamType::kBoolean: return "true";
    case ParamType::kVarchar: return "text";
    case ParamType::kDate: return "2009-05-04";
    case ParamType::kTimestamp: return "2009-05-04T23:08:57Z";
  }
  return "";
}

std::string_view describe(ParamType type) {
  switch (type) {
    case ParamType::kPath: return "a path";
    case ParamType::kInterval: return "an interval";
    case ParamType::kInteger: return "a whole number of 64 bits";
    case ParamType::kDouble: return "a number";
    case ParamType::kBoolean: return "true or false";
    case ParamType::kVarchar: return "a text";
    case ParamType::kDate: return "a date";
    case ParamType::kTimestamp: return "a timestamp";
  }
  return "";
}

}  // namespace segue::definition

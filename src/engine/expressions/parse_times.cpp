#include "engine/expressions/parse_times.h"

#include <algorithm>

#include "engine/expressions/calendar.h"
#include "engine/expressions/date_part_names.h"
#include "engine/expressions/parse_numbers.h"

namespace segue::engine {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A place in a text, moving on.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool end() const { return at_ >= text_.size(); }
  char peek() const { return end() ? '\0' : text_[at_]; }
  char next() { return text_[at_++]; }
  void skip(size_t count) { at_ += count; }
  void skip_spaces() {
    while (!end() && space(peek())) ++at_;
  }
  bool take(char c) {
    if (end() || peek() != c) return false;
    ++at_;
    return true;
  }
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }
  // One or two digits.
  bool two_digits(int32_t& value) {
    if (end() || !digit(peek())) return false;
    value = next() - '0';
    if (!end() && digit(peek())) value = value * 10 + (next() - '0');
    return true;
  }
  // Exactly two digits.
  bool pair(int32_t& value) {
    auto left = rest();
    if (left.size() < 2 || !digit(left[0]) || !digit(left[1])) return false;
    value = (left[0] - '0') * 10 + (left[1] - '0');
    skip(2);
    return true;
  }
  // The word in any case, or its first letters if the text ends there.
  bool word(std::string_view whole, size_t short_length) {
    auto left = rest();
    size_t same = 0;
    while (same < whole.size() && same < left.size() && lower(left[same]) == whole[same]) ++same;
    bool short_form = same == left.size() && same == short_length;
    if (same < whole.size() && !short_form) return false;
    skip(same);
    return true;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool read_special_date(Cursor& cursor, bool negative, int32_t& answer) {
  if (cursor.word("infinity", 3)) {
    answer = negative ? -kInfiniteDate : kInfiniteDate;
  } else if (cursor.word("epoch", 5)) {
    answer = 0;
  } else {
    return false;
  }
  cursor.skip_spaces();
  return cursor.end();
}

bool read_date(Cursor& cursor, int32_t& answer) {
  cursor.skip_spaces();
  if (cursor.end()) return false;
  bool negative = cursor.take('-');
  if (cursor.end()) return false;
  if (!digit(cursor.peek())) return read_special_date(cursor, negative, answer);
  Civil civil{0, 0, 0};
  while (!cursor.end() && digit(cursor.peek())) {
    if (civil.year >= 100'000'000) return false;
    civil.year = civil.year * 10 + (cursor.next() - '0');
  }
  if (negative) civil.year = -civil.year;
  if (cursor.end()) return false;
  char separator = cursor.next();
  if (separator != ' ' && separator != '-' && separator != '/' && separator != '\\') return false;
  if (!cursor.two_digits(civil.month) || !cursor.take(separator) || !cursor.two_digits(civil.day)) return false;
  auto rest = cursor.rest();
  if (rest.size() >= 5 && space(rest[0]) && rest[1] == '(' && lower(rest[2]) == 'b' && lower(rest[3]) == 'c' &&
      rest[4] == ')') {
    if (negative || civil.year == 0) return false;
    civil.year = 1 - civil.year;
    cursor.skip(5);
  }
  if (!cursor.end() && digit(cursor.peek())) return false;
  auto date = date_of(civil);
  if (date) answer = *date;
  return date.has_value();
}

// hh:mm[:ss[.ffffff]], hours of up to nine digits; minutes and seconds may be missing at the end of the text.
bool read_clock(Cursor& cursor, int64_t& micros) {
  cursor.skip_spaces();
  if (cursor.end() || !digit(cursor.peek())) return false;
  int64_t hour = 0;
  for (int digits = 0; !cursor.end() && digit(cursor.peek()); ++digits) {
    if (digits == 9) return false;
    hour = hour * 10 + (cursor.next() - '0');
  }
  if (!cursor.take(':')) return false;
  int32_t minute = 0;
  int32_t second = 0;
  if (!cursor.end() && (!cursor.two_digits(minute) || minute >= 60)) return false;
  if (!cursor.end()) {
    if (!cursor.take(':')) return false;
    if (!cursor.end() && (!cursor.two_digits(second) || second >= 60)) return false;
  }
  int64_t fraction = 0;
  if (cursor.take('.')) {
    for (int64_t unit = 100'000; !cursor.end() && digit(cursor.peek()); unit /= 10)
      fraction += (cursor.next() - '0') * unit;
  }
  micros = hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + fraction;
  return true;
}

// +hh[[:]mm[:ss]]: passed over.
bool skip_offset(Cursor& cursor) {
  auto rest = cursor.rest();
  if (rest.size() < 3 || (rest[0] != '+' && rest[0] != '-') || !digit(rest[1]) || !digit(rest[2])) return false;
  cursor.skip(3);
  int32_t ignored;
  bool colons = cursor.take(':');
  if (!cursor.pair(ignored) || !colons || cursor.peek() != ':') return true;
  cursor.skip(1);
  cursor.pair(ignored);
  return true;
}

// What may follow the clock of a timestamp.
bool read_zone(Cursor& cursor) {
  if (cursor.end()) return true;
  bool utc = true;
  if (!cursor.take('Z') && !skip_offset(cursor)) {
    if (!cursor.take(' ')) return false;
    auto is_zone = [](char c) {
      return digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '/' || c == '+' || c == '-';
    };
    std::string_view rest = cursor.rest();
    auto length = static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_zone) - rest.begin());
    utc = length == 0 || (length == 3 && lower(rest[0]) == 'u' && lower(rest[1]) == 't' && lower(rest[2]) == 'c');
    cursor.skip(length);
  }
  cursor.skip_spaces();
  return utc && cursor.end();
}

// Adds number (and fraction, in millionths) times `scale` to a part of an interval.
template <class T>
bool add_units(T& part, int64_t number, int64_t scale, int64_t fraction = 0) {
  int64_t whole;
  if (__builtin_mul_overflow(number, scale, &whole) || whole != static_cast<T>(whole)) return false;
  if (__builtin_add_overflow(part, static_cast<T>(whole), &part)) return false;
  int64_t rest = fraction * scale / 1'000'000;
  return rest == static_cast<T>(rest) && !__builtin_add_overflow(part, static_cast<T>(rest), &part);
}

bool add_part(DatePart unit, int64_t number, int64_t fraction, Interval& answer) {
  using P = DatePart;
  switch (unit) {
    case P::kMillennium: return add_units(answer.months, number, 12'000, fraction);
    case P::kCentury: return add_units(answer.months, number, 1'200, fraction);
    case P::kDecade: return add_units(answer.months, number, 120, fraction);
    case P::kYear: return add_units(answer.months, number, 12, fraction);
    case P::kQuarter:
      return add_units(answer.months, number, 3, fraction) && add_units(answer.days, 0, 30, fraction * 3 % 1'000'000);
    case P::kMonth: return add_units(answer.months, number, 1) && add_units(answer.days, 0, 30, fraction);
    case P::kWeek:
      return add_units(answer.days, number, 7, fraction) &&
             add_units(answer.micros, 0, kMicrosPerDay, fraction * 7 % 1'000'000);
    case P::kDay: return add_units(answer.days, number, 1) && add_units(answer.micros, 0, kMicrosPerDay, fraction);
    case P::kHour: return add_units(answer.micros, number, kMicrosPerHour, fraction);
    case P::kMinute: return add_units(answer.micros, number, kMicrosPerMinute, fraction);
    case P::kSecond: return add_units(answer.micros, number, kMicrosPerSecond, fraction);
    case P::kMillisecond: return add_units(answer.micros, number, kMicrosPerMillisecond, fraction);
    case P::kMicrosecond: return add_units(answer.micros, number + fraction * 2 / 1'000'000, 1);
    default: return false;
  }
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

bool parse_date(std::string_view text, int32_t& answer) {
  Cursor cursor(text);
  return read_date(cursor, answer);
}

bool parse_timestamp(std::string_view text, int64_t& answer) {
  Cursor cursor(text);
  int32_t date;
  if (!read_date(cursor, date)) return false;
  auto take = [&](std::optional<int64_t> found) {
    if (found) answer = *found;
    return found.has_value();
  };
  if (cursor.end()) return take(midnight(date));
  if (cursor.peek() == ' ' || cursor.peek() == 'T') cursor.skip(1);
  int64_t time;
  if (!read_clock(cursor, time) || time > kMicrosPerDay) return false;
  return take(timestamp_of(date, time)) && read_zone(cursor);
}

bool parse_interval(std::string_view text, Interval& answer) {
  answer = {};
  Cursor cursor(text);
  if (cursor.peek() == '@') cursor.skip(1);
  bool found = false;
  while (true) {
    while (!cursor.end() && blank(cursor.peek())) cursor.skip(1);
    if (cursor.end()) return found;
    if (lower(cursor.peek()) == 'a') {
      auto rest = cursor.rest();
      if (rest.size() < 3 || lower(rest[1]) != 'g' || lower(rest[2]) != 'o') return false;
      for (char c : rest.substr(3)) {
        if (!blank(c)) return false;
      }
      auto negative = negate(answer);
      answer = negative.value_or(answer);
      return found && negative.has_value();
    }
    bool negative = cursor.take('-');
    std::string_view from = cursor.rest();
    auto digits = static_cast<size_t>(std::find_if_not(from.begin(), from.end(), digit) - from.begin());
    if (digits < from.size() && from[digits] == ':') {
      Cursor clock(from);
      int64_t micros;
      if (!read_clock(clock, micros)) return false;
      answer.micros += micros;
      if (negative) answer.micros = -answer.micros;
      return true;
    }
    int64_t number;
    if (digits == 0 || !parse_integer(from.substr(0, digits), number)) return false;
    cursor.skip(digits);
    int64_t fraction = 0;
    if (cursor.take('.')) {
      for (int64_t unit = 100'000; !cursor.end() && digit(cursor.peek()); unit /= 10)
        fraction += (cursor.next() - '0') * unit;
    }
    if (negative) {
      number = -number;
      fraction = -fraction;
    }
    while (!cursor.end() && blank(cursor.peek())) cursor.skip(1);
    from = cursor.rest();
    auto letters = static_cast<size_t>(
        std::find_if_not(from.begin(), from.end(), [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }) -
        from.begin());
    cursor.skip(letters);
    if (letters == 0 && !found) {  // a number alone: seconds
      return add_units(answer.micros, number, kMicrosPerSecond) && add_units(answer.micros, fraction, 1) &&
             cursor.end();
    }
    auto unit = date_part_named(from.substr(0, letters));
    if (!unit || !add_part(*unit, number, fraction, answer)) return false;
    found = true;
  }
}

}  // namespace segue::engine

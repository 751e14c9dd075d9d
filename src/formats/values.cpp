#include "formats/values.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "formats/calendar.h"

namespace segue::formats {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kLastYear = 290000;  // what microseconds in 64 bits hold, with room to spare

bool digit(char c) { return '0' <= c && c <= '9'; }
char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trim(std::string_view text) {
  auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

// `word` is in lower case.
bool equal_any_case(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// Takes text apart from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool empty() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_spaces() {
    bool any = false;
    while (take(' ')) any = true;
    return any;
  }
  // A number of `least` to `most` digits.
  bool take_number(size_t least, size_t most, int64_t& value) {
    size_t count = 0;
    value = 0;
    while (count < most && count < rest_.size() && digit(rest_[count])) value = value * 10 + (rest_[count++] - '0');
    rest_.remove_prefix(count);
    return count >= least;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

Parsed take_date(Reader& reader, int64_t& days) {
  int64_t year = 0, month = 0, day = 0;
  if (!reader.take_number(4, 6, year)) return Parsed::kSyntax;
  char between = reader.take('-') ? '-' : reader.take('/') ? '/' : '\0';
  if (between == '\0' || !reader.take_number(1, 2, month) || !reader.take(between) || !reader.take_number(1, 2, day))
    return Parsed::kSyntax;
  if (year < 1 || year > kLastYear || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, static_cast<unsigned>(month))) {
    return Parsed::kRange;
  }
  days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  return Parsed::kOk;
}

Parsed take_time(Reader& reader, int64_t& micros) {
  int64_t hour = 0, minute = 0, second = 0, fraction = 0;
  if (!reader.take_number(1, 2, hour) || !reader.take(':') || !reader.take_number(1, 2, minute)) return Parsed::kSyntax;
  if (reader.take(':')) {
    if (!reader.take_number(1, 2, second)) return Parsed::kSyntax;
    if (reader.take('.')) {
      size_t before = reader.rest().size();
      reader.take_number(0, 6, fraction);
      for (size_t taken = before - reader.rest().size(); taken < 6; ++taken) fraction *= 10;
      int64_t ignored = 0;
      while (!reader.empty() && digit(reader.rest().front())) reader.take_number(1, 1, ignored);
    }
  }
  bool midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
  if ((hour > 23 && !midnight) || minute > 59 || second > 59) return Parsed::kRange;
  micros = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + fraction;
  return Parsed::kOk;
}

// What is to be subtracted to get UTC, in seconds.
Parsed take_zone(Reader& reader, int64_t& seconds) {
  seconds = 0;
  reader.take_spaces();
  if (reader.empty() || reader.take('Z') || reader.take_word("UTC")) return Parsed::kOk;
  bool minus = reader.take('-');
  if (!minus && !reader.take('+')) return Parsed::kSyntax;
  int64_t hours = 0, minutes = 0, more = 0;
  if (!reader.take_number(2, 2, hours)) return Parsed::kSyntax;
  if (reader.take(':')) {
    if (!reader.take_number(2, 2, minutes)) return Parsed::kSyntax;
    if (reader.take(':') && !reader.take_number(2, 2, more)) return Parsed::kSyntax;
  } else if (!reader.empty() && !reader.take_number(2, 2, minutes)) {
    return Parsed::kSyntax;
  }
  if (hours > 18 || minutes > 59 || more > 59) return Parsed::kRange;
  seconds = (hours * 60 + minutes) * 60 + more;
  if (minus) seconds = -seconds;
  return Parsed::kOk;
}

template <class T>
Parsed parse_floating(std::string_view text, T& value) {
  text = trim(text);
  bool minus = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return Parsed::kSyntax;
  if (!digit(text.front()) && text.front() != '.') {
    if (equal_any_case(text, "inf") || equal_any_case(text, "infinity")) {
      value = std::numeric_limits<T>::infinity();
    } else if (equal_any_case(text, "nan")) {
      value = std::numeric_limits<T>::quiet_NaN();
    } else {
      return Parsed::kSyntax;
    }
  } else {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) return Parsed::kSyntax;
    if (error == std::errc::result_out_of_range) {
      // from_chars says the same of what is too large and what is too small; the exponent's sign tells which.
      size_t exponent = text.find_first_of("eE");
      bool small = exponent != std::string_view::npos ? text.find('-', exponent) != std::string_view::npos
                                                      : text.front() == '0' || text.front() == '.';
      if (!small) return Parsed::kRange;
      value = 0;
    }
  }
  if (minus) value = -value;
  return Parsed::kOk;
}

}  // namespace

Parsed parse_boolean(std::string_view text, uint8_t& value) {
  text = trim(text);
  for (std::string_view word : {"true", "t", "1", "yes", "y"}) {
    if (equal_any_case(text, word)) return value = 1, Parsed::kOk;
  }
  for (std::string_view word : {"false", "f", "0", "no", "n"}) {
    if (equal_any_case(text, word)) return value = 0, Parsed::kOk;
  }
  return Parsed::kSyntax;
}

Parsed parse_float(std::string_view text, float& value) { return parse_floating(text, value); }
Parsed parse_double(std::string_view text, double& value) { return parse_floating(text, value); }

Parsed parse_date(std::string_view text, int32_t& days) {
  Reader reader(trim(text));
  int64_t wide = 0;
  Parsed parsed = take_date(reader, wide);
  if (parsed == Parsed::kOk && !reader.empty()) return Parsed::kSyntax;
  days = static_cast<int32_t>(wide);
  return parsed;
}

Parsed parse_timestamp(std::string_view text, int64_t& micros) {
  Reader reader(trim(text));
  int64_t days = 0, time = 0, zone = 0;
  Parsed parsed = take_date(reader, days);
  if (parsed != Parsed::kOk) return parsed;
  if (!reader.empty()) {
    if (!reader.take('T') && !reader.take_spaces()) return Parsed::kSyntax;
    parsed = take_time(reader, time);
    if (parsed != Parsed::kOk) return parsed;
    parsed = take_zone(reader, zone);
    if (parsed != Parsed::kOk) return parsed;
    if (!reader.empty()) return Parsed::kSyntax;
  }
  micros = (days * kSecondsPerDay - zone) * kMicrosPerSecond + time;
  return Parsed::kOk;
}

Parsed parse_integer(std::string_view text, int64_t least, int64_t most, int64_t& value) {
  text = trim(text);
  bool minus = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return Parsed::kSyntax;
  uint64_t number = 0;
  bool overflow = false;
  for (char c : text) {
    if (!digit(c)) return Parsed::kSyntax;
    overflow |= __builtin_mul_overflow(number, uint64_t{10}, &number);
    overflow |= __builtin_add_overflow(number, static_cast<uint64_t>(c - '0'), &number);
  }
  uint64_t bound = minus ? uint64_t{0} - static_cast<uint64_t>(least) : static_cast<uint64_t>(most);
  if (overflow || number > bound) return Parsed::kRange;
  value = static_cast<int64_t>(minus ? uint64_t{0} - number : number);
  return Parsed::kOk;
}

Parsed parse_decimal(std::string_view text, uint8_t width, uint8_t scale, Int128& value) {
  text = trim(text);
  bool minus = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  size_t exponent_at = text.find_first_of("eE");
  std::string_view number = text.substr(0, exponent_at);
  int64_t exponent = 0;
  if (exponent_at != std::string_view::npos) {
    Parsed parsed = parse_integer(text.substr(exponent_at + 1), -100000, 100000, exponent);
    if (parsed != Parsed::kOk) return parsed;
  }
  size_t point = std::min(number.find('.'), number.size());
  size_t digits = number.size() - (point < number.size() ? 1 : 0);
  if (digits == 0) return Parsed::kSyntax;
  for (size_t i = 0; i < number.size(); ++i) {
    if (i != point && !digit(number[i])) return Parsed::kSyntax;
  }
  // Digits from the left that count: those before the point, moved by exponent and scale. One more decides the
  // rounding.
  int64_t count = static_cast<int64_t>(point) + exponent + scale;
  Int128 most = 1;
  for (int i = 0; i < width; ++i) most *= 10;
  Int128 result = 0;
  auto digit_at = [&](int64_t i) -> int {
    if (i < 0 || i >= static_cast<int64_t>(digits)) return 0;
    auto at = static_cast<size_t>(i);
    return number[at < point ? at : at + 1] - '0';
  };
  for (int64_t i = 0; i < count; ++i) {
    if (result == 0 && i >= static_cast<int64_t>(digits)) break;  // only zeros, however many follow
    if (result >= most / 10) return Parsed::kRange;               // before it could overflow
    result = result * 10 + digit_at(i);
  }
  if (digit_at(count) >= 5) ++result;
  if (result >= most) return Parsed::kRange;
  value = minus ? -result : result;
  return Parsed::kOk;
}

}  // namespace segue::formats

#include "engine/expressions/parse_numbers.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "engine/expressions/numbers.h"

namespace segue::engine {
namespace {

// The parts of a number; what they may hold is up to the reader. Texts are views of digits with underscores among them.
struct Written {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  bool has_exponent = false;
  int32_t exponent = 0;
};

// Takes digits (each may be followed by one underscore, if a digit comes then). False: an underscore is misplaced.
bool take_digits(std::string_view& text, std::string_view& digits) {
  size_t i = 0;
  while (i < text.size() && digit(text[i])) {
    ++i;
    if (i < text.size() && text[i] == '_') {
      ++i;
      if (i == text.size() || !digit(text[i])) return false;
    }
  }
  digits = text.substr(0, i);
  text.remove_prefix(i);
  return true;
}

bool only_spaces(std::string_view text) { return std::all_of(text.begin(), text.end(), space); }

template <class F>
bool each_digit(std::string_view digits, F&& f) {
  for (char c : digits) {
    if (c != '_' && !f(c - '0')) return false;
  }
  return true;
}

// An exponent: 16 bits; a point may follow its digits, but no digit after that.
bool read_exponent(std::string_view text, int32_t& exponent) {
  if (text.empty()) return false;
  bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  std::string_view digits;
  if (!take_digits(text, digits)) return false;
  int32_t value = 0;
  bool fits = each_digit(digits, [&](int d) {
    value = value * 10 + (negative ? -d : d);
    return value >= INT16_MIN && value <= INT16_MAX;
  });
  if (!fits) return false;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (digits.empty() || (!text.empty() && digit(text[0]))) return false;
  }
  exponent = value;
  return (!digits.empty() || !text.empty()) && only_spaces(text);
}

bool read(std::string_view text, Written& number) {
  while (!text.empty() && space(text[0])) text.remove_prefix(1);
  if (text.empty()) return false;
  number.negative = text[0] == '-';
  if (number.negative || text[0] == '+') text.remove_prefix(1);
  if (!take_digits(text, number.whole)) return false;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (!take_digits(text, number.fraction)) return false;
    if (number.whole.empty() && number.fraction.empty()) return false;
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    if (number.whole.empty() && number.fraction.empty()) return false;
    number.has_exponent = true;
    return read_exponent(text.substr(1), number.exponent);
  }
  // A sign with nothing but spaces after it is 0.
  bool written = !number.whole.empty() || !number.fraction.empty() || !text.empty();
  return written && only_spaces(text);
}

// 0x… and 0b…; no sign, no spaces after it.
bool read_based(std::string_view text, int64_t& answer) {
  int base = text[1] == 'x' || text[1] == 'X' ? 16 : 2;
  text.remove_prefix(2);
  auto value_of = [base](char c) {
    if (digit(c)) return c - '0' < base ? c - '0' : -1;
    char lower = static_cast<char>(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  answer = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    int value = value_of(text[i]);
    if (value < 0 || answer > (INT64_MAX - value) / base) return false;
    answer = answer * base + value;
    if (i + 1 < text.size() && text[i + 1] == '_') {
      ++i;
      if (i + 1 == text.size() || value_of(text[i + 1]) < 0) return false;
    }
  }
  return !text.empty();
}

bool is_based(std::string_view text) {
  while (!text.empty() && space(text[0])) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && (text[1] | 0x20) != '0' &&
         ((text[1] | 0x20) == 'x' || (text[1] | 0x20) == 'b');
}

// Digits as one integer, growing away from zero. False past the range of T.
template <class T>
bool append(std::string_view digits, bool negative, T& value) {
  return each_digit(digits, [&](int d) {
    return !__builtin_mul_overflow(value, T{10}, &value) &&
           !__builtin_add_overflow(value, static_cast<T>(negative ? -d : d), &value);
  });
}

// First digit of the fraction, and the fraction moved by the exponent; digits past what T holds do not count.
template <class T>
bool read_integer(const Written& number, T& answer) {
  answer = 0;
  if (!append(number.whole, number.negative, answer)) return false;
  std::string fraction;
  each_digit(number.fraction, [&](int d) {
    fraction += static_cast<char>('0' + d);
    return true;
  });
  int first = fraction.empty() ? 0 : fraction[0] - '0';
  if (number.exponent < 0) {
    if (std::is_same_v<T, Int128> && number.exponent < -38) {
      answer = 0;
      return true;
    }
    first = 0;
    for (int32_t e = number.exponent; e < 0 && (answer != 0 || e == number.exponent || first != 0); ++e) {
      first = std::abs(static_cast<int>(answer % 10));
      answer /= 10;
    }
  } else if (number.exponent > 0) {
    auto shift = static_cast<size_t>(number.exponent);
    // Zeros behind the fraction's digits do not change zero; anything else must stay in range.
    std::string moved = fraction.substr(0, shift);
    first = shift < fraction.size() ? fraction[shift] - '0' : 0;
    bool zero = answer == 0 && moved.find_first_not_of('0') == std::string::npos;
    if (!zero) {
      moved.resize(shift, '0');
      if (shift > 64 || !append(moved, number.negative, answer)) return false;
    }
  }
  if (first < 5) return true;
  return !__builtin_add_overflow(answer, static_cast<T>(number.negative ? -1 : 1), &answer);
}

// A pattern that std::from_chars takes: no underscores, no plus.
template <class T>
bool read_float(std::string_view text, T& answer) {
  while (!text.empty() && space(text[0])) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::string plain;
  if (text.find('_') != std::string_view::npos && text.find('(') == std::string_view::npos) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '_') {
        plain += text[i];
      } else if (i == 0 || !digit(text[i - 1]) || i + 1 == text.size() || !digit(text[i + 1])) {
        return false;
      }
    }
    text = plain;
  }
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, answer);
  if (stop != end) return false;
  if (error == std::errc::result_out_of_range) {  // infinite or zero
    std::string copy(text);
    answer = std::is_same_v<T, float> ? static_cast<T>(std::strtof(copy.c_str(), nullptr))
                                      : static_cast<T>(std::strtod(copy.c_str(), nullptr));
    return true;
  }
  return error == std::errc();
}

// DuckDB keeps a DECIMAL in the smallest integer that holds its width; where digits run out depends on it.
int digits_of_storage(int width) { return width <= 4 ? 4 : width <= 9 ? 9 : width <= 18 ? 18 : 38; }
Int128 highest_of_storage(int width) {
  return width <= 4    ? Int128{INT16_MAX}
         : width <= 9  ? Int128{INT32_MAX}
         : width <= 18 ? Int128{INT64_MAX}
                       : highest<Int128>();
}

// Reads magnitudes; the sign comes last, rounding is symmetric.
class DecimalReader {
 public:
  DecimalReader(int width, int scale) : width_(width), scale_(scale) {}

  bool read(const Written& number, Int128& answer) {
    if (!each_digit(number.whole, [&](int d) { return whole_digit(d); })) return false;
    each_digit(number.fraction, [&](int d) {
      fraction_digit(d);
      return true;
    });
    bool done = number.has_exponent ? shift(number.exponent) : finish(false, number.exponent < 0);
    answer = number.negative ? -value_ : value_;
    return done;
  }

 private:
  bool whole_digit(int d) {
    if (value_ == 0 && d == 0) return true;  // leading zeros are free
    if (digits_ == width_ - scale_ || value_ > highest_of_storage(width_) / 10) return false;
    ++digits_;
    value_ = value_ * 10 + d;
    return true;
  }

  void fraction_digit(int d) {
    if (decimals_ == scale_ && !rounding_known_) {
      rounding_known_ = true;
      rounds_up_ = d >= 5;
    }
    if (digits_ + decimals_ >= digits_of_storage(width_)) return;
    ++decimals_;
    value_ = value_ * 10 + d;
  }

  // Brings the value to the scale.
  bool finish(bool positive_exponent, bool negative_exponent, int surplus = 0) {
    if (!positive_exponent) surplus = std::max(decimals_ - scale_, 0);
    if (surplus > 0) {
      bool up = false;
      for (int i = 0; i < surplus; ++i) {
        up = value_ % 10 >= 5;
        value_ /= 10;
      }
      if (positive_exponent && up) ++value_;
      decimals_ = scale_;
    }
    if (!positive_exponent && !negative_exponent && rounding_known_ && rounds_up_) ++value_;
    for (int i = decimals_; i < scale_; ++i) value_ *= 10;
    return value_ < kPowersOfTen[static_cast<size_t>(width_)];
  }

  bool shift(int32_t exponent) {
    int over = std::max(decimals_ - scale_, 0);
    int surplus = 0;
    bool positive = exponent > 0;
    if (positive) {
      surplus = std::max(over - exponent, 0);
      exponent = std::max(exponent - over, 0);
    }
    if (!finish(positive, exponent < 0, surplus)) return false;
    if (exponent >= 0) {
      for (int32_t i = 0; i < exponent; ++i) {
        if (value_ == 0) return true;
        if (!whole_digit(0)) return false;
      }
      return true;
    }
    bool up = false;
    for (int32_t i = exponent; i < 0; ++i) {
      up = value_ % 10 >= 5;
      value_ /= 10;
      if (value_ == 0) break;
    }
    value_ += up;
    return true;
  }

  int width_, scale_;
  Int128 value_ = 0;
  int digits_ = 0;
  int decimals_ = 0;
  bool rounding_known_ = false;
  bool rounds_up_ = false;
};

}  // namespace

bool parse_integer(std::string_view text, int64_t& answer) {
  if (is_based(text)) {
    while (space(text[0])) text.remove_prefix(1);
    return read_based(text, answer);
  }
  Written number;
  return read(text, number) && read_integer(number, answer);
}

bool parse_integer(std::string_view text, Int128& answer) {
  Written number;
  return read(text, number) && read_integer(number, answer);
}

bool parse_float(std::string_view text, float& answer) { return read_float(text, answer); }
bool parse_float(std::string_view text, double& answer) { return read_float(text, answer); }

bool parse_decimal(std::string_view text, int width, int scale, Int128& answer) {
  Written number;
  return read(text, number) && DecimalReader(width, scale).read(number, answer);
}

}  // namespace segue::engine

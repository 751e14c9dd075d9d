// Casts between DECIMAL and DECIMAL, the integers, FLOAT, DOUBLE and BOOLEAN. Digits that do not fit round half away
// from zero.
#include <cmath>

#include "engine/expressions/casts.h"
#include "engine/expressions/numbers.h"

namespace segue::engine {
namespace {

// value / divisor, rounded half away from zero. REQUIRES: |value| < 10^38, divisor is a power of ten.
template <class T>
T divide_rounded(T value, T divisor) {
  if (divisor == 1) return value;
  T halves = value / (divisor / 2);
  return (halves + (halves < 0 ? -1 : 1)) / 2;
}

template <class To, class From>
struct DecimalToDecimal {
  explicit DecimalToDecimal(const Call& call) {
    int shift = call.type().scale - call.argument_type(0).scale;
    factor_ = power_of_ten<Int128>(static_cast<size_t>(std::abs(shift)));
    up_ = shift >= 0;
    limit_ = power_of_ten<Int128>(call.type().width);
    small_ = std::is_same_v<To, int64_t> && std::is_same_v<From, int64_t> && up_ && factor_ <= power_of_ten<Int128>(18);
    // What is below this cannot pass the target's width when it is scaled up; never so when its digits are too few for
    // the factor.
    before_ = up_ && limit_ >= factor_ ? limit_ / factor_ : up_ ? 1 : 0;
  }
  bool try_cast(From value, To& answer) const {
    if (up_) {
      if (value >= before_ || value <= -before_) return false;
      if (small_) {
        answer = static_cast<To>(static_cast<int64_t>(value) * static_cast<int64_t>(factor_));
      } else {
        answer = static_cast<To>(static_cast<Int128>(value) * factor_);
      }
      return true;
    }
    Int128 rounded = divide_rounded<Int128>(value, factor_);
    answer = static_cast<To>(rounded);
    return rounded < limit_ && rounded > -limit_;
  }

 private:
  Int128 factor_, limit_, before_;
  bool up_, small_;
};

bool decimal_can_lose(const plan::Expression& call) {
  const Type& from = call.arguments[0]->type;
  const Type& to = call.type;
  int whole_from = from.width - from.scale;
  int whole_to = to.width - to.scale;
  return to.scale >= from.scale ? whole_to < whole_from
                                : whole_to <= whole_from;  // rounding may carry into one more digit
}

template <class To, class From>
struct IntegerToDecimal {
  explicit IntegerToDecimal(const Call& call)
      : factor_(power_of_ten<Int128>(call.type().scale)),
        before_(power_of_ten<Int128>(size_t{call.type().width} - call.type().scale)) {}
  bool try_cast(From value, To& answer) const {
    if (value >= before_ || value <= -before_) return false;
    answer = static_cast<To>(static_cast<Int128>(value) * factor_);
    return true;
  }

 private:
  Int128 factor_, before_;
};

bool integer_can_lose(const plan::Expression& call) {
  int digits = 0;
  switch (call.arguments[0]->type.id) {
    case TypeId::kTinyint: digits = 3; break;
    case TypeId::kSmallint: digits = 5; break;
    case TypeId::kInteger: digits = 10; break;
    case TypeId::kBigint: digits = 19; break;
    default: return true;
  }
  return call.type.width - call.type.scale < digits;
}

template <class To, class From>
struct FloatToDecimal {
  explicit FloatToDecimal(const Call& call)
      : factor_(static_cast<double>(power_of_ten<Int128>(call.type().scale))),
        limit_(static_cast<double>(power_of_ten<Int128>(call.type().width))) {}
  bool try_cast(From value, To& answer) const {
    double rounded = std::round(static_cast<double>(value) * factor_);
    if (!(rounded > -limit_ && rounded < limit_)) return false;
    answer = static_cast<To>(static_cast<From>(rounded));
    return true;
  }

 private:
  double factor_, limit_;
};

template <class To, class From>
struct DecimalToInteger {
  explicit DecimalToInteger(const Call& call) : power_(power_of_ten<From>(call.argument_type(0).scale)) {}
  bool try_cast(From value, To& answer) const {
    From half = (value < 0 ? -power_ : power_) / 2;
    From rounded = (value + half) / power_;
    answer = static_cast<To>(rounded);
    return static_cast<Int128>(answer) == static_cast<Int128>(rounded);
  }

 private:
  From power_;
};

template <class To, class From>
struct DecimalToFloat {
  explicit DecimalToFloat(const Call& call)
      : scale_(call.argument_type(0).scale),
        power_(power_of_ten<From>(scale_)),
        real_power_(static_cast<To>(static_cast<double>(power_of_ten<Int128>(scale_)))) {}
  bool try_cast(From value, To& answer) const {
    constexpr From kExact = From{1} << (std::is_same_v<To, double> ? 53 : 24);
    if ((value <= kExact && value >= -kExact) || scale_ == 0) {
      answer = real(value) / real_power_;
    } else {
      answer = real(value / power_) + real(value % power_) / real_power_;
    }
    return true;
  }

 private:
  static To real(From value) {
    if constexpr (std::is_same_v<From, Int128>) {
      auto low = static_cast<uint64_t>(value);
      auto high = static_cast<int64_t>(value >> 64);
      double real = high == -1 ? -static_cast<double>(~low) - 1
                               : static_cast<double>(low) + static_cast<double>(high) * 18446744073709551616.0;
      return static_cast<To>(real);
    } else {
      return static_cast<To>(value);
    }
  }
  size_t scale_;
  From power_;
  To real_power_;
};

template <class From>
struct DecimalToBoolean {
  static bool try_cast(From value, uint8_t& answer) {
    answer = value != 0;
    return true;
  }
};

// A DECIMAL(n, n) has no place for 1; DuckDB gives its smallest fraction.
template <class To>
struct BooleanToDecimal {
  explicit BooleanToDecimal(const Call& call)
      : one_(call.type().width > call.type().scale ? power_of_ten<To>(call.type().scale) : 1) {}
  bool try_cast(uint8_t value, To& answer) const {
    answer = value ? one_ : 0;
    return true;
  }

 private:
  To one_;
};

template <class T>
void add_integer(KernelTable& table, Kind kind) {
  size_t first = table.size();
  add_casts<IntegerToDecimal<int64_t, T>, int64_t, T>(table, kind, Kind::kDecimal, true);
  add_casts<IntegerToDecimal<Int128, T>, Int128, T>(table, kind, Kind::kWideDecimal, true);
  for (size_t i = first; i < table.size(); ++i) table[i].can_fail = &integer_can_lose;
  add_casts<DecimalToInteger<T, int64_t>, T, int64_t>(table, Kind::kDecimal, kind, true);
  add_casts<DecimalToInteger<T, Int128>, T, Int128>(table, Kind::kWideDecimal, kind, true);
}

template <class T>
void add_float(KernelTable& table, Kind kind) {
  add_casts<FloatToDecimal<int64_t, T>, int64_t, T>(table, kind, Kind::kDecimal, true);
  add_casts<FloatToDecimal<Int128, T>, Int128, T>(table, kind, Kind::kWideDecimal, true);
  add_casts<DecimalToFloat<T, int64_t>, T, int64_t>(table, Kind::kDecimal, kind, false);
  add_casts<DecimalToFloat<T, Int128>, T, Int128>(table, Kind::kWideDecimal, kind, false);
}

}  // namespace

const KernelTable& decimal_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add_casts<DecimalToDecimal<int64_t, int64_t>, int64_t, int64_t>(made, Kind::kDecimal, Kind::kDecimal, true);
    add_casts<DecimalToDecimal<Int128, int64_t>, Int128, int64_t>(made, Kind::kDecimal, Kind::kWideDecimal, true);
    add_casts<DecimalToDecimal<int64_t, Int128>, int64_t, Int128>(made, Kind::kWideDecimal, Kind::kDecimal, true);
    add_casts<DecimalToDecimal<Int128, Int128>, Int128, Int128>(made, Kind::kWideDecimal, Kind::kWideDecimal, true);
    for (Kernel& kernel : made) kernel.can_fail = &decimal_can_lose;
    add_integer<int8_t>(made, Kind::kTinyint);
    add_integer<int16_t>(made, Kind::kSmallint);
    add_integer<int32_t>(made, Kind::kInteger);
    add_integer<int64_t>(made, Kind::kBigint);
    add_integer<Int128>(made, Kind::kHugeint);
    add_float<float>(made, Kind::kFloat);
    add_float<double>(made, Kind::kDouble);
    add_casts<DecimalToBoolean<int64_t>, uint8_t, int64_t>(made, Kind::kDecimal, Kind::kBoolean, false);
    add_casts<DecimalToBoolean<Int128>, uint8_t, Int128>(made, Kind::kWideDecimal, Kind::kBoolean, false);
    add_casts<BooleanToDecimal<int64_t>, int64_t, uint8_t>(made, Kind::kBoolean, Kind::kDecimal, false);
    add_casts<BooleanToDecimal<Int128>, Int128, uint8_t>(made, Kind::kBoolean, Kind::kWideDecimal, false);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

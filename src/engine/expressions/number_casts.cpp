// Casts among BOOLEAN, the integers, FLOAT and DOUBLE. Floating-point numbers round half to even on their way to an
// integer.
#include <cmath>

#include "engine/expressions/casts.h"
#include "engine/expressions/numbers.h"

namespace segue::engine {
namespace {

// To a wider or equal integer: always. To a narrower one: if it is in range.
template <class To, class From>
struct IntegerToInteger {
  static constexpr bool kTotal = true;
  static bool try_cast(From value, To& answer) {
    answer = static_cast<To>(value);
    return static_cast<From>(answer) == value && (answer < 0) == (value < 0);
  }
};

template <class To, class From>
struct IntegerToFloat {
  static constexpr bool kTotal = true;
  static bool try_cast(From value, To& answer) {
    if constexpr (std::is_same_v<From, Int128>) {
      // As two halves, each rounded by itself: what DuckDB does.
      auto low = static_cast<uint64_t>(value);
      auto high = static_cast<int64_t>(value >> 64);
      double real = high == -1 ? -static_cast<double>(~low) - 1
                               : static_cast<double>(low) + static_cast<double>(high) * 18446744073709551616.0;
      answer = static_cast<To>(real);
    } else {
      answer = static_cast<To>(value);
    }
    return true;
  }
};

template <class To, class From>
struct FloatToInteger {
  static constexpr bool kTotal = true;
  static bool try_cast(From value, To& answer) {
    From limit = std::ldexp(From{1}, static_cast<int>(sizeof(To) * 8 - 1));
    bool in_range = std::is_same_v<To, Int128> ? value > -limit && value < limit : value >= -limit && value < limit;
    if (!in_range) return false;  // NaN too
    // nearbyint may step out of range: 127.5 becomes -128, as in DuckDB.
    if constexpr (std::is_same_v<To, Int128>) {
      answer = static_cast<Int128>(std::nearbyint(value));
    } else if constexpr (sizeof(To) < 4) {
      answer = static_cast<To>(static_cast<int32_t>(std::nearbyint(value)));
    } else {
      From rounded = std::nearbyint(value);
      answer = rounded < limit ? static_cast<To>(rounded) : lowest<To>();
    }
    return true;
  }
};

template <class To, class From>
struct FloatToFloat {
  static constexpr bool kTotal = true;
  static bool try_cast(From value, To& answer) {
    answer = static_cast<To>(value);
    return !(std::isinf(answer) && !std::isinf(value));
  }
};

template <class From>
struct ToBoolean {
  static constexpr bool kTotal = true;
  static bool try_cast(From value, uint8_t& answer) {
    answer = value != 0;
    return true;
  }
};

template <class To>
struct FromBoolean {
  static constexpr bool kTotal = true;
  static bool try_cast(uint8_t value, To& answer) {
    answer = static_cast<To>(value != 0);
    return true;
  }
};

template <class T>
struct Same {
  static constexpr bool kTotal = true;
  static bool try_cast(T value, T& answer) {
    answer = value;
    return true;
  }
};

template <class To, class From>
void add_pair(KernelTable& table, Kind from, Kind to) {
  constexpr bool kFromFloat = std::is_floating_point_v<From>;
  constexpr bool kToFloat = std::is_floating_point_v<To>;
  if constexpr (std::is_same_v<To, From>) {
    add_casts<Same<To>, To, From>(table, from, to, false);
  } else if constexpr (kFromFloat && kToFloat) {
    add_casts<FloatToFloat<To, From>, To, From>(table, from, to, sizeof(To) < sizeof(From));
  } else if constexpr (kFromFloat) {
    add_casts<FloatToInteger<To, From>, To, From>(table, from, to, true);
  } else if constexpr (kToFloat) {
    add_casts<IntegerToFloat<To, From>, To, From>(table, from, to, false);
  } else {
    add_casts<IntegerToInteger<To, From>, To, From>(table, from, to, sizeof(To) < sizeof(From));
  }
}

template <class From>
void add_from(KernelTable& table, Kind from) {
  add_pair<int8_t, From>(table, from, Kind::kTinyint);
  add_pair<int16_t, From>(table, from, Kind::kSmallint);
  add_pair<int32_t, From>(table, from, Kind::kInteger);
  add_pair<int64_t, From>(table, from, Kind::kBigint);
  add_pair<Int128, From>(table, from, Kind::kHugeint);
  add_pair<float, From>(table, from, Kind::kFloat);
  add_pair<double, From>(table, from, Kind::kDouble);
  add_casts<ToBoolean<From>, uint8_t, From>(table, from, Kind::kBoolean, false);
}

template <class To>
void add_from_boolean(KernelTable& table, Kind to) {
  add_casts<FromBoolean<To>, To, uint8_t>(table, Kind::kBoolean, to, false);
}

}  // namespace

const KernelTable& number_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add_from<int8_t>(made, Kind::kTinyint);
    add_from<int16_t>(made, Kind::kSmallint);
    add_from<int32_t>(made, Kind::kInteger);
    add_from<int64_t>(made, Kind::kBigint);
    add_from<Int128>(made, Kind::kHugeint);
    add_from<float>(made, Kind::kFloat);
    add_from<double>(made, Kind::kDouble);
    add_from_boolean<uint8_t>(made, Kind::kBoolean);
    add_from_boolean<int8_t>(made, Kind::kTinyint);
    add_from_boolean<int16_t>(made, Kind::kSmallint);
    add_from_boolean<int32_t>(made, Kind::kInteger);
    add_from_boolean<int64_t>(made, Kind::kBigint);
    add_from_boolean<Int128>(made, Kind::kHugeint);
    add_from_boolean<float>(made, Kind::kFloat);
    add_from_boolean<double>(made, Kind::kDouble);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

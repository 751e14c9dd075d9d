// order(a, b): negative, zero or positive, for single values of every kind. compare.h says what the order is. Internal
// to the evaluator.
#pragma once

#include <cmath>
#include <string_view>

#include "engine/expressions/compare.h"

namespace segue::engine {

template <class T>
inline int order(const T& a, const T& b) {
  return static_cast<int>(a > b) - static_cast<int>(a < b);
}

// NaN is equal to itself and above all numbers.
inline int order_floating(double a, double b) {
  bool a_is_number = !std::isnan(a);
  bool b_is_number = !std::isnan(b);
  if (a_is_number && b_is_number) return static_cast<int>(a > b) - static_cast<int>(a < b);
  return static_cast<int>(b_is_number) - static_cast<int>(a_is_number);
}
inline int order(float a, float b) { return order_floating(a, b); }
inline int order(double a, double b) { return order_floating(a, b); }

inline int order(std::string_view a, std::string_view b) { return a.compare(b); }

// An interval's months, days and microseconds as they compare; months may pass 32 bits.
struct IntervalParts {
  int64_t months;
  int64_t days;
  int64_t micros;
  bool operator==(const IntervalParts&) const = default;
};

inline IntervalParts carried(const Interval& interval) {
  constexpr int64_t kMicrosPerDay = int64_t{86400} * 1'000'000;
  int64_t days = interval.days + interval.micros / kMicrosPerDay;
  return {interval.months + days / 30, days % 30, interval.micros % kMicrosPerDay};
}

inline int order(const Interval& a, const Interval& b) {
  IntervalParts left = carried(a);
  IntervalParts right = carried(b);
  if (left.months != right.months) return order(left.months, right.months);
  if (left.days != right.days) return order(left.days, right.days);
  return order(left.micros, right.micros);
}

}  // namespace segue::engine

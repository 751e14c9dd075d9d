// What sketches of columns do with single values: in which order they stand, and what number stands for each.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "columns/column.h"

namespace segue::quality {

// Of real numbers NaN is the last, as in SQL.
inline bool less(int64_t a, int64_t b) { return a < b; }
inline bool less(Int128 a, Int128 b) { return a < b; }
inline bool less(std::string_view a, std::string_view b) { return a < b; }
inline bool less(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

// DuckDB's infinities of dates and timestamps are the ends of their integers: this and its negative. 0: there are none.
inline int64_t infinity_of(const Type& type) {
  if (type.id == TypeId::kDate) return std::numeric_limits<int32_t>::max();
  return type.id == TypeId::kTimestamp ? std::numeric_limits<int64_t>::max() : 0;
}

// Where a value stands among numbers; nothing of infinities, NaN and texts.
inline std::optional<double> measure_of(int64_t value, int64_t infinity) {
  if (infinity != 0 && (value == infinity || value == -infinity)) return std::nullopt;
  return static_cast<double>(value);
}
inline std::optional<double> measure_of(Int128 value, int64_t) { return static_cast<double>(value); }
inline std::optional<double> measure_of(double value, int64_t) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}
inline std::optional<double> measure_of(std::string_view, int64_t) { return std::nullopt; }

}  // namespace segue::quality

// The proleptic Gregorian calendar: days, timestamps and their parts. Internal to the evaluator.
//
// Days count from 1970-01-01, microseconds from its midnight in UTC. DATE and TIMESTAMP have values for infinity and
// -infinity; ranges are DuckDB's. Formulas of civil_from_days and days_from_civil:
// howardhinnant.github.io/date_algorithms.html.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "columns/type.h"

namespace segue::engine {

inline constexpr int64_t kMicrosPerMillisecond = 1000;
inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

inline constexpr int32_t kInfiniteDate = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kInfiniteTimestamp = std::numeric_limits<int64_t>::max();

inline bool finite(int32_t date) { return date != kInfiniteDate && date != -kInfiniteDate; }
inline bool finite(int64_t timestamp) { return timestamp != kInfiniteTimestamp && timestamp != -kInfiniteTimestamp; }

struct Civil {
  int32_t year;   // 0 is 1 BC
  int32_t month;  // 1 to 12
  int32_t day;    // 1 to 31
};

inline bool leap_year(int32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int32_t days_of_month(int32_t year, int32_t month);

Civil civil_of(int32_t date);
// Nothing if there is no such day, or if it is out of DATE's range (-5877641-06-25 to 5881580-07-10).
std::optional<int32_t> date_of(const Civil& civil);

// The day of a timestamp (infinite if it is), and the microseconds since its midnight. REQUIRES (of the latter):
// finite.
int32_t date_of_timestamp(int64_t timestamp);
int64_t time_of_timestamp(int64_t timestamp);

// Nothing if it is out of range, or infinite.
std::optional<int64_t> timestamp_of(int32_t date, int64_t time);

// Midnight of a date; infinite if it is. Nothing if TIMESTAMP does not reach that far.
std::optional<int64_t> midnight(int32_t date);

// Months first (the day is cut to the month's last), then days, then microseconds. What is infinite stays so; nothing
// if out of range.
std::optional<int64_t> add(int64_t timestamp, const Interval& interval);

// Every part negated. Nothing if one has no negative.
std::optional<Interval> negate(const Interval& interval);

// 1 is Monday, 7 is Sunday.
int32_t iso_weekday(int32_t date);

struct IsoWeek {
  int32_t year;
  int32_t week;  // 1 to 53
};
// Nothing in the first year of DATE, whose weeks cannot be counted.
std::optional<IsoWeek> iso_week(int32_t date);

}  // namespace segue::engine

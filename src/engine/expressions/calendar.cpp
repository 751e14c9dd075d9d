#include "engine/expressions/calendar.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace segue::engine {

int32_t days_of_month(int32_t year, int32_t month) {
  constexpr std::array<int32_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap_year(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

Civil civil_of(int32_t date) {
  int64_t days = int64_t{date} + 719468;  // since 0000-03-01
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  Civil civil;
  civil.day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  civil.month = static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  civil.year = static_cast<int32_t>(year_of_era + era * 400 + (civil.month <= 2));
  return civil;
}

std::optional<int32_t> date_of(const Civil& civil) {
  if (civil.month < 1 || civil.month > 12 || civil.day < 1) return std::nullopt;
  auto key = std::tuple(civil.year, civil.month, civil.day);
  if (key < std::tuple(-5877641, 6, 25) || key > std::tuple(5881580, 7, 10)) return std::nullopt;
  if (civil.day > days_of_month(civil.year, civil.month)) return std::nullopt;
  int64_t year = int64_t{civil.year} - (civil.month <= 2);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (civil.month + (civil.month > 2 ? -3 : 9)) + 2) / 5 + civil.day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return static_cast<int32_t>(era * 146097 + day_of_era - 719468);
}

int32_t date_of_timestamp(int64_t timestamp) {
  if (timestamp == kInfiniteTimestamp) return kInfiniteDate;
  if (timestamp == -kInfiniteTimestamp) return -kInfiniteDate;
  int64_t negative = timestamp < 0;
  return static_cast<int32_t>((timestamp + negative) / kMicrosPerDay - negative);
}

int64_t time_of_timestamp(int64_t timestamp) {
  // Wraps only for timestamps below TIMESTAMP's range.
  return static_cast<int64_t>(static_cast<uint64_t>(timestamp) - static_cast<uint64_t>(date_of_timestamp(timestamp)) *
                                                                     static_cast<uint64_t>(kMicrosPerDay));
}

std::optional<int64_t> timestamp_of(int32_t date, int64_t time) {
  int64_t timestamp;
  if (__builtin_mul_overflow(int64_t{date}, kMicrosPerDay, &timestamp)) return std::nullopt;
  if (__builtin_add_overflow(timestamp, time, &timestamp) || !finite(timestamp)) return std::nullopt;
  return timestamp;
}

std::optional<int64_t> midnight(int32_t date) {
  if (date == kInfiniteDate) return kInfiniteTimestamp;
  if (date == -kInfiniteDate) return -kInfiniteTimestamp;
  return timestamp_of(date, 0);
}

std::optional<int64_t> add(int64_t timestamp, const Interval& interval) {
  if (!finite(timestamp)) return timestamp;
  int32_t date = date_of_timestamp(timestamp);
  int64_t time = time_of_timestamp(timestamp);
  if (interval.months != 0) {
    Civil civil = civil_of(date);
    civil.year += interval.months / 12;
    civil.month += interval.months % 12;
    if (civil.month > 12) {
      ++civil.year;
      civil.month -= 12;
    } else if (civil.month <= 0) {
      --civil.year;
      civil.month += 12;
    }
    civil.day = std::min(civil.day, days_of_month(civil.year, civil.month));
    auto moved = date_of(civil);
    if (!moved) return std::nullopt;
    date = *moved;
  }
  if (__builtin_add_overflow(date, interval.days, &date)) return std::nullopt;
  if (__builtin_add_overflow(date, static_cast<int32_t>(interval.micros / kMicrosPerDay), &date) || !finite(date))
    return std::nullopt;
  time += interval.micros % kMicrosPerDay;
  if (time >= kMicrosPerDay) {
    time -= kMicrosPerDay;
    ++date;
  } else if (time < 0) {
    time += kMicrosPerDay;
    --date;
  }
  return timestamp_of(date, time);
}

std::optional<Interval> negate(const Interval& interval) {
  Interval negative;
  if (__builtin_sub_overflow(0, interval.months, &negative.months)) return std::nullopt;
  if (__builtin_sub_overflow(0, interval.days, &negative.days)) return std::nullopt;
  if (__builtin_sub_overflow(int64_t{0}, interval.micros, &negative.micros)) return std::nullopt;
  return negative;
}

int32_t iso_weekday(int32_t date) {
  auto from_monday = static_cast<int32_t>((int64_t{date} + 3) % 7);  // 1970-01-01 was a Thursday
  return (from_monday < 0 ? from_monday + 7 : from_monday) + 1;
}

std::optional<IsoWeek> iso_week(int32_t date) {
  // The year of a week is that of its Thursday.
  int64_t thursday = int64_t{date} - iso_weekday(date) + 4;
  if (thursday != static_cast<int32_t>(thursday)) return std::nullopt;
  int32_t year = civil_of(static_cast<int32_t>(thursday)).year;
  auto first = date_of({year, 1, 1});
  if (!first || !date_of({civil_of(date).year, 1, 1})) return std::nullopt;
  return IsoWeek{year, static_cast<int32_t>((thursday - *first) / 7 + 1)};
}

}  // namespace segue::engine

// Days and months of the proleptic Gregorian calendar, as DuckDB counts them.
#pragma once

#include <array>
#include <cstdint>

namespace segue::formats {

// Days since 1970-01-01. The formula is Howard Hinnant's days_from_civil. REQUIRES: a valid date.
constexpr int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  auto year_of_era = static_cast<unsigned>(year - era * 400);
  unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<int64_t>(day_of_era) - 719468;
}

constexpr bool leap_year(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

constexpr unsigned days_in_month(int64_t year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && leap_year(year) ? 1 : 0);
}

// The months of three hundred years, so that a date costs one look-up.
struct Month {
  int32_t first_day;  // since 1970-01-01
  uint32_t days;
};
inline constexpr unsigned kFirstYear = 1900, kYears = 300;
inline constexpr auto kMonths = [] {
  std::array<Month, kYears * 12> months{};
  for (unsigned i = 0; i < months.size(); ++i) {
    int64_t year = kFirstYear + i / 12;
    months[i] = {static_cast<int32_t>(days_from_civil(year, i % 12 + 1, 1)), days_in_month(year, i % 12 + 1)};
  }
  return months;
}();

}  // namespace segue::formats

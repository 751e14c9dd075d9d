// Days as text.
#pragma once

#include <cstdint>
#include <string>

namespace segue::generate {

struct Date {
  int64_t year;
  unsigned month, day;
};

// Howard Hinnant's civil_from_days. `days` since 1970-01-01.
constexpr Date date_of(int64_t days) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  auto day_of_era = static_cast<unsigned>(days - era * 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned month = (5 * day_of_year + 2) / 153;
  int64_t year = static_cast<int64_t>(year_of_era) + era * 400 + (month >= 10 ? 1 : 0);
  return {year, month < 10 ? month + 3 : month - 9, day_of_year - (153 * month + 2) / 5 + 1};
}

// "Aug 13, 2006", as the profiles have it.
inline std::string month_day_year(int64_t days) {
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Date date = date_of(days);
  return std::string(kMonths[date.month - 1]) + " " + std::to_string(date.day) + ", " + std::to_string(date.year);
}

// Writes "2009-05-04T23:08:57Z" for seconds since 1970, most quickly for times of one day after another. Years 0 to
// 9999.
class TimestampText {
 public:
  static constexpr size_t kBytes = 20;
  void write(int64_t seconds, char* to) {
    int64_t day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
    if (day != day_) set_day(day);
    auto rest = static_cast<unsigned>(seconds - day * 86400);
    for (size_t i = 0; i < kBytes; ++i) to[i] = text_[i];
    two(rest / 3600, to + 11);
    two(rest / 60 % 60, to + 14);
    two(rest % 60, to + 17);
  }

 private:
  static void two(unsigned value, char* to) {
    to[0] = static_cast<char>('0' + value / 10);
    to[1] = static_cast<char>('0' + value % 10);
  }
  void set_day(int64_t day) {
    Date date = date_of(day);
    two(static_cast<unsigned>(date.year / 100), text_);
    two(static_cast<unsigned>(date.year % 100), text_ + 2);
    two(date.month, text_ + 5);
    two(date.day, text_ + 8);
    day_ = day;
  }
  int64_t day_ = INT64_MIN;
  char text_[kBytes + 1] = "0000-00-00T00:00:00Z";
};

}  // namespace segue::generate

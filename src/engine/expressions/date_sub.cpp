// date_sub('part', start, end): how many whole parts lie between two dates or timestamps; age(end, start): the same as
// an interval of years, months, days and time. NULL if one is infinite.
#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/date_part_names.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

// The calendar's difference, borrowed from the next higher part where one is negative: a month has the days of the
// earlier timestamp's.
Interval age(int64_t end, int64_t start) {
  bool negative = end < start;
  Civil later = civil_of(date_of_timestamp(negative ? start : end));
  Civil earlier = civil_of(date_of_timestamp(negative ? end : start));
  int64_t micros = time_of_timestamp(negative ? start : end) - time_of_timestamp(negative ? end : start);
  int32_t days = later.day - earlier.day;
  int32_t months = (later.year - earlier.year) * 12 + later.month - earlier.month;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  while (days < 0) {
    days += days_of_month(earlier.year, earlier.month);
    --months;
  }
  return negative ? Interval{-months, -days, -micros} : Interval{months, days, micros};
}

struct Age {
  static bool call(int64_t end, int64_t start, Interval& answer) {
    if (!finite(end) || !finite(start)) return false;
    answer = age(end, start);
    return true;
  }
};

// Whole months. The last day of a shorter month completes one that began later in its month.
int64_t months_between(int64_t start, int64_t end) {
  if (start > end) return -months_between(end, start);
  Civil to = civil_of(date_of_timestamp(end));
  int32_t last = days_of_month(to.year, to.month);
  if (to.day == last) {
    Civil from = civil_of(date_of_timestamp(start));
    int64_t time = time_of_timestamp(start);
    if (from.day > last || (from.day == last && time < time_of_timestamp(end)))
      start = *timestamp_of(*date_of({from.year, from.month, last}), time);
  }
  return age(end, start).months;
}

struct Unit {
  int64_t months = 0;
  int64_t micros = 0;
};

// Neither: the part has no length.
Unit unit_of(DatePart part) {
  using P = DatePart;
  switch (part) {
    case P::kYear:
    case P::kIsoYear: return {12, 0};
    case P::kMonth: return {1, 0};
    case P::kQuarter: return {3, 0};
    case P::kDecade: return {120, 0};
    case P::kCentury: return {1200, 0};
    case P::kMillennium: return {12000, 0};
    case P::kDay:
    case P::kWeekday:
    case P::kIsoWeekday:
    case P::kDayOfYear:
    case P::kJulian: return {0, kMicrosPerDay};
    case P::kWeek:
    case P::kYearWeek: return {0, 7 * kMicrosPerDay};
    case P::kHour: return {0, kMicrosPerHour};
    case P::kMinute: return {0, kMicrosPerMinute};
    case P::kSecond:
    case P::kEpoch: return {0, kMicrosPerSecond};
    case P::kMillisecond: return {0, kMicrosPerMillisecond};
    case P::kMicrosecond: return {0, 1};
    case P::kEra: return {};
  }
  return {};
}

[[noreturn]] void out_of_range(std::string_view part) {
  fail_value(fmt::format("out of range: date_sub('{}', …) of what lies too far apart", part));
}

struct TimestampDifference {
  explicit TimestampDifference(const Call& call) : unit(unit_of(*date_part_argument(call.expression))) {}
  bool call(std::string_view part, int64_t start, int64_t end, int64_t& answer) const {
    if (!finite(start) || !finite(end)) return false;
    if (unit.months != 0) {
      answer = months_between(start, end) / unit.months;
    } else {
      if (__builtin_sub_overflow(end, start, &answer)) out_of_range(part);
      answer /= unit.micros;
    }
    return true;
  }
  Unit unit;
};

struct DateDifference : TimestampDifference {
  using TimestampDifference::TimestampDifference;
  bool call(std::string_view part, int32_t start, int32_t end, int64_t& answer) const {
    if (!finite(start) || !finite(end)) return false;
    auto from = midnight(start);
    auto to = midnight(end);
    if (!from || !to) out_of_range(part);
    return TimestampDifference::call(part, *from, *to, answer);
  }
};

std::optional<std::string> check_part(const plan::Expression& call) {
  if (auto reason = check_date_part(call)) return reason;
  Unit unit = unit_of(*date_part_argument(call));
  if (unit.months == 0 && unit.micros == 0) return signature(call) + " of this part is not supported";
  return std::nullopt;
}

}  // namespace

const KernelTable& date_sub_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"date_sub", "datesub"}) {
      made.push_back(row_kernel<TimestampDifference, int64_t, std::string_view, int64_t, int64_t>(
          name, {K::kVarchar, K::kTimestamp, K::kTimestamp}, K::kBigint));
      made.push_back(row_kernel<DateDifference, int64_t, std::string_view, int32_t, int32_t>(
          name, {K::kVarchar, K::kDate, K::kDate}, K::kBigint));
    }
    for (Kernel& kernel : made) {
      kernel.check = &check_part;
      kernel.fallible = true;
    }
    made.push_back(row_kernel<Age, Interval, int64_t, int64_t>("age", {K::kTimestamp, K::kTimestamp}, K::kInterval));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

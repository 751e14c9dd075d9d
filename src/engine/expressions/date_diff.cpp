// date_diff('part', start, end): how many beginnings of the part lie between two dates or timestamps. NULL if one is
// infinite.
#include <fmt/format.h>

#include "engine/expressions/calendar.h"
#include "engine/expressions/date_part_names.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

int64_t floor_divide(int64_t value, int64_t unit) {
  int64_t negative = value < 0;
  return (value + negative) / unit - negative;
}

// Of parts of the calendar.
int64_t difference_of_dates(DatePart part, int32_t start, int32_t end) {
  using P = DatePart;
  if (part == P::kDay) return int64_t{end} - start;
  if (part == P::kWeek) return (int64_t{end} - start) / 7;
  Civil from = civil_of(start);
  Civil to = civil_of(end);
  switch (part) {
    case P::kYear: return to.year - from.year;
    case P::kDecade: return to.year / 10 - from.year / 10;
    case P::kCentury: return to.year / 100 - from.year / 100;
    case P::kMillennium: return to.year / 1000 - from.year / 1000;
    case P::kQuarter: return (to.year * 12 + to.month - 1) / 3 - (from.year * 12 + from.month - 1) / 3;
    default: return (to.year * 12 + to.month) - (from.year * 12 + from.month);
  }
}

int64_t clock_unit(DatePart part) {
  switch (part) {
    case DatePart::kHour: return kMicrosPerHour;
    case DatePart::kMinute: return kMicrosPerMinute;
    case DatePart::kSecond: return kMicrosPerSecond;
    case DatePart::kMillisecond: return kMicrosPerMillisecond;
    case DatePart::kMicrosecond: return 1;
    default: return 0;
  }
}

[[noreturn]] void out_of_range(std::string_view part) {
  fail_value(fmt::format("out of range: date_diff('{}', …) of what lies too far apart", part));
}

struct TimestampDifference {
  explicit TimestampDifference(const Call& call) : part(*date_part_argument(call.expression)), unit(clock_unit(part)) {}
  bool call(std::string_view name, int64_t start, int64_t end, int64_t& answer) const {
    if (!finite(start) || !finite(end)) return false;
    if (unit == 0) {
      answer = difference_of_dates(part, date_of_timestamp(start), date_of_timestamp(end));
    } else if (__builtin_sub_overflow(unit == 1 ? end : floor_divide(end, unit),
                                      unit == 1 ? start : floor_divide(start, unit), &answer)) {
      out_of_range(name);
    }
    return true;
  }
  DatePart part;
  int64_t unit;
};

struct DateDifference {
  explicit DateDifference(const Call& call) : part(*date_part_argument(call.expression)), unit(clock_unit(part)) {}
  bool call(std::string_view name, int32_t start, int32_t end, int64_t& answer) const {
    if (!finite(start) || !finite(end)) return false;
    if (unit == 0) {
      answer = difference_of_dates(part, start, end);
    } else if (unit >= kMicrosPerSecond) {
      answer = (int64_t{end} - start) * (kMicrosPerDay / unit);
    } else {
      int64_t from;
      int64_t to;
      bool overflows = __builtin_mul_overflow(int64_t{start}, kMicrosPerDay, &from) ||
                       __builtin_mul_overflow(int64_t{end}, kMicrosPerDay, &to);
      if (overflows || __builtin_sub_overflow(to / unit, from / unit, &answer)) out_of_range(name);
    }
    return true;
  }
  DatePart part;
  int64_t unit;
};

std::optional<std::string> check_difference(const plan::Expression& call) {
  if (auto reason = check_date_part(call)) return reason;
  using P = DatePart;
  switch (*date_part_argument(call)) {
    case P::kWeekday:
    case P::kIsoWeekday:
    case P::kDayOfYear:
    case P::kIsoYear:
    case P::kYearWeek:
    case P::kEra:
    case P::kEpoch:
    case P::kJulian: return signature(call) + " of this part is not supported";
    default: return std::nullopt;
  }
}

bool difference_can_fail(const plan::Expression& call) {
  auto part = date_part_argument(call);
  return !part || *part == DatePart::kMicrosecond || *part == DatePart::kMillisecond;
}

}  // namespace

const KernelTable& date_diff_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"date_diff", "datediff"}) {
      made.push_back(row_kernel<TimestampDifference, int64_t, std::string_view, int64_t, int64_t>(
          name, {K::kVarchar, K::kTimestamp, K::kTimestamp}, K::kBigint));
      made.push_back(row_kernel<DateDifference, int64_t, std::string_view, int32_t, int32_t>(
          name, {K::kVarchar, K::kDate, K::kDate}, K::kBigint));
    }
    for (Kernel& kernel : made) {
      kernel.fallible = true;
      kernel.check = &check_difference;
      kernel.can_fail = &difference_can_fail;
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// date_trunc('part', value): the start of the part that value lies in. Infinite values stay as they are.
#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/date_part_names.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

std::optional<int32_t> days_before(int32_t date, int32_t days) {
  if (date < -kInfiniteDate + 1 + days) return std::nullopt;
  return date - days;
}

// The first day of the part, or nothing if it is out of DATE's range.
std::optional<int32_t> first_day(DatePart part, int32_t date) {
  using P = DatePart;
  Civil civil = civil_of(date);
  switch (part) {
    case P::kMillennium: return date_of({civil.year / 1000 * 1000, 1, 1});
    case P::kCentury: return date_of({civil.year / 100 * 100, 1, 1});
    case P::kDecade: return date_of({civil.year / 10 * 10, 1, 1});
    case P::kYear: return date_of({civil.year, 1, 1});
    case P::kQuarter: return date_of({civil.year, (civil.month - 1) / 3 * 3 + 1, 1});
    case P::kMonth: return date_of({civil.year, civil.month, 1});
    case P::kWeek:
    case P::kYearWeek: return days_before(date, iso_weekday(date) - 1);
    case P::kIsoYear: {
      auto monday = days_before(date, iso_weekday(date) - 1);
      auto week = monday ? iso_week(*monday) : std::nullopt;
      return week ? days_before(*monday, (week->week - 1) * 7) : std::nullopt;
    }
    default: return date;
  }
}

// Length of a part of the clock, or 0 of a part of the calendar.
int64_t clock_unit(DatePart part) {
  switch (part) {
    case DatePart::kHour: return kMicrosPerHour;
    case DatePart::kMinute: return kMicrosPerMinute;
    case DatePart::kSecond:
    case DatePart::kEpoch: return kMicrosPerSecond;
    case DatePart::kMillisecond: return kMicrosPerMillisecond;
    case DatePart::kMicrosecond: return 1;
    default: return 0;
  }
}

struct TruncateTimestamp {
  explicit TruncateTimestamp(const Call& call) : part(*date_part_argument(call.expression)), unit(clock_unit(part)) {}
  bool call(std::string_view, int64_t timestamp, int64_t& answer) const {
    answer = timestamp;
    if (!finite(timestamp)) return true;
    int32_t date = date_of_timestamp(timestamp);
    if (unit != 0) {
      answer = timestamp - time_of_timestamp(timestamp) % unit;
      return true;
    }
    auto first = first_day(part, date);
    auto start = first ? midnight(*first) : std::nullopt;
    if (start) answer = *start;
    return start.has_value();
  }
  [[noreturn]] void fail(std::string_view name, int64_t timestamp) const {
    fail_value(
        fmt::format("out of range: date_trunc('{}', {})", name, to_string(Value{TypeId::kTimestamp, timestamp})));
  }
  DatePart part;
  int64_t unit;
};

struct TruncateDate {
  explicit TruncateDate(const Call& call) : part(*date_part_argument(call.expression)) {}
  bool call(std::string_view, int32_t date, int64_t& answer) const {
    auto first = finite(date) ? first_day(part, date) : std::optional(date);
    auto start = first ? midnight(*first) : std::nullopt;
    if (start) answer = *start;
    return start.has_value();
  }
  [[noreturn]] void fail(std::string_view name, int32_t date) const {
    fail_value(fmt::format("out of range: date_trunc('{}', {})", name, to_string(Value{TypeId::kDate, int64_t{date}})));
  }
  DatePart part;
};

struct TruncateInterval {
  explicit TruncateInterval(const Call& call) : part(*date_part_argument(call.expression)) {}
  Interval call(std::string_view, Interval interval) const {
    using P = DatePart;
    if (int64_t unit = clock_unit(part)) return {interval.months, interval.days, interval.micros / unit * unit};
    switch (part) {
      case P::kMillennium: return {interval.months / 12000 * 12000, 0, 0};
      case P::kCentury: return {interval.months / 1200 * 1200, 0, 0};
      case P::kDecade: return {interval.months / 120 * 120, 0, 0};
      case P::kYear:
      case P::kIsoYear: return {interval.months / 12 * 12, 0, 0};
      case P::kQuarter: return {interval.months / 3 * 3, 0, 0};
      case P::kMonth: return {interval.months, 0, 0};
      case P::kWeek:
      case P::kYearWeek: return {interval.months, interval.days / 7 * 7, 0};
      default: return {interval.months, interval.days, 0};
    }
  }
  DatePart part;
};

std::optional<std::string> check_truncation(const plan::Expression& call) {
  if (auto reason = check_date_part(call)) return reason;
  switch (*date_part_argument(call)) {
    case DatePart::kEra:
    case DatePart::kJulian: return signature(call) + " of this part is not supported";
    default: return std::nullopt;
  }
}

}  // namespace

const KernelTable& date_trunc_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"date_trunc", "datetrunc"}) {
      made.push_back(row_kernel<TruncateTimestamp, int64_t, std::string_view, int64_t>(
          name, {K::kVarchar, K::kTimestamp}, K::kTimestamp));
      made.push_back(
          row_kernel<TruncateDate, int64_t, std::string_view, int32_t>(name, {K::kVarchar, K::kDate}, K::kTimestamp));
      made.push_back(row_kernel<TruncateInterval, Interval, std::string_view, Interval>(
          name, {K::kVarchar, K::kInterval}, K::kInterval));
    }
    for (Kernel& kernel : made) kernel.check = &check_truncation;
    return made;
  }();
  return table;
}

}  // namespace segue::engine

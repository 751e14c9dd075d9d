// year, month, …, date_part(part, value) of DATE, TIMESTAMP and INTERVAL; epoch and its like; dayname, monthname,
// last_day. Infinite dates and timestamps have no parts: NULL.
#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/date_part_names.h"
#include "engine/expressions/rows.h"
#include "engine/expressions/time_format.h"

namespace segue::engine {
namespace {

IsoWeek week_of(int32_t date) {
  auto week = iso_week(date);
  if (!week) fail_value(fmt::format("out of range: the week of {}", to_string(Value{TypeId::kDate, int64_t{date}})));
  return *week;
}

// The parts that not every date has.
constexpr bool may_fail(DatePart part) {
  return part == DatePart::kWeek || part == DatePart::kIsoYear || part == DatePart::kYearWeek;
}

int32_t day_of_year(const Civil& civil) {
  int32_t days = civil.day;
  for (int32_t month = 1; month < civil.month; ++month) days += days_of_month(civil.year, month);
  return days;
}

// kPart of a day.
template <DatePart kPart>
int64_t part_of_date(int32_t date) {
  using P = DatePart;
  if constexpr (kPart == P::kWeekday) return iso_weekday(date) % 7;
  if constexpr (kPart == P::kIsoWeekday) return iso_weekday(date);
  if constexpr (kPart == P::kWeek) return week_of(date).week;
  if constexpr (kPart == P::kIsoYear) return week_of(date).year;
  if constexpr (kPart == P::kYearWeek) {
    IsoWeek week = week_of(date);
    return int64_t{week.year} * 100 + (week.year > 0 ? week.week : -week.week);
  }
  Civil civil = civil_of(date);
  int64_t year = civil.year;
  if constexpr (kPart == P::kYear) return year;
  if constexpr (kPart == P::kMonth) return civil.month;
  if constexpr (kPart == P::kDay) return civil.day;
  if constexpr (kPart == P::kDecade) return year / 10;
  if constexpr (kPart == P::kCentury) return year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1;
  if constexpr (kPart == P::kMillennium) return year > 0 ? (year - 1) / 1000 + 1 : year / 1000 - 1;
  if constexpr (kPart == P::kQuarter) return (civil.month - 1) / 3 + 1;
  if constexpr (kPart == P::kDayOfYear) return day_of_year(civil);
  if constexpr (kPart == P::kEra) return year > 0;
  return 0;  // of a day's clock
}

constexpr bool of_clock(DatePart part) { return part >= DatePart::kHour && part <= DatePart::kMicrosecond; }

// kPart of the microseconds since midnight.
template <DatePart kPart>
int64_t part_of_time(int64_t time) {
  using P = DatePart;
  if constexpr (kPart == P::kHour) return time / kMicrosPerHour;
  if constexpr (kPart == P::kMinute) return time % kMicrosPerHour / kMicrosPerMinute;
  if constexpr (kPart == P::kSecond) return time % kMicrosPerMinute / kMicrosPerSecond;
  if constexpr (kPart == P::kMillisecond) return time % kMicrosPerMinute / kMicrosPerMillisecond;
  return time % kMicrosPerMinute;
}

template <DatePart kPart>
struct PartOfDate {
  static bool call(int32_t date, int64_t& answer) {
    if (!finite(date)) return false;
    answer = part_of_date<kPart>(date);
    return true;
  }
};

template <DatePart kPart>
struct PartOfTimestamp {
  static bool call(int64_t timestamp, int64_t& answer) {
    if (!finite(timestamp)) return false;
    if constexpr (of_clock(kPart)) {
      answer = part_of_time<kPart>(time_of_timestamp(timestamp));
    } else {
      answer = part_of_date<kPart>(date_of_timestamp(timestamp));
    }
    return true;
  }
};

constexpr bool of_interval(DatePart part) {
  using P = DatePart;
  return of_clock(part) || part == P::kYear || part == P::kMonth || part == P::kDay || part == P::kDecade ||
         part == P::kCentury || part == P::kMillennium || part == P::kQuarter;
}

template <DatePart kPart>
struct PartOfInterval {
  static constexpr bool kTotal = true;
  static int64_t call(Interval interval) {
    using P = DatePart;
    if constexpr (kPart == P::kYear) return interval.months / 12;
    if constexpr (kPart == P::kMonth) return interval.months % 12;
    if constexpr (kPart == P::kDay) return interval.days;
    if constexpr (kPart == P::kDecade) return interval.months / 120;
    if constexpr (kPart == P::kCentury) return interval.months / 1200;
    if constexpr (kPart == P::kMillennium) return interval.months / 12000;
    if constexpr (kPart == P::kQuarter) return interval.months % 12 / 3 + 1;
    return part_of_time<kPart>(interval.micros);
  }
};

// Seconds since 1970, with fractions.
struct EpochOfDate {
  static bool call(int32_t date, double& answer) {
    answer = static_cast<double>(int64_t{date} * 86400);
    return finite(date);
  }
};
struct EpochOfTimestamp {
  static bool call(int64_t timestamp, double& answer) {
    answer = static_cast<double>(timestamp) / static_cast<double>(kMicrosPerSecond);
    return finite(timestamp);
  }
};
// A year has 365.25 days here, a month 30.
struct EpochOfInterval {
  static double call(Interval interval) {
    int64_t years = interval.months / 12;
    int64_t days = 365 * years + 30 * (interval.months % 12) + interval.days;
    int64_t seconds = days * 86400 + years * (86400 / 4);
    return static_cast<double>(seconds) + static_cast<double>(interval.micros) / static_cast<double>(kMicrosPerSecond);
  }
};

struct JulianOfDate {
  static bool call(int32_t date, double& answer) {
    answer = static_cast<double>(int64_t{date} + 2440588);
    return finite(date);
  }
};
struct JulianOfTimestamp {
  static bool call(int64_t timestamp, double& answer) {
    if (!finite(timestamp)) return false;
    answer = static_cast<double>(time_of_timestamp(timestamp)) / static_cast<double>(kMicrosPerDay);
    answer += static_cast<double>(int64_t{date_of_timestamp(timestamp)} + 2440588);
    return true;
  }
};

struct DayName {
  static bool call(int32_t date, std::string_view& answer) {
    if (!finite(date)) return false;
    answer = day_name(static_cast<size_t>(iso_weekday(date) % 7));
    return true;
  }
};
struct MonthName {
  static bool call(int32_t date, std::string_view& answer) {
    if (!finite(date)) return false;
    answer = month_name(static_cast<size_t>(civil_of(date).month));
    return true;
  }
};
template <class OfDate>
struct OfTimestamp {
  template <class R>
  static bool call(int64_t timestamp, R& answer) {
    return OfDate::call(date_of_timestamp(timestamp), answer);
  }
};
struct LastDay {
  static bool call(int32_t date, int32_t& answer) {
    if (!finite(date)) return false;
    Civil civil = civil_of(date);
    auto last = date_of({civil.year, civil.month, days_of_month(civil.year, civil.month)});
    if (!last) fail_value(fmt::format("out of range: last_day({})", to_string(Value{TypeId::kDate, int64_t{date}})));
    answer = *last;
    return true;
  }
};

using Run = void (*)(const Call&, Answer&);

template <DatePart kPart>
Run run_of(Kind kind) {
  if (kind == Kind::kDate) return &run_rows<PartOfDate<kPart>, int64_t, int32_t>;
  if (kind == Kind::kTimestamp) return &run_rows<PartOfTimestamp<kPart>, int64_t, int64_t>;
  if constexpr (of_interval(kPart)) return &run_rows<PartOfInterval<kPart>, int64_t, Interval>;
  return nullptr;
}

// The loop for a part of BIGINT; null if the kind has no such part.
Run run_of(DatePart part, Kind kind) {
  using P = DatePart;
  switch (part) {
    case P::kYear: return run_of<P::kYear>(kind);
    case P::kMonth: return run_of<P::kMonth>(kind);
    case P::kDay: return run_of<P::kDay>(kind);
    case P::kDecade: return run_of<P::kDecade>(kind);
    case P::kCentury: return run_of<P::kCentury>(kind);
    case P::kMillennium: return run_of<P::kMillennium>(kind);
    case P::kQuarter: return run_of<P::kQuarter>(kind);
    case P::kWeekday: return run_of<P::kWeekday>(kind);
    case P::kIsoWeekday: return run_of<P::kIsoWeekday>(kind);
    case P::kDayOfYear: return run_of<P::kDayOfYear>(kind);
    case P::kWeek: return run_of<P::kWeek>(kind);
    case P::kIsoYear: return run_of<P::kIsoYear>(kind);
    case P::kYearWeek: return run_of<P::kYearWeek>(kind);
    case P::kEra: return run_of<P::kEra>(kind);
    case P::kHour: return run_of<P::kHour>(kind);
    case P::kMinute: return run_of<P::kMinute>(kind);
    case P::kSecond: return run_of<P::kSecond>(kind);
    case P::kMillisecond: return run_of<P::kMillisecond>(kind);
    case P::kMicrosecond: return run_of<P::kMicrosecond>(kind);
    default: return nullptr;
  }
}

// date_part('part', x) becomes the kernel of that part.
Run run_of_call(const plan::Expression& expression) {
  auto part = date_part_argument(expression);
  if (!part) return nullptr;
  Kind kind = kind_of(expression.arguments[1]->type);
  if (*part == DatePart::kEpoch) {
    if (kind == Kind::kDate) return &run_rows<EpochOfDate, double, int32_t>;
    if (kind == Kind::kTimestamp) return &run_rows<EpochOfTimestamp, double, int64_t>;
    return &run_rows<EpochOfInterval, double, Interval>;
  }
  if (*part == DatePart::kJulian) {
    if (kind == Kind::kDate) return &run_rows<JulianOfDate, double, int32_t>;
    return kind == Kind::kTimestamp ? &run_rows<JulianOfTimestamp, double, int64_t> : nullptr;
  }
  return run_of(*part, kind);
}

std::optional<std::string> check_part_call(const plan::Expression& call) {
  if (auto reason = check_date_part(call)) return reason;
  bool is_double = *date_part_argument(call) == DatePart::kEpoch || *date_part_argument(call) == DatePart::kJulian;
  if (run_of_call(call) == nullptr || (call.type.id == TypeId::kDouble) != is_double)
    return signature(call) + " of this part is not supported";
  return std::nullopt;
}

bool part_call_can_fail(const plan::Expression& call) {
  auto part = date_part_argument(call);
  return part && may_fail(*part);
}

void run_part_call(const Call& call, Answer& answer) {
  Call value{call.expression, call.arguments.subspan(1), call.rows, call.valid};
  run_of_call(call.expression)(value, answer);
}

}  // namespace

const KernelTable& date_part_kernels() {
  using K = Kind;
  using P = DatePart;
  static const KernelTable table = [] {
    KernelTable made;
    const std::pair<const char*, DatePart> kFunctions[] = {{"year", P::kYear},
                                                           {"month", P::kMonth},
                                                           {"day", P::kDay},
                                                           {"dayofmonth", P::kDay},
                                                           {"decade", P::kDecade},
                                                           {"century", P::kCentury},
                                                           {"millennium", P::kMillennium},
                                                           {"quarter", P::kQuarter},
                                                           {"dayofweek", P::kWeekday},
                                                           {"weekday", P::kWeekday},
                                                           {"isodow", P::kIsoWeekday},
                                                           {"dayofyear", P::kDayOfYear},
                                                           {"week", P::kWeek},
                                                           {"weekofyear", P::kWeek},
                                                           {"isoyear", P::kIsoYear},
                                                           {"yearweek", P::kYearWeek},
                                                           {"era", P::kEra},
                                                           {"hour", P::kHour},
                                                           {"minute", P::kMinute},
                                                           {"second", P::kSecond},
                                                           {"millisecond", P::kMillisecond},
                                                           {"microsecond", P::kMicrosecond}};
    for (const auto& [name, part] : kFunctions) {
      for (Kind kind : {K::kDate, K::kTimestamp, K::kInterval}) {
        if (Run run = run_of(part, kind)) made.push_back({name, {kind}, K::kBigint, run, may_fail(part)});
      }
    }
    for (const char* name : {"date_part", "datepart"}) {
      for (Kind kind : {K::kDate, K::kTimestamp, K::kInterval}) {
        for (Kind result : {K::kBigint, K::kDouble}) {
          Kernel kernel{name, {K::kVarchar, kind}, result, &run_part_call};
          kernel.check = &check_part_call;
          kernel.fallible = true;
          kernel.can_fail = &part_call_can_fail;
          made.push_back(kernel);
        }
      }
    }
    made.push_back(row_kernel<EpochOfDate, double, int32_t>("epoch", {K::kDate}, K::kDouble));
    made.push_back(row_kernel<EpochOfTimestamp, double, int64_t>("epoch", {K::kTimestamp}, K::kDouble));
    made.push_back(row_kernel<EpochOfInterval, double, Interval>("epoch", {K::kInterval}, K::kDouble));
    made.push_back(row_kernel<JulianOfDate, double, int32_t>("julian", {K::kDate}, K::kDouble));
    made.push_back(row_kernel<JulianOfTimestamp, double, int64_t>("julian", {K::kTimestamp}, K::kDouble));
    made.push_back(row_kernel<DayName, std::string_view, int32_t>("dayname", {K::kDate}, K::kVarchar));
    made.push_back(
        row_kernel<OfTimestamp<DayName>, std::string_view, int64_t>("dayname", {K::kTimestamp}, K::kVarchar));
    made.push_back(row_kernel<MonthName, std::string_view, int32_t>("monthname", {K::kDate}, K::kVarchar));
    made.push_back(
        row_kernel<OfTimestamp<MonthName>, std::string_view, int64_t>("monthname", {K::kTimestamp}, K::kVarchar));
    made.push_back(row_kernel<LastDay, int32_t, int32_t>("last_day", {K::kDate}, K::kDate));
    made.back().fallible = true;
    made.push_back(row_kernel<OfTimestamp<LastDay>, int32_t, int64_t>("last_day", {K::kTimestamp}, K::kDate));
    made.back().fallible = true;
    return made;
  }();
  return table;
}

}  // namespace segue::engine

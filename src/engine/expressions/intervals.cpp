// + and - of DATE, TIMESTAMP and INTERVAL; * and / of INTERVAL; to_days and its like; normalized_interval.
#include <cmath>

#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/compare.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

std::string date_text(int32_t date) { return to_string(Value{TypeId::kDate, int64_t{date}}); }
std::string timestamp_text(int64_t timestamp) { return to_string(Value{TypeId::kTimestamp, timestamp}); }
std::string interval_text(const Interval& interval) { return to_string(Value{TypeId::kInterval, interval}); }

[[noreturn]] void out_of_range(const std::string& a, char symbol, const std::string& b, std::string_view type) {
  fail_value(fmt::format("out of range: {} {} {} is no {}", a, symbol, b, type));
}

struct DatePlusDays {
  static bool call(int32_t date, int32_t days, int32_t& answer) {
    answer = date;
    return !finite(date) || (!__builtin_add_overflow(date, days, &answer) && finite(answer));
  }
  [[noreturn]] static void fail(int32_t date, int32_t days) {
    out_of_range(date_text(date), '+', std::to_string(days), "DATE");
  }
};
struct DaysPlusDate {
  static bool call(int32_t days, int32_t date, int32_t& answer) { return DatePlusDays::call(date, days, answer); }
  [[noreturn]] static void fail(int32_t days, int32_t date) { DatePlusDays::fail(date, days); }
};
struct DateMinusDays {
  static bool call(int32_t date, int32_t days, int32_t& answer) {
    answer = date;
    return !finite(date) || (!__builtin_sub_overflow(date, days, &answer) && finite(answer));
  }
  [[noreturn]] static void fail(int32_t date, int32_t days) {
    out_of_range(date_text(date), '-', std::to_string(days), "DATE");
  }
};
struct DateMinusDate {
  static constexpr bool kTotal = true;
  static int64_t call(int32_t a, int32_t b) { return int64_t{a} - b; }
};

bool take(const std::optional<int64_t>& found, int64_t& answer) {
  if (found) answer = *found;
  return found.has_value();
}

struct TimestampPlusInterval {
  static bool call(int64_t timestamp, Interval interval, int64_t& answer) {
    return take(add(timestamp, interval), answer);
  }
  [[noreturn]] static void fail(int64_t timestamp, Interval interval) {
    out_of_range(timestamp_text(timestamp), '+', interval_text(interval), "TIMESTAMP");
  }
};
struct IntervalPlusTimestamp {
  static bool call(Interval interval, int64_t timestamp, int64_t& answer) {
    return take(add(timestamp, interval), answer);
  }
  [[noreturn]] static void fail(Interval interval, int64_t timestamp) {
    TimestampPlusInterval::fail(timestamp, interval);
  }
};
struct DatePlusInterval {
  static bool call(int32_t date, Interval interval, int64_t& answer) {
    auto start = midnight(date);
    return start && take(add(*start, interval), answer);
  }
  [[noreturn]] static void fail(int32_t date, Interval interval) {
    out_of_range(date_text(date), '+', interval_text(interval), "TIMESTAMP");
  }
};
struct IntervalPlusDate {
  static bool call(Interval interval, int32_t date, int64_t& answer) {
    return DatePlusInterval::call(date, interval, answer);
  }
  [[noreturn]] static void fail(Interval interval, int32_t date) { DatePlusInterval::fail(date, interval); }
};
struct TimestampMinusInterval {
  static bool call(int64_t timestamp, Interval interval, int64_t& answer) {
    auto negative = negate(interval);
    return negative && take(add(timestamp, *negative), answer);
  }
  [[noreturn]] static void fail(int64_t timestamp, Interval interval) {
    out_of_range(timestamp_text(timestamp), '-', interval_text(interval), "TIMESTAMP");
  }
};
struct DateMinusInterval {
  static bool call(int32_t date, Interval interval, int64_t& answer) {
    auto start = midnight(date);
    return start && TimestampMinusInterval::call(*start, interval, answer);
  }
  [[noreturn]] static void fail(int32_t date, Interval interval) {
    out_of_range(date_text(date), '-', interval_text(interval), "TIMESTAMP");
  }
};
struct TimestampMinusTimestamp {
  static bool call(int64_t a, int64_t b, Interval& answer) {
    int64_t micros;
    if (!finite(a) || !finite(b) || __builtin_sub_overflow(a, b, &micros)) return false;
    answer = {0, static_cast<int32_t>(micros / kMicrosPerDay), micros % kMicrosPerDay};
    return true;
  }
  [[noreturn]] static void fail(int64_t a, int64_t b) {
    out_of_range(timestamp_text(a), '-', timestamp_text(b), "INTERVAL");
  }
};

struct IntervalPlusInterval {
  static bool call(Interval a, Interval b, Interval& answer) {
    return !__builtin_add_overflow(a.months, b.months, &answer.months) &&
           !__builtin_add_overflow(a.days, b.days, &answer.days) &&
           !__builtin_add_overflow(a.micros, b.micros, &answer.micros);
  }
  [[noreturn]] static void fail(Interval a, Interval b) {
    out_of_range(interval_text(a), '+', interval_text(b), "INTERVAL");
  }
};
struct IntervalMinusInterval {
  static bool call(Interval a, Interval b, Interval& answer) {
    return !__builtin_sub_overflow(a.months, b.months, &answer.months) &&
           !__builtin_sub_overflow(a.days, b.days, &answer.days) &&
           !__builtin_sub_overflow(a.micros, b.micros, &answer.micros);
  }
  [[noreturn]] static void fail(Interval a, Interval b) {
    out_of_range(interval_text(a), '-', interval_text(b), "INTERVAL");
  }
};
struct NegateInterval {
  static bool call(Interval interval, Interval& answer) {
    auto negative = negate(interval);
    if (negative) answer = *negative;
    return negative.has_value();
  }
  [[noreturn]] static void fail(Interval interval) { out_of_range("0", '-', interval_text(interval), "INTERVAL"); }
};

struct IntervalTimesInteger {
  static bool call(Interval interval, int64_t factor, Interval& answer) {
    if (factor != static_cast<int32_t>(factor)) return false;
    auto small = static_cast<int32_t>(factor);
    return !__builtin_mul_overflow(interval.months, small, &answer.months) &&
           !__builtin_mul_overflow(interval.days, small, &answer.days) &&
           !__builtin_mul_overflow(interval.micros, factor, &answer.micros);
  }
  [[noreturn]] static void fail(Interval interval, int64_t factor) {
    out_of_range(interval_text(interval), '*', std::to_string(factor), "INTERVAL");
  }
};
struct IntegerTimesInterval {
  static bool call(int64_t factor, Interval interval, Interval& answer) {
    return IntervalTimesInteger::call(interval, factor, answer);
  }
  [[noreturn]] static void fail(int64_t factor, Interval interval) { IntervalTimesInteger::fail(interval, factor); }
};

// As PostgreSQL's interval_mul (and so DuckDB) has it: fractions of months become days, fractions of days become
// seconds; each is rounded to microseconds to keep whole numbers whole.
bool fits_32_bits(double value) { return value >= INT32_MIN && value <= INT32_MAX; }

bool scale(const Interval& interval, double factor, Interval& answer) {
  constexpr double kSecondsPerDay = 86400;
  auto rounded = [](double seconds) { return std::nearbyint(seconds * 1e6) / 1e6; };
  double months = interval.months * factor;
  double days = interval.days * factor;
  if (!fits_32_bits(months) || !fits_32_bits(days)) return false;
  answer.months = static_cast<int32_t>(months);
  answer.days = static_cast<int32_t>(days);
  double month_rest = rounded((months - answer.months) * 30);
  auto day_rest = static_cast<int32_t>(month_rest);
  double second_rest = rounded((days - answer.days + month_rest - day_rest) * kSecondsPerDay);
  int64_t whole_days = answer.days;
  if (std::fabs(second_rest) >= kSecondsPerDay) {
    auto extra = static_cast<int32_t>(second_rest / kSecondsPerDay);
    whole_days += extra;
    second_rest -= extra * kSecondsPerDay;
  }
  whole_days += day_rest;
  if (whole_days != static_cast<int32_t>(whole_days)) return false;
  answer.days = static_cast<int32_t>(whole_days);
  double micros = std::nearbyint(static_cast<double>(interval.micros) * factor + second_rest * 1e6);
  if (!(micros >= -9223372036854775808.0 && micros < 9223372036854775808.0)) return false;
  answer.micros = static_cast<int64_t>(micros);
  return true;
}

struct IntervalTimesDouble {
  static bool call(Interval interval, double factor, Interval& answer) { return scale(interval, factor, answer); }
  [[noreturn]] static void fail(Interval interval, double factor) {
    out_of_range(interval_text(interval), '*', fmt::format("{}", factor), "INTERVAL");
  }
};
struct DoubleTimesInterval {
  static bool call(double factor, Interval interval, Interval& answer) { return scale(interval, factor, answer); }
  [[noreturn]] static void fail(double factor, Interval interval) { IntervalTimesDouble::fail(interval, factor); }
};

// By zero it is NULL, out of range it fails.
void run_interval_by_double(const Call& call, Answer& answer) {
  auto a = rows::strided<Interval>(call.arguments[0]);
  auto b = rows::strided<double>(call.arguments[1]);
  auto* out = answer.values<Interval>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    out[i] = Interval{};
    valid[i] = (call.valid == nullptr || call.valid[i]) && b[i] != 0;
    if (valid[i] && !scale(a[i], 1.0 / b[i], out[i]))
      out_of_range(interval_text(a[i]), '/', fmt::format("{}", b[i]), "INTERVAL");
  }
}

struct Normalised {
  static constexpr bool kTotal = true;
  static Interval call(Interval interval) { return normalise(interval); }
};

// to_millennia … to_days.
template <int32_t kMonths, int32_t kDays>
struct ToCalendarUnits {
  static bool call(int64_t count, Interval& answer) {
    return count == static_cast<int32_t>(count) && !__builtin_mul_overflow(count, kMonths, &answer.months) &&
           !__builtin_mul_overflow(count, kDays, &answer.days);
  }
  [[noreturn]] static void fail(int64_t count) {
    fail_value(fmt::format("out of range: {} units are no INTERVAL", count));
  }
};
// to_seconds, to_milliseconds: rounded to microseconds.
template <int64_t kMicros>
struct ToSeconds {
  static bool call(double count, Interval& answer) {
    double micros = std::nearbyint(count * static_cast<double>(kMicros));
    if (!(micros >= -9223372036854775808.0 && micros < 9223372036854775808.0)) return false;
    answer.micros = static_cast<int64_t>(micros);
    return true;
  }
  [[noreturn]] static void fail(double count) {
    fail_value(fmt::format("out of range: {} units are no INTERVAL", count));
  }
};
// to_hours … to_microseconds of BIGINT.
template <int64_t kMicros>
struct ToClockUnits {
  static bool call(int64_t count, Interval& answer) { return !__builtin_mul_overflow(count, kMicros, &answer.micros); }
  [[noreturn]] static void fail(int64_t count) {
    fail_value(fmt::format("out of range: {} units are no INTERVAL", count));
  }
};

template <int32_t kMonths, int32_t kDays>
void add_units(KernelTable& table, const char* name) {
  using Op = ToCalendarUnits<kMonths, kDays>;
  table.push_back(row_kernel<Op, Interval, int32_t>(name, {Kind::kInteger}, Kind::kInterval));
  table.push_back(row_kernel<Op, Interval, int64_t>(name, {Kind::kBigint}, Kind::kInterval));
}

}  // namespace

const KernelTable& interval_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* plus : {"+", "add"}) {
      made.push_back(row_kernel<DatePlusDays, int32_t, int32_t, int32_t>(plus, {K::kDate, K::kInteger}, K::kDate));
      made.push_back(row_kernel<DaysPlusDate, int32_t, int32_t, int32_t>(plus, {K::kInteger, K::kDate}, K::kDate));
      made.push_back(
          row_kernel<DatePlusInterval, int64_t, int32_t, Interval>(plus, {K::kDate, K::kInterval}, K::kTimestamp));
      made.push_back(
          row_kernel<IntervalPlusDate, int64_t, Interval, int32_t>(plus, {K::kInterval, K::kDate}, K::kTimestamp));
      made.push_back(row_kernel<TimestampPlusInterval, int64_t, int64_t, Interval>(plus, {K::kTimestamp, K::kInterval},
                                                                                   K::kTimestamp));
      made.push_back(row_kernel<IntervalPlusTimestamp, int64_t, Interval, int64_t>(plus, {K::kInterval, K::kTimestamp},
                                                                                   K::kTimestamp));
      made.push_back(row_kernel<IntervalPlusInterval, Interval, Interval, Interval>(plus, {K::kInterval, K::kInterval},
                                                                                    K::kInterval));
    }
    for (const char* minus : {"-", "subtract"}) {
      made.push_back(row_kernel<DateMinusDays, int32_t, int32_t, int32_t>(minus, {K::kDate, K::kInteger}, K::kDate));
      made.push_back(row_kernel<DateMinusDate, int64_t, int32_t, int32_t>(minus, {K::kDate, K::kDate}, K::kBigint));
      made.push_back(
          row_kernel<DateMinusInterval, int64_t, int32_t, Interval>(minus, {K::kDate, K::kInterval}, K::kTimestamp));
      made.push_back(row_kernel<TimestampMinusInterval, int64_t, int64_t, Interval>(
          minus, {K::kTimestamp, K::kInterval}, K::kTimestamp));
      made.push_back(row_kernel<TimestampMinusTimestamp, Interval, int64_t, int64_t>(
          minus, {K::kTimestamp, K::kTimestamp}, K::kInterval));
      made.push_back(row_kernel<IntervalMinusInterval, Interval, Interval, Interval>(
          minus, {K::kInterval, K::kInterval}, K::kInterval));
      made.push_back(row_kernel<NegateInterval, Interval, Interval>(minus, {K::kInterval}, K::kInterval));
    }
    for (const char* times : {"*", "multiply"}) {
      made.push_back(row_kernel<IntervalTimesInteger, Interval, Interval, int64_t>(times, {K::kInterval, K::kBigint},
                                                                                   K::kInterval));
      made.push_back(row_kernel<IntegerTimesInterval, Interval, int64_t, Interval>(times, {K::kBigint, K::kInterval},
                                                                                   K::kInterval));
      made.push_back(
          row_kernel<IntervalTimesDouble, Interval, Interval, double>(times, {K::kInterval, K::kDouble}, K::kInterval));
      made.push_back(
          row_kernel<DoubleTimesInterval, Interval, double, Interval>(times, {K::kDouble, K::kInterval}, K::kInterval));
    }
    Kernel divide{"/", {K::kInterval, K::kDouble}, K::kInterval, &run_interval_by_double};
    divide.fallible = true;
    made.push_back(divide);
    made.push_back(row_kernel<Normalised, Interval, Interval>("normalized_interval", {K::kInterval}, K::kInterval));
    add_units<12000, 0>(made, "to_millennia");
    add_units<1200, 0>(made, "to_centuries");
    add_units<120, 0>(made, "to_decades");
    add_units<12, 0>(made, "to_years");
    add_units<3, 0>(made, "to_quarters");
    add_units<1, 0>(made, "to_months");
    add_units<0, 7>(made, "to_weeks");
    add_units<0, 1>(made, "to_days");
    made.push_back(row_kernel<ToClockUnits<kMicrosPerHour>, Interval, int64_t>("to_hours", {K::kBigint}, K::kInterval));
    made.push_back(
        row_kernel<ToClockUnits<kMicrosPerMinute>, Interval, int64_t>("to_minutes", {K::kBigint}, K::kInterval));
    made.push_back(row_kernel<ToSeconds<kMicrosPerSecond>, Interval, double>("to_seconds", {K::kDouble}, K::kInterval));
    made.push_back(
        row_kernel<ToSeconds<kMicrosPerMillisecond>, Interval, double>("to_milliseconds", {K::kDouble}, K::kInterval));
    made.push_back(row_kernel<ToClockUnits<1>, Interval, int64_t>("to_microseconds", {K::kBigint}, K::kInterval));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

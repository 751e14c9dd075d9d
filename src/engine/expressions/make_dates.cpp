// make_date, make_timestamp; epoch_ms, epoch_us, epoch_ns both ways; isfinite of dates; date_diff and date_sub are
// DuckDB's.
#include <cmath>

#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/compare.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

bool take(const std::optional<int64_t>& found, int64_t& answer) {
  if (found) answer = *found;
  return found.has_value();
}

std::optional<int32_t> date_from(int64_t year, int64_t month, int64_t day) {
  auto small = [](int64_t value) { return value == static_cast<int32_t>(value); };
  if (!small(year) || !small(month) || !small(day)) return std::nullopt;
  return date_of({static_cast<int32_t>(year), static_cast<int32_t>(month), static_cast<int32_t>(day)});
}

struct MakeDate {
  static bool call(int64_t year, int64_t month, int64_t day, int32_t& answer) {
    auto date = date_from(year, month, day);
    if (date) answer = *date;
    return date.has_value();
  }
  [[noreturn]] static void fail(int64_t year, int64_t month, int64_t day) {
    fail_value(fmt::format("no such date: {}-{}-{}", year, month, day));
  }
};

struct DateFromDays {
  static constexpr bool kTotal = true;
  static int32_t call(int32_t days) { return days; }
};

struct MakeTimestamp {
  static bool call(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, double second,
                   int64_t& answer) {
    auto date = date_from(year, month, day);
    if (!date || !(second >= 0 && second <= 60)) return false;
    auto whole = static_cast<int32_t>(second);
    auto micros = static_cast<int32_t>(std::round((second - whole) * 1e6));
    bool midnight = hour == 24 && minute == 0 && whole == 0 && micros == 0;
    bool valid = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && whole < 60 && micros <= 1'000'000;
    if (!valid && !midnight) return false;
    return take(
        timestamp_of(*date, hour * kMicrosPerHour + minute * kMicrosPerMinute + whole * kMicrosPerSecond + micros),
        answer);
  }
  [[noreturn]] static void fail(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, double second) {
    fail_value(fmt::format("no such timestamp: {}-{}-{} {}:{}:{}", year, month, day, hour, minute, second));
  }
};

struct TimestampFromMicros {
  static bool call(int64_t micros, int64_t& answer) {
    answer = micros;
    return finite(micros);
  }
  [[noreturn]] static void fail(int64_t micros) {
    fail_value(fmt::format("out of range: {} microseconds since 1970 are no TIMESTAMP", micros));
  }
};

struct TimestampFromMillis {
  static bool call(int64_t millis, int64_t& answer) {
    return !__builtin_mul_overflow(millis, kMicrosPerMillisecond, &answer);
  }
  [[noreturn]] static void fail(int64_t millis) {
    fail_value(fmt::format("out of range: {} milliseconds since 1970 are no TIMESTAMP", millis));
  }
};

[[noreturn]] void too_far(const std::string& when) {
  fail_value(fmt::format("overflow: the time from 1970 to {} is out of the range of BIGINT", when));
}

// The whole units since 1970, cut towards zero; NULL of what is infinite.
template <int64_t kMicrosPerUnit>
struct EpochOfTimestamp {
  static bool call(int64_t timestamp, int64_t& answer) {
    answer = timestamp / kMicrosPerUnit;
    return finite(timestamp);
  }
};
template <int64_t kUnitsPerDay>
struct EpochOfDate {
  static bool call(int32_t date, int64_t& answer) {
    if (!finite(date)) return false;
    if (__builtin_mul_overflow(int64_t{date}, kUnitsPerDay, &answer))
      too_far(to_string(Value{TypeId::kDate, int64_t{date}}));
    return true;
  }
};
struct NanosOfTimestamp {
  static bool call(int64_t timestamp, int64_t& answer) {
    if (!finite(timestamp)) return false;
    if (__builtin_mul_overflow(timestamp, int64_t{1000}, &answer))
      too_far(to_string(Value{TypeId::kTimestamp, timestamp}));
    return true;
  }
};

template <class T>
struct IsFinite {
  static constexpr bool kTotal = true;
  static uint8_t call(T value) { return finite(value); }
};
template <class T>
struct IsInfinite {
  static constexpr bool kTotal = true;
  static uint8_t call(T value) { return !finite(value); }
};

}  // namespace

const KernelTable& make_date_kernels() {
  using K = Kind;
  auto failing = [](Kernel kernel) {
    kernel.fallible = true;
    return kernel;
  };
  static const KernelTable table = {
      row_kernel<MakeDate, int32_t, int64_t, int64_t, int64_t>("make_date", {K::kBigint, K::kBigint, K::kBigint},
                                                               K::kDate),
      row_kernel<DateFromDays, int32_t, int32_t>("make_date", {K::kInteger}, K::kDate),
      row_kernel<MakeTimestamp, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double>(
          "make_timestamp", {K::kBigint, K::kBigint, K::kBigint, K::kBigint, K::kBigint, K::kDouble}, K::kTimestamp),
      row_kernel<TimestampFromMicros, int64_t, int64_t>("make_timestamp", {K::kBigint}, K::kTimestamp),
      row_kernel<TimestampFromMillis, int64_t, int64_t>("epoch_ms", {K::kBigint}, K::kTimestamp),
      row_kernel<TimestampFromMillis, int64_t, int64_t>("make_timestamp_ms", {K::kBigint}, K::kTimestamp),
      row_kernel<EpochOfTimestamp<kMicrosPerMillisecond>, int64_t, int64_t>("epoch_ms", {K::kTimestamp}, K::kBigint),
      row_kernel<EpochOfTimestamp<1>, int64_t, int64_t>("epoch_us", {K::kTimestamp}, K::kBigint),
      row_kernel<EpochOfDate<86'400'000>, int64_t, int32_t>("epoch_ms", {K::kDate}, K::kBigint),
      failing(row_kernel<EpochOfDate<86'400'000'000>, int64_t, int32_t>("epoch_us", {K::kDate}, K::kBigint)),
      failing(row_kernel<EpochOfDate<86'400'000'000'000>, int64_t, int32_t>("epoch_ns", {K::kDate}, K::kBigint)),
      failing(row_kernel<NanosOfTimestamp, int64_t, int64_t>("epoch_ns", {K::kTimestamp}, K::kBigint)),
      row_kernel<IsFinite<int32_t>, uint8_t, int32_t>("isfinite", {K::kDate}, K::kBoolean),
      row_kernel<IsFinite<int64_t>, uint8_t, int64_t>("isfinite", {K::kTimestamp}, K::kBoolean),
      row_kernel<IsInfinite<int32_t>, uint8_t, int32_t>("isinf", {K::kDate}, K::kBoolean),
      row_kernel<IsInfinite<int64_t>, uint8_t, int64_t>("isinf", {K::kTimestamp}, K::kBoolean),
  };
  return table;
}

}  // namespace segue::engine

// time_bucket(width, value[, origin]): the beginning of the bucket that a date or timestamp falls into. Buckets of
// months count from 2000-01-01, others from Monday, 2000-01-03. What is infinite stays so.
#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

constexpr int64_t kOrigin = 10959 * kMicrosPerDay;
constexpr int64_t kOriginOfMonths = 10957 * kMicrosPerDay;

// Months, or microseconds; nothing if it is both, or not above zero.
std::optional<Interval> checked_width(const Interval& width) {
  if (width.months != 0) {
    if (width.days != 0 || width.micros != 0 || width.months < 0) return std::nullopt;
    return width;
  }
  int64_t micros = 0;
  if (__builtin_mul_overflow(int64_t{width.days}, kMicrosPerDay, &micros) ||
      __builtin_add_overflow(micros, width.micros, &micros) || micros <= 0)
    return std::nullopt;
  return Interval{0, 0, micros};
}

// The multiple of width at or below value, counted from origin.
template <class T>
bool bucket(T value, T width, T origin, T& answer) {
  origin = static_cast<T>(origin % width);
  if (__builtin_sub_overflow(value, origin, &value)) return false;
  answer = value / width * width;
  if (value < 0 && value % width != 0 && __builtin_sub_overflow(answer, width, &answer)) return false;
  return !__builtin_add_overflow(answer, origin, &answer);
}

int32_t months_since_1970(int64_t timestamp) {
  Civil civil = civil_of(date_of_timestamp(timestamp));
  return (civil.year - 1970) * 12 + civil.month - 1;
}

bool bucket_of(const Interval& width, int64_t timestamp, int64_t origin, int64_t& answer) {
  if (width.months == 0) return bucket(timestamp, width.micros, origin, answer) && finite(answer);
  int32_t months = 0;
  if (!bucket(months_since_1970(timestamp), width.months, months_since_1970(origin), months)) return false;
  int32_t year = months / 12, month = months % 12;
  if (month < 0) {
    --year;
    month += 12;
  }
  auto date = date_of({1970 + year, month + 1, 1});
  auto begin = date ? midnight(*date) : std::nullopt;
  if (begin) answer = *begin;
  return begin.has_value();
}

[[noreturn]] void fail_bucket(const Interval& width) {
  std::string text = to_string(Value{TypeId::kInterval, width});
  if (!checked_width(width))
    fail_value(fmt::format("'{}' is no width of a bucket: it must be above zero, of months alone or of none", text));
  fail_value(fmt::format("out of range: a bucket of {}", text));
}

struct BucketOfTimestamp {
  static bool call(Interval width, int64_t timestamp, int64_t& answer) {
    return call(width, timestamp, width.months != 0 ? kOriginOfMonths : kOrigin, answer, true);
  }
  static bool call(Interval width, int64_t timestamp, int64_t origin, int64_t& answer, bool) {
    auto checked = checked_width(width);
    answer = timestamp;
    return checked && (!finite(timestamp) || bucket_of(*checked, timestamp, origin, answer));
  }
  [[noreturn]] static void fail(Interval width, int64_t) { fail_bucket(width); }
};

struct BucketOfDate {
  static bool call(Interval width, int32_t date, int32_t& answer) {
    auto begin = midnight(date);
    int64_t timestamp;
    if (!begin || !BucketOfTimestamp::call(width, *begin, timestamp)) return false;
    answer = finite(date) ? date_of_timestamp(timestamp) : date;
    return true;
  }
  [[noreturn]] static void fail(Interval width, int32_t) { fail_bucket(width); }
};

// NULL for an infinite origin.
struct BucketFrom {
  static bool call(Interval width, int64_t timestamp, int64_t origin, int64_t& answer) {
    if (!finite(origin)) return false;
    if (!BucketOfTimestamp::call(width, timestamp, origin, answer, true)) fail_bucket(width);
    return true;
  }
};

}  // namespace

const KernelTable& time_bucket_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made = {
        row_kernel<BucketOfTimestamp, int64_t, Interval, int64_t>("time_bucket", {K::kInterval, K::kTimestamp},
                                                                  K::kTimestamp),
        row_kernel<BucketOfDate, int32_t, Interval, int32_t>("time_bucket", {K::kInterval, K::kDate}, K::kDate),
        row_kernel<BucketFrom, int64_t, Interval, int64_t, int64_t>(
            "time_bucket", {K::kInterval, K::kTimestamp, K::kTimestamp}, K::kTimestamp),
    };
    made.back().fallible = true;
    return made;
  }();
  return table;
}

}  // namespace segue::engine

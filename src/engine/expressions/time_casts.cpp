// Casts between DATE and TIMESTAMP.
#include "engine/expressions/calendar.h"
#include "engine/expressions/casts.h"

namespace segue::engine {
namespace {

struct DateToTimestamp {
  static bool try_cast(int32_t date, int64_t& answer) {
    auto start = midnight(date);
    if (start) answer = *start;
    return start.has_value();
  }
};
struct TimestampToDate {
  static bool try_cast(int64_t timestamp, int32_t& answer) {
    answer = date_of_timestamp(timestamp);
    return true;
  }
};
template <class T>
struct Same {
  static bool try_cast(T value, T& answer) {
    answer = value;
    return true;
  }
};

}  // namespace

const KernelTable& time_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add_casts<DateToTimestamp, int64_t, int32_t>(made, Kind::kDate, Kind::kTimestamp, true);
    add_casts<TimestampToDate, int32_t, int64_t>(made, Kind::kTimestamp, Kind::kDate, false);
    add_casts<Same<int32_t>, int32_t, int32_t>(made, Kind::kDate, Kind::kDate, false);
    add_casts<Same<int64_t>, int64_t, int64_t>(made, Kind::kTimestamp, Kind::kTimestamp, false);
    add_casts<Same<Interval>, Interval, Interval>(made, Kind::kInterval, Kind::kInterval, false);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

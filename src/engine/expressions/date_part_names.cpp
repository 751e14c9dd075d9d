#include "engine/expressions/date_part_names.h"

#include <algorithm>
#include <unordered_map>

#include "base/ascii.h"
#include "engine/expressions/kernel.h"

namespace segue::engine {

std::optional<DatePart> date_part_named(std::string_view name) {
  using P = DatePart;
  static const std::unordered_map<std::string_view, DatePart> kNames = {
      {"year", P::kYear},
      {"yr", P::kYear},
      {"y", P::kYear},
      {"years", P::kYear},
      {"yrs", P::kYear},
      {"month", P::kMonth},
      {"mon", P::kMonth},
      {"months", P::kMonth},
      {"mons", P::kMonth},
      {"day", P::kDay},
      {"days", P::kDay},
      {"d", P::kDay},
      {"dayofmonth", P::kDay},
      {"decade", P::kDecade},
      {"dec", P::kDecade},
      {"decades", P::kDecade},
      {"decs", P::kDecade},
      {"century", P::kCentury},
      {"cent", P::kCentury},
      {"centuries", P::kCentury},
      {"c", P::kCentury},
      {"millennium", P::kMillennium},
      {"mil", P::kMillennium},
      {"millenniums", P::kMillennium},
      {"millennia", P::kMillennium},
      {"mils", P::kMillennium},
      {"millenium", P::kMillennium},
      {"microseconds", P::kMicrosecond},
      {"microsecond", P::kMicrosecond},
      {"us", P::kMicrosecond},
      {"usec", P::kMicrosecond},
      {"usecs", P::kMicrosecond},
      {"usecond", P::kMicrosecond},
      {"useconds", P::kMicrosecond},
      {"milliseconds", P::kMillisecond},
      {"millisecond", P::kMillisecond},
      {"ms", P::kMillisecond},
      {"msec", P::kMillisecond},
      {"msecs", P::kMillisecond},
      {"msecond", P::kMillisecond},
      {"mseconds", P::kMillisecond},
      {"second", P::kSecond},
      {"sec", P::kSecond},
      {"seconds", P::kSecond},
      {"secs", P::kSecond},
      {"s", P::kSecond},
      {"minute", P::kMinute},
      {"min", P::kMinute},
      {"minutes", P::kMinute},
      {"mins", P::kMinute},
      {"m", P::kMinute},
      {"hour", P::kHour},
      {"hr", P::kHour},
      {"hours", P::kHour},
      {"hrs", P::kHour},
      {"h", P::kHour},
      {"epoch", P::kEpoch},
      {"dow", P::kWeekday},
      {"dayofweek", P::kWeekday},
      {"weekday", P::kWeekday},
      {"isodow", P::kIsoWeekday},
      {"week", P::kWeek},
      {"weeks", P::kWeek},
      {"w", P::kWeek},
      {"weekofyear", P::kWeek},
      {"doy", P::kDayOfYear},
      {"dayofyear", P::kDayOfYear},
      {"quarter", P::kQuarter},
      {"quarters", P::kQuarter},
      {"yearweek", P::kYearWeek},
      {"isoyear", P::kIsoYear},
      {"era", P::kEra},
      {"julian", P::kJulian},
      {"jd", P::kJulian},
  };
  auto found = kNames.find(ascii::lower(name));
  if (found == kNames.end()) return std::nullopt;
  return found->second;
}

std::optional<DatePart> date_part_argument(const plan::Expression& call) {
  const Value* name = constant_argument(call, 0);
  if (name == nullptr) return std::nullopt;
  return date_part_named(std::get<std::string>(name->data));
}

std::optional<std::string> check_date_part(const plan::Expression& call) {
  if (date_part_argument(call)) return std::nullopt;
  return signature(call) + " is supported for a constant part only";
}

}  // namespace segue::engine

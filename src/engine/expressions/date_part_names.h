// The parts of dates and timestamps by the names that date_part and date_trunc take. Internal to the evaluator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plan/expression.h"

namespace segue::engine {

enum class DatePart : uint8_t {
  kYear,
  kMonth,
  kDay,
  kDecade,
  kCentury,
  kMillennium,
  kQuarter,
  kWeekday,
  kIsoWeekday,
  kDayOfYear,
  kWeek,
  kIsoYear,
  kYearWeek,
  kEra,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kEpoch,
  kJulian,
};

// Any case; nothing if there is no such part (or only DuckDB knows it: time zones).
std::optional<DatePart> date_part_named(std::string_view name);

// The part that argument 0 of a call names. Nothing if it is no constant or no such part.
std::optional<DatePart> date_part_argument(const plan::Expression& call);

// Why argument 0 of a call does not do, or nothing.
std::optional<std::string> check_date_part(const plan::Expression& call);

}  // namespace segue::engine

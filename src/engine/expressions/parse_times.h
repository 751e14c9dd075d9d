// Dates, timestamps and intervals in texts, as DuckDB's casts from VARCHAR read them. Internal to the evaluator.
#pragma once

#include <cstdint>
#include <string_view>

#include "columns/type.h"

namespace segue::engine {

// 2020-01-31, also with / \ or a space between, short months and days, " (BC)", infinity, -infinity, epoch; what
// follows is ignored unless it is a digit. False: no such day.
bool parse_date(std::string_view text, int32_t& answer);

// A date, then [T| ]hh:mm[:ss[.ffffff]] and a zone: Z, an offset (which is read and ignored) or " UTC". False: no such
// time.
bool parse_timestamp(std::string_view text, int64_t& answer);

// "1 year 2 days ago", "3 hours", "01:30:00"; fractions go to the next smaller unit. False: no such interval.
bool parse_interval(std::string_view text, Interval& answer);

}  // namespace segue::engine

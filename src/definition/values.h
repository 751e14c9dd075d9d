// Values of parameters as people write them.
#pragma once

#include <optional>
#include <string_view>

#include "columns/value.h"
#include "definition/definition.h"

namespace segue::definition {

// "path", "interval", …: as `type:` spells it.
std::string_view to_string(ParamType type);

// What a type looks like, for hints: "20 minutes", "true", …
std::string_view example_of(ParamType type);

// "an interval", "a whole number", …
std::string_view describe(ParamType type);

// The value that text stands for, or nothing. Blanks around it do not count, except for paths and VARCHAR.
std::optional<Value> parse_value(ParamType type, std::string_view text);

// One or more of NUMBER UNIT ("1 hour 30 minutes", "90s", "-1.5 days"), then perhaps HH:MM[:SS[.ffffff]]; or that
// alone. Units: years, months, weeks, days, hours, minutes, seconds, milliseconds, microseconds, also in the singular
// and as y, mon, w, d, h, min, m, s, sec, ms, us. A fraction needs a unit of hours or less. Months, days and
// microseconds are kept apart, as DuckDB's INTERVAL does.
std::optional<Interval> parse_interval(std::string_view text);

// A length of time from 0 on, without months, in µs: what parse_interval() takes.
std::optional<int64_t> parse_duration(std::string_view text);

// Days since 1970-01-01 of YYYY-MM-DD, years 1 to 9999.
std::optional<int32_t> parse_date(std::string_view text);

// Microseconds since 1970-01-01 UTC of YYYY-MM-DD[(T| )HH:MM[:SS[.ffffff]][Z|±HH[[:]MM]]]; without a zone it is UTC.
std::optional<int64_t> parse_timestamp(std::string_view text);

}  // namespace segue::definition

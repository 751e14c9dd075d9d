// One value as text, to the value: what a field of a delimited file (and a string in JSON) may say for each type.
//
// Spaces before and after are ignored for every type but VARCHAR. The forms are those that DuckDB 1.5 casts from, fewer
// where its leniency hides mistakes:
//   BOOLEAN    true t yes y 1, false f no n 0; any case
//   integers   [+-]digits; no fraction, no exponent
//   FLOAT,     [+-]digits[.digits][e[+-]digits], either part of the number may be missing; inf, infinity, nan in any
//   case with a sign; DOUBLE     what is too large is kRange, what is too small is 0 DECIMAL    as DOUBLE without inf
//   and nan; digits past the scale are rounded, half away from zero DATE       YYYY-MM-DD, or with /; month and day may
//   have one digit; years 0001 to 290000 TIMESTAMP  a date, then nothing (midnight) or, after T or spaces,
//   HH:MM[:SS[.fraction]]; hours, minutes and seconds may have one digit;
//              24:00:00 is the next midnight; of a fraction the first six digits count, the rest is cut.
//              After the time a zone: Z, UTC, +HH, +HHMM, +HH:MM, +HH:MM:SS (or -), with spaces before it or not:
//              converted to UTC
#pragma once

#include <cstdint>
#include <string_view>

#include "columns/type.h"

namespace segue::formats {

enum class Parsed : uint8_t {
  kOk,
  kSyntax,  // no value of the type
  kRange,   // one that does not fit, or a day that does not exist
};

// None throws; the value is unspecified unless kOk is returned.
Parsed parse_boolean(std::string_view text, uint8_t& value);
Parsed parse_float(std::string_view text, float& value);
Parsed parse_double(std::string_view text, double& value);
Parsed parse_date(std::string_view text, int32_t& days);
Parsed parse_timestamp(std::string_view text, int64_t& micros);

// Any of the signed integer types: kRange outside [least, most].
Parsed parse_integer(std::string_view text, int64_t least, int64_t most, int64_t& value);

// value is the number times 10^scale. REQUIRES: 1 <= width <= 38, scale <= width.
Parsed parse_decimal(std::string_view text, uint8_t width, uint8_t scale, Int128& value);

}  // namespace segue::formats

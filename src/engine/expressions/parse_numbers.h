// Numbers in texts, as DuckDB's casts from VARCHAR read them. Internal to the evaluator.
//
//   spaces ['-'|'+'] digits ['.' digits] ['e' ['-'|'+'] digits] spaces
// One underscore may stand between two digits. Integers also come as 0x1F and 0b101 (not HUGEINT). An integer rounds by
// its first digit behind the point, half away from zero.
#pragma once

#include <cstdint>
#include <string_view>

#include "columns/type.h"

namespace segue::engine {

// False: no such number, or out of range.
bool parse_integer(std::string_view text, int64_t& answer);
bool parse_integer(std::string_view text, Int128& answer);
bool parse_float(std::string_view text, float& answer);
bool parse_float(std::string_view text, double& answer);
// answer is the value times 10^scale. REQUIRES: 1 <= width <= 38, scale <= width.
bool parse_decimal(std::string_view text, int width, int scale, Int128& answer);

inline bool digit(char c) { return c >= '0' && c <= '9'; }
inline bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace segue::engine

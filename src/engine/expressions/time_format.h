// Formats of strftime and strptime. Internal to the evaluator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/expression.h"

namespace segue::engine {

// Texts and what stands between them: "%d. %B" is {"", 'd'}, {". ", 'B'}, and an empty rest.
struct TimeFormat {
  struct Part {
    std::string before;
    char specifier;      // the letter behind %
    bool padded = true;  // false of %-d and its like
  };
  std::vector<Part> parts;
  std::string rest;
};

// Nothing if it is none, or if it has a specifier that is not one of `known`. %c, %x, %X and %T come as what they stand
// for, %h as %b.
std::optional<TimeFormat> parse_time_format(std::string_view format, std::string_view known);

// The names of days from Sunday on and of months; their first three letters are the short ones.
std::string_view day_name(size_t weekday);
std::string_view month_name(size_t month);  // 1 to 12

}  // namespace segue::engine

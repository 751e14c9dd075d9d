// How types are spelled, for those who describe files to other programs.
#pragma once

#include <string>
#include <vector>

namespace segue {

// The spellings of types that a column may have, in small letters, the usual one of each type first; those that may
// have `(…)` behind them too. Lists and structs are made of these.
std::vector<std::string> type_names();

// A regular expression (ECMA, as JSON Schema has them) of all that parse_type() reads and a column may have, and of
// little else: fields of structs are not looked at.
std::string type_pattern();

}  // namespace segue

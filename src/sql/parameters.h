// `$name` in SQL text, replaced by values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "columns/value.h"
#include "duckdb/tokens.h"
#include "sql/binder.h"

namespace segue::sql {

// A text in which values were put in, and how its bytes map to the text before.
struct Replaced {
  std::string text;
  std::vector<Piece> pieces;
};

// Puts the literals of values in for every `$name`; strings, quoted names and comments are not touched.
// Throws SqlError for names that params lacks, and for `?` and `$1`.
Replaced replace_parameters(std::string_view text, const std::vector<duckdb::Token>& tokens,
                            const std::map<std::string, Value>& params);

// Where byte `position` of a bound text stands in the user's.
uint64_t user_position(const std::vector<Piece>& pieces, uint64_t position);

// True if two parsed statements differ in nothing but that `after` has expressions where `before` has parameters.
bool same_but_parameters(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace segue::sql

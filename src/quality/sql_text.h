// Pieces of SQL that checks are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns/type.h"
#include "quality/checks.h"

namespace segue::quality {

bool numeric(const Type& type);
// By name, letters' case aside; null if there is none.
const Field* find_field(const std::vector<Field>& fields, const std::string& name);

// A name in quotes: always, as names of hidden tables are no identifiers.
std::string quote(const std::string& name);
std::string quote_text(const std::string& text);
// Each name in quotes, with this behind it.
std::vector<std::string> quoted(const std::vector<std::string>& names, std::string_view suffix = "");
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// What `what` is where it lies outside of the check's bounds, which are read as this type; "false" without bounds.
std::string outside(const std::string& what, const Check& check, const Type& type);
std::string outside_counts(const std::string& what, const Check& check);

// The rows that break a check that looks at one row at a time (so neither unique nor relationship), for WHERE. Where it
// is NULL the row is fine. REQUIRES: the check fits the fields.
std::string breaking(const Check& check, const std::vector<Field>& fields);

// The columns of keys_query(): "segue key 1", …, in quotes.
std::string key_column(size_t index);

}  // namespace segue::quality

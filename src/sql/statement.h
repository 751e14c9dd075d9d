// What a parsed statement (json_serialize_sql) reads and calls, and what of that a step may not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sql/binder.h"

namespace segue::sql {

// A table's name in FROM, as parsed.
struct TableUse {
  std::string catalog, schema, table;
  bool versioned = false;  // … AT (…)
  uint64_t position = BoundQuery::kNoPosition;
};

// All tables read in a statement, in text order where positions are known; names that its WITH clauses give are left
// out where they hold: after the clause, and inside it if it is recursive.
std::vector<TableUse> tables_read(const nlohmann::json& statement);

// What a step may not do, by bytes of the parsed text: table functions that read files or the system, functions that
// ask for the session, DESCRIBE and SHOW. Positions may be BoundQuery::kNoPosition.
std::vector<Mistake> forbidden(const nlohmann::json& statement);

// The expressions of the result's columns where each column has just one: the select list of the outermost (of a set
// operation: the first) SELECT, if no star is in it. Else null.
const nlohmann::json* result_expressions(const nlohmann::json& statement);

}  // namespace segue::sql

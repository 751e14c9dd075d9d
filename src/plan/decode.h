// DuckDB's serialized bound plan -> plan nodes.
//
// Input is one element of "plans" of json_serialize_plan(…, optimize := false), DuckDB 1.5: operators under "type",
// expressions with their types, columns already resolved to positions (BOUND_REF).
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "plan/node.h"

namespace segue::plan {

// Thrown when a plan holds what our nodes cannot say; the step then runs in DuckDB. Not an error of the user's.
struct Unsupported {
  std::string reason;
};

// What a table name in the query stands for: a node whose columns are the table's, in declared order.
using TableLookup = std::function<NodePtr(const std::string& name)>;

// The root of the query. Filters are pushed towards the scans and into joins, LIMIT over ORDER BY is one Sort.
// Throws Unsupported; Failure(kInternal) if the text is not such a plan.
NodePtr decode(const nlohmann::json& plan, const TableLookup& tables);

// A type as serialized: {"id": "DECIMAL", "type_info": {…}}. Throws Unsupported.
Type decode_type(const nlohmann::json& type);

// One expression. Throws Unsupported.
ExpressionPtr decode_expression(const nlohmann::json& expression);

// Columns of each table that the plan reads: table name -> column indices, ascending. Works for any plan.
std::map<std::string, std::vector<size_t>> columns_read(const nlohmann::json& plan);

}  // namespace segue::plan

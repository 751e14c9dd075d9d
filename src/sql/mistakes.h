// DuckDB's errors in our words.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "duckdb/tokens.h"
#include "sql/binder.h"

namespace segue::sql {

// The error of json_serialize_sql or json_serialize_plan ({"error_message": …, "position": …, "candidates": …}). Its
// offset is that of the text that was parsed; BoundQuery::kNoPosition where DuckDB does not say and the text does not
// show it.
Mistake explain(const nlohmann::json& error, std::string_view text, const std::vector<duckdb::Token>& tokens);

}  // namespace segue::sql

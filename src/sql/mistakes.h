// DuckDB's errors in our words.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "duckdb/explain_error.h"
#include "duckdb/tokens.h"
#include "sql/binder.h"

namespace segue::sql {

// The error of json_serialize_sql or json_serialize_plan ({"error_message": …, "position": …, "candidates": …}). Its
// offset is that of the text that was parsed; BoundQuery::kNoPosition where DuckDB does not say and the text does not
// show it. columns_here: as explain_error() asks for them.
Mistake explain(const nlohmann::json& error, std::string_view text, const std::vector<duckdb::Token>& tokens,
                const duckdb::ColumnsHere& columns_here);

}  // namespace segue::sql

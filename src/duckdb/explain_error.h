// What DuckDB says is wrong with a text, in our words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace segue::duckdb {

struct Explained {
  std::string message;
  std::string hint;
};

// The columns that may be named where the mistake is: of all tables there, or of the one that has this name there.
// Empty if nobody knows.
using ColumnsHere = std::function<std::vector<std::string>(const std::string& table)>;

// `error` is an answer of Parser::parse() or plan(), or DuckdbError::details. What is not known is said as DuckDB says
// it.
Explained explain_error(const nlohmann::json& error, const ColumnsHere& columns_here);

}  // namespace segue::duckdb

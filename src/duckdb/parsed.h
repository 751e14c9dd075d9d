// Statements as DuckDB parses them: the JSON of json_serialize_sql.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <duckdb.h>
#include <nlohmann/json.hpp>

#include "columns/type.h"
#include "duckdb/instance.h"

namespace segue::duckdb {

// Calls of DuckDB's JSON functions on one connection, prepared once. Not thread-safe; the connection outlives it.
class Parser {
 public:
  explicit Parser(duckdb_connection connection);
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // {"error": false, "statements": [{"node": …}, …]} or {"error": true, "error_type": …, "error_message": …,
  // "position": "7"}. An error too if the text has a NUL byte or is no UTF-8.
  nlohmann::json parse(std::string_view text);
  // {"error": false, "plans": […]} or an error likewise: json_serialize_plan(text, optimize := false).
  nlohmann::json plan(std::string_view text);

  // The columns of the tables that a SELECT of a parsed statement reads, or of the one that it calls `table`, in their
  // order: that SELECT in which a name of a column stands at this position. Empty if there is none, or if its tables
  // have mistakes of their own.
  std::vector<std::string> columns_at(const nlohmann::json& statement, uint64_t position,
                                      const std::string& table = {});

  // The value of a parsed expression over no rows, cast to INTERVAL; nothing if it has none.
  std::optional<Interval> constant_interval(const nlohmann::json& expression);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// PostgreSQL's scanner, which finds errors of type SYNTAX_ERROR, counts code points where the rest of DuckDB counts
// bytes.
inline bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }
uint64_t byte_of_code_point(std::string_view text, uint64_t code_points);

// The text of a node's key, or empty if it has none there. (nlohmann's value() throws for another type.)
std::string text_at(const nlohmann::json& node, const char* key);

// query_location of a parsed node, or kNoPosition.
uint64_t position_of(const nlohmann::json& node);

// The least known position in a node and below, or kNoPosition.
uint64_t first_position(const nlohmann::json& node);

// The same expression, wherever it stands and whatever alias it has.
bool same_expression(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace segue::duckdb

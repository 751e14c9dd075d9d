#include "duckdb/parsed.h"

#include <algorithm>

#include "base/error.h"
#include "duckdb/handle.h"
#include "duckdb/instance.h"
#include "duckdb/literal.h"

namespace segue::duckdb {

using Json = nlohmann::json;

namespace {

// The text of row 0, column 0 of a chunk. REQUIRES: VARCHAR, a row, not NULL.
std::string_view first_text(duckdb_data_chunk chunk) {
  auto text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
  return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

Json error_json(std::string type, std::string message) {
  return {{"error", true}, {"error_type", std::move(type)}, {"error_message", std::move(message)}};
}

Prepared prepare(duckdb_connection connection, const char* sql) {
  Prepared statement;
  if (duckdb_prepare(connection, sql, statement.out()) != DuckDBSuccess) {
    fail(ErrorCode::kInternal, Instance::parse_error(duckdb_prepare_error(statement.get())).message);
  }
  return statement;
}

Json call(duckdb_prepared_statement statement, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return error_json("parser", "SQL text holds a NUL byte");
  Result result;
  if (duckdb_bind_varchar_length(statement, 1, text.data(), text.size()) != DuckDBSuccess) {
    return error_json("parser", "SQL text is not valid UTF-8");
  }
  if (duckdb_execute_prepared(statement, result.get()) != DuckDBSuccess) {
    DuckdbError error = Instance::parse_error(duckdb_result_error(result.get()));
    return error_json(error.type, error.message);
  }
  Chunk chunk(duckdb_fetch_chunk(*result.get()));
  SEGUE_ASSERT(chunk && duckdb_data_chunk_get_size(chunk.get()) == 1);
  Json parsed = Json::parse(first_text(chunk.get()), nullptr, false);
  return parsed.is_object() ? parsed : error_json("internal", "DuckDB's answer cannot be read");
}

}  // namespace

struct Parser::Impl {
  duckdb_connection connection;
  Prepared parse;
  Prepared plan;
};

Parser::Parser(duckdb_connection connection)
    : impl_(std::make_unique<Impl>(
          Impl{connection, prepare(connection, "SELECT json_serialize_sql(CAST(? AS VARCHAR))"),
               prepare(connection, "SELECT json_serialize_plan(CAST(? AS VARCHAR), optimize := false)")})) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Json Parser::parse(std::string_view text) { return call(impl_->parse.get(), text); }
Json Parser::plan(std::string_view text) { return call(impl_->plan.get(), text); }

uint64_t byte_of_code_point(std::string_view text, uint64_t code_points) {
  size_t offset = 0;
  for (; offset < text.size(); ++offset) {
    if (begins_code_point(text[offset]) && code_points-- == 0) break;
  }
  return offset;
}

std::string text_at(const Json& node, const char* key) {
  if (!node.is_object()) return "";
  auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : "";
}

uint64_t position_of(const Json& node) {
  if (!node.is_object()) return kNoPosition;
  auto position = node.find("query_location");
  return position != node.end() && position->is_number_unsigned() ? position->get<uint64_t>() : kNoPosition;
}

uint64_t first_position(const Json& node) {
  uint64_t least = position_of(node);
  if (node.is_structured()) {
    for (const Json& child : node) least = std::min(least, first_position(child));
  }
  return least;
}

bool same_expression(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.items()) {
      if (key == "query_location" || key == "alias") continue;
      auto other = b.find(key);
      if (other == b.end() || !same_expression(value, *other)) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array()) return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_expression);
  return a == b;
}

namespace {

// The SELECTs around the name of a column at a position, the innermost last; empty if there is none.
bool find_selects(const Json& node, uint64_t position, std::vector<const Json*>& selects) {
  if (!node.is_structured()) return false;
  bool select = text_at(node, "type") == "SELECT_NODE";
  if (select) selects.push_back(&node);
  if (text_at(node, "class") == "COLUMN_REF" && position_of(node) == position) return true;
  for (const Json& child : node)
    if (find_selects(child, position, selects)) return true;
  if (select) selects.pop_back();
  return false;
}

// Without the conditions of joins: the mistake may be in them, and they make no columns.
void drop_conditions(Json& from) {
  if (!from.is_structured()) return;
  std::string type = text_at(from, "type");
  if (type == "SUBQUERY") return;
  if (type == "JOIN") {
    from["condition"] = nullptr;
    from["using_columns"] = Json::array();
    from["ref_type"] = "CROSS";
    from["join_type"] = "INNER";
  }
  for (Json& child : from) drop_conditions(child);
}

}  // namespace

std::vector<std::string> Parser::columns_at(const Json& statement, uint64_t position, const std::string& table) {
  std::vector<const Json*> selects;
  find_selects(statement, position, selects);
  if (selects.empty()) return {};
  // DuckDB itself says what `SELECT *` over the same tables has.
  Json all = parse("SELECT * FROM t");
  SEGUE_ASSERT(all.contains("statements"));
  Json& node = all["statements"][0]["node"];
  node["from_table"] = selects.back()->at("from_table");
  drop_conditions(node["from_table"]);
  if (!table.empty()) node["select_list"][0]["relation_name"] = table;
  for (const Json* select : selects)
    for (const Json& with : select->at("cte_map").at("map")) node["cte_map"]["map"].push_back(with);
  std::string sql = "SELECT json_deserialize_sql(" + literal(Value{TypeId::kVarchar, all.dump()}) + ")";
  Result result;
  if (duckdb_query(impl_->connection, sql.c_str(), result.get()) != DuckDBSuccess) return {};
  Chunk chunk(duckdb_fetch_chunk(*result.get()));
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) != 1) return {};
  Prepared prepared;
  std::string text(first_text(chunk.get()));
  if (duckdb_prepare(impl_->connection, text.c_str(), prepared.out()) != DuckDBSuccess) return {};
  std::vector<std::string> names;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(prepared.get()); ++i) {
    const char* name = duckdb_prepared_statement_column_name(prepared.get(), i);
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
    duckdb_free(const_cast<char*>(name));
  }
  return names;
}

std::optional<Interval> Parser::constant_interval(const Json& expression) {
  // Puts the expression into a parsed `SELECT CAST(… AS INTERVAL)` and lets DuckDB run that.
  Json parsed = parse("SELECT CAST(NULL AS INTERVAL)");
  SEGUE_ASSERT(parsed.contains("statements"));
  parsed["statements"][0]["node"]["select_list"][0]["child"] = expression;
  std::string sql =
      "SELECT * FROM json_execute_serialized_sql(" + literal(Value{TypeId::kVarchar, parsed.dump()}) + ")";
  Result result;
  if (duckdb_query(impl_->connection, sql.c_str(), result.get()) != DuckDBSuccess) return std::nullopt;
  Chunk chunk(duckdb_fetch_chunk(*result.get()));
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) != 1) return std::nullopt;
  duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), 0);
  uint64_t* valid = duckdb_vector_get_validity(vector);
  if (valid != nullptr && !duckdb_validity_row_is_valid(valid, 0)) return std::nullopt;
  auto interval = static_cast<duckdb_interval*>(duckdb_vector_get_data(vector));
  return Interval{interval->months, interval->days, interval->micros};
}

}  // namespace segue::duckdb

// `FROM pipeline.table [alias] AT (VERSION => …)`: DuckDB's grammar has the clause, its views have no versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue::duckdb {

// One clause and the table that it is of, as bytes of the text.
struct VersionClause {
  std::string schema, table;  // as they are spelled, without quotes
  bool timestamp = false;     // AT (TIMESTAMP => …), else VERSION
  std::string expression;     // behind the arrow
  uint64_t schema_offset = 0, schema_length = 0;
  uint64_t offset = 0, length = 0;  // of AT ( … )
};

// The clauses of all tables with a schema, in the order of the text; others are left to DuckDB.
std::vector<VersionClause> find_version_clauses(std::string_view text);

// The text with each clause blanked out and its table's schema replaced by that of the same index. Bytes outside of
// what is between a schema and the end of its clause stay where they are.
std::string without_version_clauses(std::string_view text, const std::vector<VersionClause>& clauses,
                                    const std::vector<std::string>& schemas);

}  // namespace segue::duckdb

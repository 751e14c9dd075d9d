// What parity tests share: queries run natively and in DuckDB, and rows compared.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "columns/value.h"
#include "duckdb/duckdb_engine.h"
#include "plan/graph.h"
#include "sql/binder.h"

namespace segue {

// Tables in memory, and all ways to run a query over them. Belongs to one thread.
class Session {
 public:
  // name and the SELECT that makes it, which may read the tables before it
  using Table = std::pair<std::string, std::string>;
  explicit Session(const std::vector<Table>& tables);

  sql::BoundQuery bind(const std::string& sql) { return binder_.bind(sql); }
  Relation duckdb(const sql::BoundQuery& query);
  plan::Graph graph(const sql::BoundQuery& query, bool force_foreign = false);
  // Runs the graph; steps that are not native go to DuckDB, as in a run. Rows come in pieces of `piece` rows, text
  // coded as from a scan or not.
  Relation execute(const plan::Graph& graph, const sql::BoundQuery& query, size_t threads, size_t piece,
                   bool with_codes);

 private:
  Cancellation cancellation_;
  duckdb::Engine engine_;
  sql::Binder binder_;
  std::map<std::string, Relation> tables_, coded_;
};

// A value as it stands in a row: quoted where it could be read as another value, as two, or as the end of the rows. See
// README.md.
std::string cell(const Value& value);
// The values of a row that cell() wrote, quotes and all.
std::vector<std::string> cells(const std::string& row);

// Rows as text, values apart by '|'; sorted unless their order counts.
std::vector<std::string> rows_of(const Relation& relation, bool ordered);

// Rows are equal if their values are, numbers that are printed with a point or an exponent to 1e-12.
bool same_row(const std::string& a, const std::string& b);

}  // namespace segue

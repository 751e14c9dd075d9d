// The checks of a pipeline's steps, bound: each becomes hidden queries of the graph, computed along with the steps.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "duckdb/duckdb_engine.h"
#include "runs/prepare.h"
#include "sql/binder.h"

namespace segue::runs {

// What a relationship may look into: a source or step by its name, or a table of the lake by its full name.
struct KnownTable {
  std::vector<Field> fields;
};

// What checks add to the graph. In order: each comes after those that it reads.
struct HiddenQuery {
  std::string name;
  sql::BoundQuery query;
  bool materialized = true;
};
using HiddenQueries = std::vector<HiddenQuery>;

class CheckBinding {
 public:
  // Tells of a table; nothing if there is none.
  using FindTable = std::function<std::optional<KnownTable>(const std::string& name)>;

  // `binder` knows all sources and steps, and what find_table() tells of; all but options outlive this. Mistakes go to
  // `errors`, located in the definition.
  CheckBinding(sql::Binder& binder, const std::map<std::string, Value>& params, const PrepareOptions& options,
               FindTable find_table, std::vector<Error>& errors);

  // Binds the checks of a step that hold rows back, if it has any: `hidden` gets their queries and what parts the rows,
  // and the result is the query that gives the step's table its rows. REQUIRES: `binder` knows step.all_rows_name, with
  // the step's fields. Nothing if there is no such check, or it is wrong.
  std::optional<sql::BoundQuery> bind_holding(PreparedStep& step, HiddenQueries& hidden);

  // Binds the other checks of a step; `hidden` gets their queries. After all steps.
  void bind(PreparedStep& step, HiddenQueries& hidden);

 private:
  // False if it is wrong.
  bool bind(const definition::Check& check, PreparedStep& step, HiddenQueries& hidden);
  std::string name_of(const PreparedStep& step, const definition::Check& check) const;
  bool fits(const definition::Check& check, const quality::Check& meaning, const PreparedStep& step);
  bool constants_fit(const definition::Check& check, const quality::Check& meaning, const std::vector<Field>& fields);
  bool pattern_fits(const definition::Check& check);
  bool bind_expression(const definition::Check& check, const quality::Queries& queries);
  bool bind_query(const std::string& name, const std::string& text, const definition::Check& check,
                  HiddenQueries& hidden);
  duckdb::Engine& duckdb();

  sql::Binder& binder_;
  const std::map<std::string, Value>& params_;
  int64_t now_;
  FindTable find_table_;
  std::vector<Error>& errors_;
  std::optional<duckdb::Engine> duckdb_;  // made when it is needed
};

}  // namespace segue::runs

// The checks of a pipeline's steps, bound: each becomes hidden queries of the graph, computed along with the steps.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
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

// A name for the hidden query of a check, and the query. In order: each comes after those that it reads.
using HiddenQueries = std::vector<std::pair<std::string, sql::BoundQuery>>;

class CheckBinding {
 public:
  // Tells of a table; nothing if there is none.
  using FindTable = std::function<std::optional<KnownTable>(const std::string& name)>;

  // `binder` knows all sources and steps, and what find_table() tells of; all but options outlive this. Mistakes go to
  // `errors`, located in the definition.
  CheckBinding(sql::Binder& binder, const std::map<std::string, Value>& params, const PrepareOptions& options,
               FindTable find_table, std::vector<Error>& errors);

  // Binds the checks of a step, adds them to it and their queries to `hidden`.
  void bind(PreparedStep& step, HiddenQueries& hidden);

 private:
  void bind(const definition::Check& check, PreparedStep& step, HiddenQueries& hidden);
  std::string name_of(const PreparedStep& step, const definition::Check& check, const HiddenQueries& hidden) const;
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

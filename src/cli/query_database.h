// What ad-hoc SQL may read: the published tables, and the sources of pipelines.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "cli/command.h"
#include "definition/definition.h"
#include "duckdb/database.h"
#include "lake/lake.h"

namespace segue::cli {

struct QueryChoice {
  definition::Settings settings;
  std::map<std::string, std::string> params;  // of the pipelines whose sources are read
};

// Of a query: as the settings say, else one a core.
size_t thread_count(const definition::Settings& settings);

// A database with `pipeline.step` for each published table and `pipeline.source` for each source. A pipeline whose
// definition has mistakes is left out: `segue check` tells them. Throws Failure. `context` outlives the database.
std::unique_ptr<duckdb::Database> open_query_database(const definition::Project& project, const QueryChoice& choice,
                                                      const Context& context);

// A database of one table, called `name`. `context` outlives it.
std::unique_ptr<duckdb::Database> open_table_database(const lake::TableState& table, const std::string& name,
                                                      const definition::Settings& settings, const Context& context);

// All rows of a query as text; no value is NULL. For small results.
using TextRow = std::vector<std::optional<std::string>>;
std::vector<TextRow> text_rows(duckdb::Database& database, const std::string& sql, const Cancellation& cancellation);

}  // namespace segue::cli

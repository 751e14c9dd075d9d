// Segue's own records as tables for ad-hoc SQL: segue.runs, segue.check_results, …, segue.quarantine and
// segue.statistics.
#pragma once

#include <vector>

#include "base/cancellation.h"
#include "definition/definition.h"
#include "duckdb/database.h"
#include "lake/lake.h"

namespace segue::cli {

// The records of the project's runs, what the quarantine tables of all pipelines hold now, and what is known of the
// columns of all tables. Nothing is read before a query does. `cancellation` outlives the tables.
std::vector<duckdb::ReadTable> record_tables(const definition::Project& project, const lake::Lake& lake,
                                             const Cancellation& cancellation);

}  // namespace segue::cli

// A pipeline's source as a table for ad-hoc SQL.
#pragma once

#include <memory>
#include <string>

#include "base/cancellation.h"
#include "definition/definition.h"
#include "duckdb/table_function.h"
#include "runs/table_columns.h"

namespace segue::cli {

// Opens no file until it is read. Bad rows are treated as the source says: left out where it has a quarantine, else an
// error; and they are the same ones as in a run. REQUIRES: the pipeline has the source, and it
// is no table. `find_columns`: of tables that are sources of the same pipeline. `cancellation` outlives the
// table.
std::shared_ptr<duckdb::TableSource> make_source_table(std::shared_ptr<const definition::Pipeline> pipeline,
                                                       const std::string& source, runs::FindColumns find_columns,
                                                       const Cancellation& cancellation);

}  // namespace segue::cli

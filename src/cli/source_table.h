// A pipeline's source as a table for ad-hoc SQL.
#pragma once

#include <memory>

#include "base/cancellation.h"
#include "definition/definition.h"
#include "duckdb/table_function.h"

namespace segue::cli {

// Opens no file until it is read. Bad rows are treated as the source says: left out where it has a quarantine, else an
// error. A row is bad by the columns that the query reads. `cancellation` outlives the table.
std::shared_ptr<duckdb::TableSource> make_source_table(const definition::Source& source,
                                                       const Cancellation& cancellation);

}  // namespace segue::cli

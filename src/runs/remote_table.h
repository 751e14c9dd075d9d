// Tables of a lake on S3, which DuckDB cannot open itself: it is handed their rows.
#pragma once

#include <memory>
#include <string>

#include "base/cancellation.h"
#include "duckdb/table_function.h"
#include "lake/table.h"

namespace segue::runs {

// A version of a table. With a last column of the name `file_column`, unless that is empty, which tells the address of
// the file that a row is in. `cancellation` outlives it.
std::shared_ptr<duckdb::TableSource> make_remote_table(const lake::TableState& table, const std::string& file_column,
                                                       const Cancellation& cancellation);

}  // namespace segue::runs

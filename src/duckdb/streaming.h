// Results row by row, while the query runs.
#pragma once

#include <duckdb.h>

namespace segue::duckdb {

// As duckdb_execute_prepared, but rows are computed as duckdb_fetch_chunk asks for them. An error that comes up then is
// duckdb_result_error's.
duckdb_state execute_streaming(duckdb_prepared_statement statement, duckdb_result* result);

}  // namespace segue::duckdb

// DuckDB marks its streaming calls as to be removed one day, and has no others. The version is pinned, and this is the
// only file to change.
#undef DUCKDB_API_NO_DEPRECATED
#include "duckdb/streaming.h"

namespace segue::duckdb {

duckdb_state execute_streaming(duckdb_prepared_statement statement, duckdb_result* result) {
  duckdb_pending_result pending = nullptr;
  if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess) {
    // The error is in the pending result; running it moves it into the result.
    duckdb_execute_pending(pending, result);
    duckdb_destroy_pending(&pending);
    return DuckDBError;
  }
  duckdb_state state = duckdb_execute_pending(pending, result);
  duckdb_destroy_pending(&pending);
  return state;
}

}  // namespace segue::duckdb

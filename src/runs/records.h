// The records of runs as tables: what `segue sql` shows as segue.runs, segue.check_results, ….
#pragma once

#include <string>
#include <vector>

#include "columns/column.h"
#include "columns/type.h"
#include "runs/sqlite.h"

namespace segue::runs {

struct RecordTable {
  std::string name;  // "check_results"
  std::vector<Field> fields;
  const char* sql;  // over the database of run_store.h: a column for each field, times as µs since 1970 UTC
};

// Every table, oldest runs first. Lives as long as the program.
const std::vector<RecordTable>& record_tables();

// The rows of a statement with columns of these types: VARCHAR, BIGINT, DOUBLE, BOOLEAN or TIMESTAMP.
Relation read_relation(Statement& rows, const std::vector<Field>& fields);

}  // namespace segue::runs

// What DuckDB's result types become in the lake.
#pragma once

#include <string>

#include <duckdb.h>

#include "columns/type.h"

namespace segue::sql {

struct LakeType {
  Type type;            // the lake type; where `refused` says something, the one to cast to (NULL if there is none)
  bool cast = false;    // the column's own type is another one that every value but those too large fits into
  std::string refused;  // why there is none: "INTERVAL is no type that a table may have", or empty
  std::string hint;     // what to write instead; "" to cast to `type`
};

// HUGEINT and UHUGEINT become BIGINT, unsigned integers the next wider one (UBIGINT BIGINT), timestamps of other units
// TIMESTAMP, JSON VARCHAR, all the way down. Times with zone, intervals, enums, … are the user's to cast.
LakeType lake_type_of(duckdb_logical_type type);

}  // namespace segue::sql

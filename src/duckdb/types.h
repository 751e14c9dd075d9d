// DuckDB's types and ours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <duckdb.h>

#include "columns/type.h"
#include "duckdb/handle.h"

namespace segue::duckdb {

// Throws Failure(kInternal) for a struct without fields.
LogicalType to_duckdb(const Type& type);

// The type if we have it (lake types, HUGEINT, INTERVAL, NULL), else nothing.
std::optional<Type> from_duckdb(duckdb_logical_type type);

// As SQL spells it, whether we have it or not: "UUID", "MAP(VARCHAR, UINTEGER)", "STRUCT(a TIME)[]".
std::string describe(duckdb_logical_type type);

}  // namespace segue::duckdb

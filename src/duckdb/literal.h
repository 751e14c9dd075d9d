// Values as SQL text.
#pragma once

#include <string>

#include "columns/value.h"

namespace segue::duckdb {

// An expression that DuckDB reads as exactly this value, of exactly its type: 'it''s', CAST('00:20:00' AS INTERVAL),
// NULL::DATE. It is closed: it means the same wherever an expression may stand. Throws Failure(kInternal) for text with
// a NUL byte.
std::string literal(const Value& value);

}  // namespace segue::duckdb

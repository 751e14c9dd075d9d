// The total order of values, DuckDB's: what ORDER BY, min, max and the comparison operators agree on.
#pragma once

#include <cstddef>

#include "columns/column.h"

namespace segue::engine {

// Negative, zero or positive as a[i] orders before, equal to or after b[j].
// Numbers by value, NaN equal to itself and above all others, -0 = 0; strings and blobs by bytes; intervals by their
// length with months of 30 days; lists and structs element by element, a list before its extensions. NULL orders after
// every value and equals NULL: inside of lists and structs that is DuckDB's order; at the top the caller decides where
// NULL goes. REQUIRES: a.type == b.type.
int compare(const Column& a, size_t i, const Column& b, size_t j);

// Equal as GROUP BY and DISTINCT see it: compare() == 0, cheaper.
bool equal(const Column& a, size_t i, const Column& b, size_t j);

// Intervals as they compare: whole months and days first, the same for all that are equal.
Interval normalise(const Interval& interval);

}  // namespace segue::engine

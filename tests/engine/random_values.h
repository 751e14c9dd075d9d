// Values for kernels to be tried with: the edges of each type, then random ones; texts that look like what casts read.
#pragma once

#include <random>
#include <vector>

#include "columns/column.h"
#include "columns/value.h"

namespace segue::test {

using Random = std::mt19937_64;

// A type of each kind, nested ones too.
const std::vector<Type>& every_type();

// NULL one time in eight.
Value random_value(const Type& type, Random& random);

std::vector<Value> random_values(const Type& type, size_t count, Random& random);

// A column of these values, one a row; VARCHAR coded by a dictionary of its own if asked.
Column column_of(const Type& type, const std::vector<Value>& values, bool coded);

// Equal in every bit, but that all NaNs are one.
bool same_value(const Value& a, const Value& b);

}  // namespace segue::test

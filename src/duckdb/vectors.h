// Columns to DuckDB's vectors and back.
#pragma once

#include <memory>

#include <duckdb.h>

#include "columns/column.h"
#include "duckdb/handle.h"

namespace segue::duckdb {

// Writes rows [begin, begin + count) of column into the front of vector. Strings are copied into the vector, unless
// `strings_stay`: then long ones point to the column's memory, which must outlive the query. REQUIRES: count <=
// duckdb_vector_size(); vector has the column's type.
void write_vector(duckdb_vector vector, const Column& column, size_t begin, size_t count, bool strings_stay);

// The rows of a chunk as a batch. The columns keep the chunk alive and share its memory where the layouts agree
// (numbers, dates, timestamps, the bytes of strings). REQUIRES: columns have these types, in the forms that
// from_duckdb() knows.
Batch read_chunk(std::shared_ptr<const Chunk> chunk, const std::vector<Field>& fields);

}  // namespace segue::duckdb

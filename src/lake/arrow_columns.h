// Columns as Arrow arrays, shaped for the Parquet writer: one array a column and row group, strings that are codes kept
// as dictionaries.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

#include "columns/column.h"

namespace segue::lake {

// Rows [begin, end) of a column.
struct Piece {
  const Column* column = nullptr;
  size_t begin = 0;
  size_t end = 0;
};

// The Arrow type that a table's column is written as. TIMESTAMP is UTC-adjusted µs; strings and lists have 64-bit
// offsets. With `dictionary`, VARCHAR is a dictionary of int32 codes.
std::shared_ptr<arrow::DataType> arrow_type(const Type& type, bool dictionary = false);

// The pieces one after the other. With `dictionary`, all pieces are coded with the same Dictionary; only entries in use
// are in the array's. Thread-safe. Throws Failure.
std::shared_ptr<arrow::Array> arrow_array(const Type& type, const std::vector<Piece>& pieces, bool dictionary = false);

}  // namespace segue::lake

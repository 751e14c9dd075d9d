// Batches to Arrow and back.
//
// No function here keeps state; all are safe from any thread. They throw Failure: kInternal for a type that the border
// must not let through, kLimit where a string or list array would pass 2^31 - 1 bytes or elements, kData for what
// foreign Arrow data may hold.
#pragma once

#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

#include "columns/column.h"
#include "columns/type.h"

namespace segue {

struct ArrowOptions {
  // TIMESTAMP becomes timestamp[us, tz=UTC] (Parquet's and Delta's reading); else timestamp[us].
  bool utc = false;
  // VARCHAR becomes dictionary<int32, utf8>, else utf8 (inside lists and structs always). The dictionary is of just the
  // strings that the rows use, in order of first use, so that equal rows make equal arrays.
  bool dictionaries = false;
};

// Lake types, HUGEINT (decimal128(38, 0)), INTERVAL (month_day_nano) and NULL have an Arrow type; others do not exist.
std::shared_ptr<arrow::DataType> to_arrow(const Type& type, const ArrowOptions& options = {});
// All fields nullable.
std::shared_ptr<arrow::Schema> to_arrow(const std::vector<Field>& fields, const ArrowOptions& options = {});

// Rows [0, rows) of column. Numbers, dates and timestamps share the column's memory if it has an owner; all else is
// copied into Arrow's layout. Constants are expanded.
std::shared_ptr<arrow::Array> to_arrow(const Column& column, size_t rows, const ArrowOptions& options = {});
// REQUIRES: schema == to_arrow(fields of the batch, options).
std::shared_ptr<arrow::RecordBatch> to_arrow(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema,
                                             const ArrowOptions& options = {});
// One record batch a batch.
std::shared_ptr<arrow::Table> to_arrow(const Relation& relation, const ArrowOptions& options = {});

// The lake type that from_arrow() makes of an Arrow type: unsigned integers widen, half floats become FLOAT, every unit
// and zone of timestamp becomes TIMESTAMP, large and view variants and dictionaries become what they stand for,
// decimal32 to decimal256 become DECIMAL up to 38 digits, month_day_nano INTERVAL. Throws Failure(kData), naming the
// type, where there is none (uint64 past 2^63 - 1 is found in the values, by from_arrow).
Type from_arrow(const arrow::DataType& type);
std::vector<Field> from_arrow(const arrow::Schema& schema);

// The array as a column of from_arrow(*array.type()). Shares the values' memory where the layouts agree (numbers,
// dates, timestamps in microseconds, the bytes of strings) and keeps the array alive by Column::owner. Strings are not
// checked to be UTF-8.
Column from_arrow(const std::shared_ptr<arrow::Array>& array);
Batch from_arrow(const std::shared_ptr<arrow::RecordBatch>& batch);

}  // namespace segue

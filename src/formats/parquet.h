// Parquet files. docs/formats.md says which columns fit which types.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/limits.h"
#include "base/progress.h"
#include "columns/type.h"
#include "columns/value.h"
#include "formats/bad_rows.h"
#include "formats/scanner.h"

namespace segue::formats {

// The least and the greatest value of a column in some rows; NULL if they are not known.
struct ValueRange {
  Value least, greatest;
};

// Whether somebody needs a row group of the file of that number, which has these values in ParquetSource::fields. Must
// be safe from any thread.
using NeedsRowGroup = std::function<bool(size_t file, const std::vector<ValueRange>& fields)>;

struct ParquetSource {
  std::string name;                // of the source, for messages
  std::vector<std::string> files;  // in the order of their rows; see files.h for patterns
  std::vector<Field> fields;       // columns of the files, by name, and what their values become
  std::vector<size_t> columns;     // those to hand on, in this order, each once; may be none
  std::vector<size_t> used;        // those whose values make a row bad; those of `columns` do in any case
  BadRowPolicy bad_rows;
  bool missing_is_null = false;  // a file may lack columns: older files of a table that got more
  NeedsRowGroup needed = {};     // empty: all are; others are not looked at

  // Results do not depend on it; tests make it small.
  size_t batch_rows = limits::kBatchRows;  // at most that
};

// What a file says of one of its columns.
struct ParquetField {
  Field field;          // as from_arrow() has its type
  std::string problem;  // why it can't be read; then the type is none
};
// The columns of a file and, in `rows`, how many rows it has. Throws Failure as open_parquet() does.
std::vector<ParquetField> parquet_fields(const std::string& path, uint64_t& rows, const Cancellation& cancellation);
// Whether a column of a file that is `from` can be declared as `to`.
bool parquet_fits(const Type& from, const Type& to);

// Reads the footers of all files. A row group is a morsel. A text column that the files keep as a dictionary comes
// coded. `cancellation` and `progress` (may be null) outlive the scanner; progress->bytes_total grows by the bytes of
// the columns that are read. Throws Failure: kIo for a file that is missing, unreadable or a folder, kData for one that
// is no Parquet file, is damaged, or has not the columns that are declared (all located at the file).
std::unique_ptr<Scanner> open_parquet(const ParquetSource& source, size_t workers, const Cancellation& cancellation,
                                      Progress* progress);

}  // namespace segue::formats

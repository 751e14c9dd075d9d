// One Parquet file: its footer, and which of its columns are those of a source.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>
#include <parquet/arrow/reader.h>
#include <parquet/metadata.h>

#include "columns/column.h"
#include "columns/type.h"
#include "formats/line_reader.h"
#include "formats/parquet.h"

namespace segue::formats {

// A column that is read.
struct ParquetColumn {
  size_t read = 0;          // place among the columns that are asked for
  int field = 0;            // place among the file's top-level columns
  std::vector<int> leaves;  // where its values are
  Type type;                // as from_arrow() gives it
  bool dictionary = false;  // its values are codes of a dictionary in nearly all row groups
};

struct ParquetRowGroup {
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of the columns that are read, as they are stored
};

class ParquetFile {
 public:
  // Reads the footer and finds the columns. Throws Failure as open_parquet() does. `cancellation` outlives this.
  // missing_is_null: it may lack columns.
  ParquetFile(const std::string& path, const std::vector<Field>& columns, bool missing_is_null,
              const Cancellation& cancellation);

  const std::string& path() const { return file_.path; }
  const std::vector<ParquetRowGroup>& row_groups() const { return row_groups_; }
  // In the order of the file.
  const std::vector<ParquetColumn>& columns() const { return columns_; }

  // All columns that the file has. Throws Failure(kData).
  std::vector<ParquetField> fields() const;

  // For one thread. Text columns of which coded[ParquetColumn::read] holds come as dictionaries.
  std::unique_ptr<parquet::arrow::FileReader> open(const std::vector<bool>& coded) const;
  // The rows of a row group in pieces, the columns in the order of columns(). REQUIRES: there are some.
  std::unique_ptr<arrow::RecordBatchReader> read(parquet::arrow::FileReader& reader, size_t row_group) const;

  // The least and the greatest value of a column in a row group, a row each, as from_arrow() has them; nothing if the
  // file does not tell.
  std::optional<std::pair<Column, Column>> range(const ParquetColumn& column, size_t row_group) const;

  // Throws Failure(kData) located at the file if this is no success.
  void check(const arrow::Status& status) const;

 private:
  void find_columns(const std::vector<Field>& columns, bool missing_is_null);
  void look_at_row_groups();

  InputFile file_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::vector<ParquetColumn> columns_;
  std::vector<ParquetRowGroup> row_groups_;
};

}  // namespace segue::formats

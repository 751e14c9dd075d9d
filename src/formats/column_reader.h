// Fields of delimited rows to the columns of a batch.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "columns/column.h"
#include "columns/dictionary.h"
#include "formats/batch_memory.h"
#include "formats/column_choice.h"
#include "formats/delimited.h"
#include "formats/kernels.h"
#include "formats/line_reader.h"
#include "formats/row_index.h"
#include "formats/sample.h"

namespace segue::formats {

// What one worker needs to make batches; used again for each.
struct ColumnScratch {
  explicit ColumnScratch(size_t batch_rows);
  BatchMemory memory;
  Array<uint32_t> begins, lengths, others;
  Array<uint8_t> valid, quoted;
  Array<char> unused_values;  // of columns that are only looked at
  Array<uint8_t> bad;         // a row's entry is 1 while the batch it is in has a bad value there; else all are 0
};

// Which columns of a source are read, and how. Thread-safe once made.
class ColumnReader {
 public:
  // Reads samples of the files. Throws Failure(kIo).
  ColumnReader(const DelimitedSource& source, const std::vector<InputFile>& files, const Kernels& kernels);

  const std::vector<Field>& fields() const { return fields_; }

  // The batch of `rows` rows from `first` on, without those that have a bad value: these are told to `bad`, with the
  // reason. REQUIRES: rows <= the scratch's batch_rows; index is of this window.
  Batch read(ColumnScratch& scratch, const RowIndex& index, const LineReader::Window& window, size_t first, size_t rows,
             const std::function<void(size_t row, std::string reason)>& bad) const;

 private:
  // A column that is read: handed on, or only looked at because its values can make a row bad.
  struct ReadColumn {
    ReadColumn(size_t in_files, size_t in_batches, Type of)
        : field(in_files), output(in_batches), type(std::move(of)) {}
    size_t field;   // in the files
    size_t output;  // in the batches, or ColumnChoice::kNone
    Type type;
    ColumnHabits habits;
    std::shared_ptr<Dictionary> dictionary;  // if it is handed on, coded
  };

  // `quoted`: which fields are, or null if none is.
  size_t convert_column(ColumnScratch& scratch, const ReadColumn& column, const TextFields& raw, const uint8_t* quoted,
                        Column* out) const;
  void drop_bad_rows(ColumnScratch& scratch, Batch& batch) const;
  std::string explain_row(const RowIndex& index, size_t row) const;
  void find_nulls(const TextFields& fields, const uint8_t* quoted, uint8_t* valid, bool& any) const;
  size_t batch_bytes(size_t rows, size_t window_bytes) const;

  const Kernels& kernels_;
  const std::vector<Field> source_fields_;
  std::vector<Field> fields_;
  std::vector<ReadColumn> columns_;  // in the order of the files' fields
  bool empty_is_null_ = false;
  std::vector<std::string> null_spellings_;  // the others
};

}  // namespace segue::formats

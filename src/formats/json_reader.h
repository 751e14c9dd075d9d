// Objects of JSON text to batches of columns.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "columns/column.h"
#include "formats/batch_memory.h"
#include "formats/column_choice.h"
#include "formats/json.h"
#include "formats/json_column.h"
#include "formats/line_reader.h"
#include "formats/sample.h"

namespace segue::formats {

// Which keys of a source are read, and how. Thread-safe once made.
class JsonColumns {
 public:
  // Reads samples of the files. Throws Failure(kIo).
  JsonColumns(const JsonSource& source, const std::vector<InputFile>& files);

  const std::vector<Field>& fields() const { return fields_; }

 private:
  friend class JsonReader;
  // A column that is read: handed on, or only looked at because its values can make a row bad.
  struct ReadColumn {
    Field field;
    size_t output;  // in the batches, or ColumnChoice::kNone
    std::shared_ptr<Dictionary> dictionary;
  };
  std::vector<Field> fields_;
  std::vector<ReadColumn> columns_;
};

// Why a row past limits::kRowBytes is bad.
std::string explain_long_row();

// Reads rows and gathers a batch. One worker's; used again. Not thread-safe.
class JsonReader {
 public:
  explicit JsonReader(const JsonColumns& columns);

  // Rows from now on stand behind `base`, within 4 GB, and stay until take(). REQUIRES: there are no rows.
  void begin(const char* base) { text_->base = base; }
  // Adds the object in these bytes as a row; if it is none, or a value is bad, returns why. REQUIRES: kPadding bytes
  // behind it may be read.
  std::string add(const char* row, size_t bytes);
  size_t rows() const { return rows_; }
  // The batch of all rows that were added; there are none then.
  Batch take();

 private:
  const JsonColumns& columns_;
  std::unique_ptr<JsonText> text_;  // where the columns know it
  JsonObject root_;
  size_t rows_ = 0;
  BatchMemory memory_;
};

// The elements of a window of a JSON file, apart: calls row(begin, end) for each. `first`: the window is the file's
// first. REQUIRES: JsonEnds found the window's end.
void split_elements(std::string_view text, bool first, std::vector<size_t>& scratch,
                    const std::function<void(size_t begin, size_t end)>& row);

}  // namespace segue::formats

// JSON: a line is an object, or a file is one object or an array of them. docs/formats.md says what is accepted and
// what is a bad row.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/limits.h"
#include "base/progress.h"
#include "columns/type.h"
#include "formats/bad_rows.h"
#include "formats/scanner.h"

namespace segue::formats {

struct JsonSource {
  std::string name;                // of the source, for messages
  std::vector<std::string> files;  // in the order of their rows; see files.h for patterns
  std::string members;             // of those that are archives: a pattern (archive_members.h); empty: all
  bool lines = true;               // every line is an object; else a file is an object or an array of them
  std::vector<Field> fields;       // keys of the objects, exactly so, and what their values are
  std::vector<size_t> columns;     // those to hand on, in this order, each once; may be none
  std::vector<size_t> used;        // those whose values make a row bad; those of `columns` do in any case
  BadRowPolicy bad_rows;

  // How the work is cut. Results do not depend on it; tests make it small.
  size_t morsel_bytes = limits::kMorselBytes;  // at most limits::kRowBytes
  size_t window_bytes = size_t{256} << 10;     // read and parsed at a time: what fits into the second-level cache
  size_t batch_rows = 2048;                    // at most limits::kBatchRows
};

// True for the types that a value can be read as: those of delimited text, and lists and structs of them.
bool readable_json(const Type& type);

// Looks at every file, and at samples of the data, to decide how columns are read. `cancellation` and `progress` (may
// be null) outlive the scanner; progress->bytes_total grows by the bytes of the files now, bytes_read and rows_read as
// they are read. Throws Failure: kIo for a file that is missing, unreadable or a folder (located at it); kDefinition
// for what the source can't be, such as a BLOB column.
std::unique_ptr<Scanner> open_json(const JsonSource& source, size_t workers, const Cancellation& cancellation,
                                   Progress* progress);

}  // namespace segue::formats

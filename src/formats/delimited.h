// Delimited text: rows of lines, fields between delimiters. docs/formats.md says what is accepted and what is a bad
// row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/limits.h"
#include "base/progress.h"
#include "columns/type.h"
#include "formats/bad_rows.h"
#include "formats/scanner.h"

namespace segue::formats {

inline constexpr size_t kMostDelimiterBytes = 8;

enum class Encoding : uint8_t { kUtf8, kLatin1 };

struct DelimitedSource {
  std::string name;                             // of the source, for messages
  std::vector<std::string> files;               // in the order of their rows; see files.h for patterns
  std::string members;                          // of those that are archives: a pattern (archive_members.h); empty: all
  std::string delimiter = "\t";                 // 1 to kMostDelimiterBytes bytes without line ends
  std::optional<char> quote;                    // ASCII, no line end and in no delimiter
  Encoding encoding = Encoding::kUtf8;          // kLatin1: the delimiter is ASCII
  bool header = false;                          // the first line of each file names its columns
  std::vector<std::string> null_spellings{""};  // unquoted fields that are NULL, exactly so, for every type
  std::vector<Field> fields;                    // the columns of the files, all of them
  std::vector<size_t> columns;                  // those to hand on, in this order, each once; may be none
  std::vector<size_t> used;                     // those whose values make a row bad; those of `columns` do in any case
  BadRowPolicy bad_rows;

  // How the work is cut. Results do not depend on it; tests make it small.
  size_t morsel_bytes = limits::kMorselBytes;  // at most limits::kRowBytes
  size_t window_bytes = size_t{128} << 10;     // read and parsed at a time: what fits into the second-level cache
  size_t batch_rows = 2048;                    // at most limits::kBatchRows
};

// Looks at every file, and at samples of the data, to decide how columns are read. `cancellation` and `progress` (may
// be null) outlive the scanner; progress->bytes_total grows by the bytes of the files now, bytes_read and rows_read as
// they are read. Throws Failure: kIo for a file that is missing, unreadable or a folder (located at it); kDefinition
// for what the source can't be, such as a BLOB column; kUsage for a wrong SEGUE_SIMD.
std::unique_ptr<Scanner> open_delimited(const DelimitedSource& source, size_t workers, const Cancellation& cancellation,
                                        Progress* progress);

}  // namespace segue::formats

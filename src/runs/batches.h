// Which files a table that appends or merges was made of, and which a run has to read.
//
// A file that has changed under its name is another content: the rows of the earlier one are taken out of a table that
// appends, as each row says which file it came from (lake::kFileColumn), and a table that merges is made anew.
//
// A file is known by its content: the same content under another name, or with another time, is no new file. Path, size
// and time (on S3: etag) only spare the reading of files that are known. Each batch leaves a record in the lake (Lake::batch_record)
// that belongs to the table's version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/lake.h"
#include "runs/prepare.h"
#include "runs/source_files.h"

namespace segue::runs {

// What the rows of one version of a table were made of.
struct BatchRecord {
  std::string run;          // the last that added some
  std::string fingerprint;  // Increment::fingerprint
  std::string source;
  std::vector<SourceFile> files;                           // of the source; copies too
  std::map<std::string, std::vector<std::string>> others;  // of other sources that were read: hashes, sorted
  std::string layout;   // how the step keeps rows apart: "append", "merge [user_id] by heard_at"; empty: not known
  std::string lineage;  // print_lineage(), or empty; not read back
};

std::string print_record(const BatchRecord& record);
// Nothing if the text is the record of a step that replaces its table. `file` is for messages. Throws Failure(kIo) if it
// is no record.
std::optional<BatchRecord> parse_record(const std::string& text, const std::string& file);

// What one run does for one step.
struct Batch {
  const PreparedStep* step = nullptr;
  std::optional<lake::TableState> table;  // as it is; nothing if there is none yet
  std::string rebuilt;                    // why all rows are made anew, or empty: new ones are added
  std::vector<std::string> files;         // to be read, each content once, in order of their paths
  size_t listed = 0;                      // files that the source has
  std::vector<std::string> changed;       // files whose earlier rows go
  std::vector<int64_t> gone;              // what these rows are marked with (file_key())
  std::string evolved;   // how the table's columns change while its rows stay: "`country` (VARCHAR) is new"; or empty
  bool widened = false;  // all its rows must be written again then
  BatchRecord record;    // of the version to come

  bool rebuild() const { return !rebuilt.empty(); }
  bool up_to_date() const { return !rebuild() && files.empty() && changed.empty() && evolved.empty(); }
  // "3 of 1003 files are new", "all 7 files: its definition has changed", "no new files", "1 of 7 files has changed: its
  // 1,234 rows are replaced". `gone_rows`: how many, once it is known.
  std::string summary(std::optional<uint64_t> gone_rows = {}) const;
};

struct BatchOptions {
  std::string run;
  bool anew = false;            // make all rows anew
  bool forget_missing = false;  // even if files are gone that they were made of: of those that are there
};

// Reads files where it must, several at once. Throws Failure: kIo, located in the definition; kConflict, if all rows
// must be made anew and files are gone that they were made of.
std::vector<Batch> plan_batches(const Prepared& prepared, const lake::Lake& lake, const BatchOptions& options,
                                SourceFiles& files);

}  // namespace segue::runs

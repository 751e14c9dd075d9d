// What a table of the lake is, as readers see it: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns/type.h"

namespace segue::lake {

// `pipeline.step`, which lives in <lake>/<pipeline>/<step>/.
struct TableName {
  std::string pipeline;
  std::string step;

  std::string full() const { return pipeline + "." + step; }
  std::string folder() const { return pipeline + "/" + step; }  // relative to the lake
  auto operator<=>(const TableName&) const = default;
};

// Reads "pipeline.step"; nothing if the text is none.
std::optional<TableName> parse_table_name(std::string_view text);

// Parquet files may have a last column that the log does not name, so that readers pass it over: which file of a source
// each row came from, as whoever wrote it calls that file (BIGINT). A DataFile with it has the tag.
inline constexpr const char* kFileColumn = "_file";
inline constexpr const char* kFileTag = "segue.file_column";

// One Parquet file of a table.
struct DataFile {
  std::string path;  // relative to the table's folder
  uint64_t bytes = 0;
  std::optional<uint64_t> rows;  // unknown if another writer left no statistics
  int64_t modified = 0;          // ms since 1970
  int64_t removed = 0;           // ms since 1970; of a file that a later version has not
  std::string statistics;        // Delta's: JSON with numRecords, minValues, maxValues, nullCount; may be empty
  std::map<std::string, std::optional<std::string>> partition;
  std::map<std::string, std::string> tags;

  bool tells_file() const { return tags.contains(kFileTag); }
};

// One version of a table.
struct TableState {
  TableName name;
  std::string address;  // of the table's folder, absolute
  int64_t version = 0;
  std::vector<Field> fields;
  std::string description;                      // for people; may be empty
  std::map<std::string, std::string> comments;  // likewise, of some of the columns
  std::vector<std::string> partition_by;        // columns that the files lack: see DataFile::partition
  std::vector<DataFile> files;   // in the order in which they were added; rows of the table are in this order
  std::optional<uint64_t> rows;  // unknown if that of one file is
  uint64_t bytes = 0;
  int64_t committed_at = 0;  // µs since 1970 UTC
  std::string operation;     // of the commit: "WRITE", …
  std::string engine;        // who committed: "Segue/0.1.0"
  std::string run;           // of Segue's run, or empty
  int64_t batch = 0;         // whose record (Lake::batch_record) says what the rows were made of; 0: none

  // Absolute addresses of the files, for readers.
  std::vector<std::string> file_addresses() const;
};

// What a table's history says of one version.
struct VersionSummary {
  int64_t version = 0;
  int64_t committed_at = 0;                       // µs since 1970 UTC
  std::string operation;                          // "WRITE", …
  std::map<std::string, std::string> parameters;  // of the operation
  std::string engine;
  std::string run;               // of Segue's run, or empty
  std::optional<uint64_t> rows;  // unknown if that of one file is
  uint64_t bytes = 0;
  uint64_t files = 0;
  bool readable = false;  // all its files are there
};

}  // namespace segue::lake

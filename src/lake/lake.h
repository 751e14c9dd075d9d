// The lake: the tables under one root, read. publication.h writes them.
//
// Safe from any thread. A reader never waits for a writer: it sees the newest version that was committed when it
// looked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "lake/table.h"
#include "storage/store.h"

namespace segue::lake {

// What was kept of the rows of one version.
struct KeptStatistics {
  int64_t version = 0;
  int64_t committed_at = 0;  // µs since 1970 UTC
  std::string run;           // of Segue's run, or empty
  std::string text;
};

class Lake {
 public:
  // A local folder, which need not exist, or s3://bucket/prefix. `cancellation` (may be null) outlives it: see
  // storage/store.h.
  explicit Lake(const std::string& root, const Cancellation* cancellation = nullptr);
  explicit Lake(std::shared_ptr<storage::Store> store);

  // Absolute.
  const std::string& root() const { return store_->root(); }
  storage::Store& store() const { return *store_; }

  // Every table that has a version, sorted by name; of one pipeline, if one is named.
  std::vector<TableName> tables(const std::string& pipeline = {}) const;

  // The newest version, or version `version`. Nothing if there is no such table (or version).
  // Throws Failure(kIo): the log is damaged, or written by a newer protocol than we read.
  std::optional<TableState> find(const TableName& name, std::optional<int64_t> version = {}) const;

  // The newest versions of these, but for what has none.
  std::vector<TableState> find_all(const std::vector<TableName>& names) const;

  // Version `version` with all its files. Throws Failure: kUsage if there is none, kIo if files of it are gone.
  TableState at_version(const TableName& name, int64_t version) const;
  // The version that was the newest at that moment (µs since 1970 UTC), likewise.
  TableState at_time(const TableName& name, int64_t micros) const;

  // What the run that published this version (or, where rows were deleted or put together since, one before) left with
  // Publication::stage_batch(); nothing if there is none. Throws Failure(kIo) if it is gone.
  std::optional<std::string> batch_record(const TableState& table) const;

  // What Publication::keep_statistics() kept of the rows of this version, or of another of the same files; nothing if
  // there is none.
  std::optional<std::string> statistics(const TableState& table) const;
  // Of every version that has them, oldest first.
  std::vector<KeptStatistics> all_statistics(const TableName& name) const;

  // Every version that the log tells of, newest first.
  std::vector<VersionSummary> history(const TableName& name) const;

 private:
  std::shared_ptr<storage::Store> store_;
};

// What keeps these columns out of a table: names that are empty, given twice (case aside) or have characters that Delta
// refuses, types that are no lake types. One sentence each, with the SQL to write; empty if all is well.
struct ColumnProblem {
  size_t column = 0;
  std::string message;
  std::string hint;
};
std::vector<ColumnProblem> column_problems(const std::vector<Field>& fields);

}  // namespace segue::lake

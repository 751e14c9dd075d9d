// A table in which some files are replaced by others, with the same columns: rows were deleted, or moved together.
//
//   begin    the pipeline's lock, as a publish takes it; what a dead run left is finished or cleared
//   replace  _segue/staging/<id>.json, then data files under new names. Crash: the next begin removes them
//            <table>/_delta_log/<version>.json: the one moment at which the table changes. Then the marker is removed
// Throws Failure: kConflict if a run, or another program, is at work; kIo when the disk fails; the table is as it was
// then.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "columns/column.h"
#include "lake/delta_log.h"
#include "lake/lake.h"
#include "lake/maintenance.h"

namespace segue::lake {

class Rewrite {
 public:
  // `lake` outlives this. Throws kUsage if there is no such table.
  Rewrite(Lake& lake, const TableName& name, const MaintenanceOptions& options);
  // Removes what it wrote and did not publish.
  ~Rewrite();
  Rewrite(const Rewrite&) = delete;
  Rewrite& operator=(const Rewrite&) = delete;

  // As it is while this lives.
  const TableState& table() const { return table_; }

  // Publishes a version with these rows in the place of those of the files (by DataFile::path). Called once. REQUIRES:
  // the rows have the table's columns; the files are the table's. `operation` is for the log: "DELETE", or "OPTIMIZE",
  // which says that the rows are the same as before. `threads` encode. With
  // `tells_file` the rows have one column more, as those of the files do (kFileColumn).
  PublishedTable replace(const std::vector<std::string>& files, const Relation& rows, const std::string& operation,
                         size_t threads, bool tells_file = false);

 private:
  void clear() noexcept;
  void keep_statistics(const Entry& entry);

  Lake& lake_;
  TableName name_;
  MaintenanceOptions options_;
  std::string id_;
  std::unique_ptr<storage::Lock> lock_;
  TableState table_;
  std::vector<std::string> created_;  // files that are no part of the table, relative to the lake
  bool marked_ = false;
};

}  // namespace segue::lake

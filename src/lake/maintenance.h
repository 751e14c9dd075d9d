// Changes of tables that are no publish: going back to an older version, and removing what no version needs.
//
// Each holds the pipeline's lock (recovery.h), so no run of it is at work meanwhile, and first finishes or clears what
// a dead run left. Throws Failure: kConflict if a run, or another program, is at work; kIo when the disk fails.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "lake/lake.h"
#include "lake/publication.h"

namespace segue::lake {

struct MaintenanceOptions {
  std::string engine = "Segue";  // who we are, for commitInfo
  std::string by = "segue";      // for others that find the lock taken: "`segue vacuum`"
  const Cancellation* cancellation = nullptr;
  RecordRecovered record_recovered = {};
};

// Commits a new version with the rows and columns of version `to`: Delta's RESTORE. All or nothing, as it is one entry
// of the log. Throws Failure too if `to` is the newest version, was none, or has lost files.
PublishedTable rollback(Lake& lake, const TableName& name, int64_t to, const MaintenanceOptions& options);

// Files that nobody knows are left alone while they are younger than this, however little is to be kept: another
// program may be writing them.
inline constexpr int64_t kOrphanMillis = int64_t{3600} * 1000;

struct Vacuumed {
  TableName name;
  std::vector<std::string> removed;  // paths relative to the table's folder, sorted
  uint64_t bytes = 0;                // of these
  std::vector<int64_t> lost;         // versions that could be read and cannot be any more, ascending
};

// Removes the files of each table that its newest version has not, and that have been no part of it for `keep_millis`,
// and those that no version ever had. `dry_run`: only tells. The tables are of one pipeline.
std::vector<Vacuumed> vacuum(Lake& lake, const std::vector<TableName>& tables, int64_t keep_millis, bool dry_run,
                             const MaintenanceOptions& options);

}  // namespace segue::lake

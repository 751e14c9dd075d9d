// Data files that a table had and has no longer.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lake/delta_log.h"
#include "lake/table.h"
#include "storage/store.h"

namespace segue::lake {

// When each file that is no part of `snapshot`, the newest version, ceased to be one, in ms since 1970. The log's
// entries know longer than checkpoints do. `folder`: of the table. Throws Failure(kIo).
std::map<std::string, int64_t> removal_times(const storage::Store& store, const std::string& folder,
                                             const Snapshot& snapshot);

// Removes those files of a table that keeps only its newest version (TableChange::only_newest), so that what lies in its
// folder is that alone; of another, none. Throws Failure(kIo).
void remove_replaced(storage::Store& store, const TableName& name);

}  // namespace segue::lake

// What a run writes before it publishes: the tables that have changed, with the record of what each was made of and with
// statistics, exports, and the table of what is held back.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "lake/lake.h"
#include "lake/publication.h"
#include "runs/execution.h"
#include "runs/prepare.h"
#include "runs/result.h"
#include "runs/to_do.h"

namespace segue::runs {

struct StagingOptions {
  std::string run;  // its id
  size_t threads = 1;
};

// Called once, after Execution::run(), whose results of steps that replace their tables are let go as they are written.
// Returns what was exported. Throws Failure; where partitions cannot hold a value, located in the definition.
std::vector<ExportResult> stage_tables(const Prepared& prepared, const lake::Lake& lake, const ToDo& to_do,
                                       Execution& execution, const StagingOptions& options,
                                       lake::Publication& publication, const Cancellation& cancellation);

}  // namespace segue::runs

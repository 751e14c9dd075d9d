// What a run has to compute: of steps that append or merge, which files (batches.h); of those that replace their tables,
// whether anything has changed (inputs.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "lake/lake.h"
#include "runs/batches.h"
#include "runs/inputs.h"
#include "runs/prepare.h"

namespace segue::runs {

struct ToDoOptions {
  std::string run;              // its id; empty: none is begun
  int64_t began = 0;            // µs since 1970 UTC
  std::string version;          // of Segue
  bool duckdb = false;          // computes all steps
  bool anew = false;            // compute all
  bool forget_missing = false;  // BatchOptions
  size_t threads = 1;
  uint64_t most = std::numeric_limits<uint64_t>::max();  // bytes of a source that are read to know its contents
};

struct ToDo {
  std::vector<Batch> batches;     // of the steps that append or merge
  std::vector<Renewal> renewals;  // of those that replace their tables

  // Null if the step replaces its table, or makes none.
  const Batch* batch_of(const PreparedStep& step) const;
  // Null if it does not.
  const Renewal* renewal_of(const PreparedStep& step) const;
  // Names of steps whose tables stay as they are, as nothing has changed.
  std::set<std::string> unchanged() const;
};

// Throws Failure: kIo; kDefinition where columns would change that must not (schema_changes.h); kConflict, where rows
// would be lost; kLimit past ToDoOptions::most.
ToDo find_work(const Prepared& prepared, const lake::Lake& lake, const ToDoOptions& options,
               const Cancellation& cancellation);

}  // namespace segue::runs

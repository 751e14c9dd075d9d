// One run of a pipeline: plan, execute, check, publish, record.
#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/progress.h"
#include "definition/definition.h"
#include "lake/publication.h"
#include "runs/prepare.h"
#include "runs/result.h"

namespace segue::runs {

struct RunOptions {
  definition::Settings settings;    // lake, engine, memory, threads: of the profile, then of the command line
  std::vector<std::string> select;  // only these steps, with all that they read (their tables are published too, so
                                    // that they belong together); empty: all
  std::string version;              // of Segue, for records
  bool full = false;                // steps that append or merge are made anew, of the files that there are
  bool replay = false;              // likewise, but not if files are gone that their tables were made of
  bool profile = false;             // measure what each operator does, for RunResult::operators
};

// What happens, as it happens. Called from the thread of run().
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Before anything is read. Any thread may read `progress`, until ends() was called.
  virtual void begins(const RunResult& /*run*/, const Prepared& /*prepared*/, const Progress& /*progress*/) {}
  // A dead run's publish was completed or cleared before this run began.
  virtual void recovered(const lake::Recovered& /*run*/) {}
  // Each check, passed or not.
  virtual void checked(const CheckResult& /*check*/) {}
  virtual void published(const TableResult& /*table*/) {}
  // Nothing more happens, however it ended. Called once if begins() was.
  virtual void ends() {}
};

// Throws Failure for mistakes of the definition, and where no record can be made (kIo). From then on nothing is thrown:
// the result says how it ended, and so does the run store. No table has changed unless the state is kSucceeded,
// kPublishedInPart or kUnfinished. Two runs of one pipeline at a time: the second ends at once as failed, with a
// kConflict that names the first.
RunResult run(const definition::Project& project, const definition::Pipeline& pipeline, const RunOptions& options,
              const Cancellation& cancellation, RunObserver& observer);

// The exit code of a command that ran this: 0, 1, 3 or 130.
int exit_code(const RunResult& result);

}  // namespace segue::runs

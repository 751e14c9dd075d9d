// A run with its progress on the terminal and what came of it told.
#pragma once

#include "cli/command.h"
#include "definition/definition.h"
#include "runs/run.h"

namespace segue::cli {

// Runs; then prints checks that do not hold, errors and the summary, unless the output is JSON. Throws as runs::run().
runs::RunResult run_shown(const definition::Project& project, const definition::Pipeline& pipeline,
                          const runs::RunOptions& options, const Context& context);

}  // namespace segue::cli

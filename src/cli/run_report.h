// A run, told: for a person and as JSON. `segue run` prints what just happened, `segue runs show` what happened then.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/terminal/look.h"
#include "runs/result.h"

namespace segue::cli {

nlohmann::ordered_json to_json(const runs::RunResult& run);

// How it ended, what was read, and a table of its steps: rows, size, version, checks.
std::string run_summary(const runs::RunResult& run, const Look& look);

// What each operator did, in the order of their numbers.
std::string operators_table(const engine::Profile& operators, const Look& look);

// Every check of the run with its result.
std::string checks_table(const runs::RunResult& run, const Look& look);

// The checks that did not hold as errors, each with its place; and the rows that break one, as text.
Error failed_check(const runs::CheckResult& check);
std::string failing_rows(const runs::CheckResult& check, const Look& look);

// What to do next, one line with a line end; empty if there is nothing to say.
std::string next_step(const runs::RunResult& run);

}  // namespace segue::cli

// The checks of a run, judged from their counts before anything is published.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "duckdb/duckdb_engine.h"
#include "runs/prepare.h"
#include "runs/result.h"

namespace segue::runs {

// `results` holds the rows of the steps and the counts of the checks, by name. For a check that does not hold, some
// rows that break it are looked up by DuckDB, which is made only then. In the order of the definition.
std::vector<CheckResult> audit(const Prepared& prepared, const std::map<std::string, Relation>& results,
                               const std::function<duckdb::Engine&()>& engine, const Cancellation& cancellation);

}  // namespace segue::runs

// The checks of a run, judged from their counts before anything is published.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "duckdb/duckdb_engine.h"
#include "runs/prepare.h"
#include "runs/result.h"

namespace segue::runs {

// What an audit needs besides the rows.
struct AuditTools {
  // Looks up rows that break a check; called only if one does.
  std::function<duckdb::Engine&()> engine;
  // What the last version of a step's table had, with the NULLs of these columns; nothing if there is none.
  std::function<std::optional<quality::Contents>(const std::string& step, const std::vector<std::string>& columns)>
      last_version;
  const Cancellation& cancellation;
};

// `results` holds the rows of the steps and of the checks' queries, by name. In the order of the definition.
std::vector<CheckResult> audit(const Prepared& prepared, const std::map<std::string, Relation>& results,
                               const AuditTools& tools);

}  // namespace segue::runs

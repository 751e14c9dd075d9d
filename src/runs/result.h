// What came of a run: plain values, as run() returns them, the run store keeps them and commands print them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "definition/definition.h"
#include "engine/profile.h"

namespace segue::runs {

enum class RunState {
  kRunning,
  kSucceeded,
  kFailed,           // an error ended it; no table changed
  kChecksFailed,     // a check of severity fail did not hold; no table changed
  kInterrupted,      // the user stopped it; no table changed
  kKilled,           // its process is gone without having said how it ended
  kPublishedInPart,  // `tables` are published, but an export or a table could not be: the errors say which
  kUnfinished,       // an error came after its publish was decided: the next start of its pipeline completes it
};
// "running", "succeeded", "failed", "checks failed", "interrupted", "killed", "published in part", "unfinished"
std::string_view to_string(RunState state);

struct StepResult {
  std::string name;
  bool view = false;              // makes no table
  std::string engine;             // "native" or "duckdb"
  std::string reason;             // why not native; empty if native
  uint64_t rows = 0;              // of its table; 0 of a view
  std::optional<double> seconds;  // known of steps that another engine computed by itself
  uint64_t held_rows = 0;         // held back by checks of severity quarantine
  std::string files;              // of a step that appends or merges: "3 of 7 files are new"
  bool computed = true;           // else its table stays as it is, as nothing that it is made of has changed
  std::string why;                // of a step that replaces its table: why it was computed; empty if it was not
};

struct TableResult {
  std::string table;  // "pipeline.step"
  int64_t version = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t files = 0;
};

struct CheckResult {
  std::string step;
  std::string kind;   // "unique"
  std::string check;  // "unique(user_id)"
  definition::Severity severity = definition::Severity::kFail;
  bool passed = false;
  uint64_t failing = 0;  // as quality::Queries::count has it; of a change: how many of its limits were passed
  uint64_t rows = 0;     // that were looked at
  std::string observed;  // what was measured, if something was: "4.25", "rows +12.5%"
  std::string message;   // one sentence; empty if it passed
  std::vector<std::string> sample_columns;
  std::vector<std::vector<std::string>>
      samples;  // at most 5 failing rows (of `unique`: keys and how often they come), as text
  Place place;  // of the check in the definition

  // It stops the publish.
  bool failed() const { return !passed && severity == definition::Severity::kFail; }
};

struct SourceResult {
  std::string name;
  uint64_t bad_rows = 0;  // in quarantine
};

struct ExportResult {
  std::string step;
  std::string path;
  uint64_t rows = 0;
};

struct RunResult {
  std::string id;  // "20261121-120501-4f2a9c": time of its start in UTC, then chance
  std::string pipeline;
  RunState state = RunState::kRunning;
  int64_t started_at = 0;  // µs since 1970 UTC
  int64_t ended_at = 0;
  std::string version;  // of Segue
  std::string host;
  int64_t process = 0;
  std::string engine;  // what was asked for: "native", "duckdb"
  uint64_t threads = 0;
  std::map<std::string, std::string> params;  // as written
  uint64_t rows_read = 0;
  uint64_t bytes_read = 0;
  uint64_t spilled_bytes = 0;  // of rows that did not fit into memory, the most at a time
  double compute_seconds = 0;  // reading and computing
  double publish_seconds = 0;  // checking, writing, committing
  std::vector<SourceResult> sources;
  std::vector<StepResult> steps;  // in the order of the plan
  std::vector<CheckResult> checks;
  std::vector<TableResult> tables;  // published; the quarantine table too
  std::vector<ExportResult> exports;
  std::vector<Error> errors;
  engine::Profile operators;  // if asked for; not in the run store

  double seconds() const { return static_cast<double>(ended_at - started_at) / 1e6; }
};

}  // namespace segue::runs

// From a pipeline's definition to the graph that a run executes: what `segue check` proves, `segue plan` shows and `segue run` runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "plan/graph.h"
#include "quality/checks.h"

namespace segue::runs {

struct PrepareOptions {
  definition::EngineName engine = definition::EngineName::kNative;  // kDuckdb: every step through DuckDB
  std::vector<std::string> select;  // only these steps, with what they need; empty: all
};

// A check, bound. Its result in the graph has the name `name` and the columns of quality::Queries::count.
struct PreparedCheck {
  const definition::Check* check = nullptr;  // in Prepared::pipeline
  std::string name;                          // "top_songs check 1"
  quality::Check meaning;
  quality::Queries queries;
};

// A step, bound.
struct PreparedStep {
  const definition::Step* step = nullptr;  // in Prepared::pipeline
  std::vector<Field> fields;             // lake types
  std::vector<std::string> reads;        // sources and steps, by name
  bool selected = true;                  // its table is published; else it is only computed as far as others need it
  bool native = true;
  std::string reason;                    // why not native
  std::string sql;                       // as bound: parameters are literals
  std::vector<PreparedCheck> checks;
};

// What a run will do. Immutable; lives by itself (the pipeline is copied).
struct Prepared {
  definition::Pipeline pipeline;
  std::vector<PreparedStep> steps;  // in an order in which each comes after what it reads
  plan::Graph graph;                // the steps, then the checks' counts
  std::vector<std::string> sources; // those that the selected steps read
};

// Throws Failure(kDefinition) with the mistakes of all steps, each located in its file: unknown tables and columns, cycles, types that no
// table can have, checks that do not fit; kUsage for an unknown name in `select`. Reads no data.
std::unique_ptr<const Prepared> prepare(const definition::Pipeline& pipeline, const PrepareOptions& options = {});

// For people: what would run, with the engine chosen for each step and why, then the graph.
std::string explain(const Prepared& prepared);

}  // namespace segue::runs

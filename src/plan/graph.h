// All steps of a pipeline as one graph: views are inlined, a source is one Scan node however many steps read it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "plan/node.h"

namespace segue::plan {

struct SourceTable {
  std::string name;
  std::vector<Field> fields;
};

// A step as the binder left it.
struct BoundStep {
  std::string name;
  nlohmann::json plan;              // see decode.h
  std::vector<Field> fields;        // result columns, lake types
  std::vector<std::string> tables;  // sources and steps that it reads
  bool materialized = true;         // false: a view, not a result by itself
  // A source whose SourceTable has one column more than the SQL knows, the last, which tells the file of each row:
  // where the step is row by row in it, its result has such a column too, behind its own. Empty: none is asked for.
  std::string file_of = {};
};

struct StepNode {
  std::string name;
  NodePtr root;  // fields are the step's, in order
  bool native = true;
  std::string reason;  // why not native
  bool materialized = true;
  bool tells_file = false;  // BoundStep::file_of: fields have it as the last
};

struct Graph {
  std::vector<StepNode> steps;  // in the order given
  // Null if there is none. Columns of a Scan are all that any materialized step needs, directly or not.
  std::vector<std::pair<std::string, NodePtr>> sources;
  const StepNode* find(const std::string& name) const;
};

// What Expression::position says: byte `offset` of the SQL, as bound, of Graph::steps[step].
struct Origin {
  size_t step;
  uint64_t offset;
};
std::optional<Origin> origin_of(uint64_t position);

// Why an engine can't run a node by itself, or nothing.
using Capability = std::function<std::optional<std::string>(const Node&)>;

// REQUIRES: a step comes after the steps it reads. A step that native_unsupported objects to becomes one Foreign node;
// with force_foreign every materialized step and every view does.
Graph build_graph(const std::vector<SourceTable>& sources, const std::vector<BoundStep>& steps,
                  const Capability& native_unsupported, bool force_foreign = false);

// One line about a node: "Filter plays > 3".
std::string describe(const Node& node);

// The graph as an indented tree for each materialized step; what is shared is written once and referred to.
std::string explain(const Graph& graph);

}  // namespace segue::plan

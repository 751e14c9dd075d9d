// What the columns of a step are made of: columns of sources, and of tables of other steps.
#pragma once

#include <string>
#include <vector>

#include "plan/graph.h"

namespace segue::plan {

// A column of a source, or of the table of another step.
struct ColumnOrigin {
  std::string table;
  std::string column;
  auto operator<=>(const ColumnOrigin&) const = default;
};

struct Lineage {
  // For each column of the step, what its values are computed from, sorted; nothing for constants and counts of rows.
  std::vector<std::vector<ColumnOrigin>> columns;
  // What decides which rows there are: conditions, keys of joins and groups, orders of what is cut off. Sorted.
  std::vector<ColumnOrigin> rows;
  // Why only the tables that it reads are known, not the columns; else empty.
  std::string unknown;
};

// Of a step, from the graph's sources; all between is looked through. REQUIRES: the graph has the step.
Lineage lineage_of(const Graph& graph, const std::string& step);

}  // namespace segue::plan

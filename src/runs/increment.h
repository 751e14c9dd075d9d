// Steps that append or merge: from which source's new files they can be computed, and what keeps them from it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/graph.h"
#include "runs/dependencies.h"
#include "runs/prepare.h"

namespace segue::runs {

struct IncrementRequest {
  const definition::Pipeline& pipeline;
  const Dependencies& dependencies;
  const std::map<std::string, Value>& params;
  const plan::Graph& graph;  // of all steps as they follow from the sources
};

// Sets PreparedStep::increment of the steps that append or merge. Where that cannot be, adds why to `errors`.
void find_increments(const IncrementRequest& request, std::vector<PreparedStep>& steps, std::vector<Error>& errors);

}  // namespace segue::runs

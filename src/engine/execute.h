// The native engine: runs a plan graph over all cores and returns the rows of the results asked for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/workers.h"
#include "columns/column.h"
#include "engine/profile.h"
#include "formats/scanner.h"
#include "plan/node.h"

namespace segue::engine {

struct Request {
  // Result name -> its root. Roots may share nodes: each shared node is computed once.
  std::map<std::string, plan::NodePtr> results;
  // Opens a source for the given columns (indices into its declared columns). Called once a source, from the calling
  // thread.
  std::function<std::unique_ptr<formats::Scanner>(const plan::Scan& scan)> open_source;
  // Computes a Foreign node; inputs are in the order of Node::inputs. Called from the calling thread.
  std::function<Relation(const plan::Foreign& step, const std::vector<Relation>& inputs)> run_foreign;
  Workers* workers = nullptr;    // not owned
  Progress* progress = nullptr;  // not owned
  Profile* profile = nullptr;    // not owned; null: nothing is measured
};

// Throws Failure; ExpressionFailure (expressions/evaluator.h) where a value has no answer. On return or throw all
// temporary memory is released; VARCHAR columns of the results may be coded.
std::map<std::string, Relation> execute(const Request& request);

// Why the native engine can't run this one node (its inputs do not count), or nothing if it can.
std::optional<std::string> unsupported(const plan::Node& node);

}  // namespace segue::engine

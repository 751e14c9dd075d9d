#include "engine/planner.h"

#include <algorithm>

#include "base/error.h"
#include "engine/sort.h"
#include "engine/sources.h"
#include "engine/stages.h"
#include "plan/graph.h"
#include "plan/rewrite.h"

namespace segue::engine {

using plan::NodeKind;

Origin identity(size_t width) {
  Origin columns(width);
  for (size_t i = 0; i < width; ++i) columns[i] = i;
  return columns;
}

std::optional<std::vector<size_t>> keys_after(const Operator& input, const Origin& origin) {
  if (!input.partition_columns) return std::nullopt;
  std::vector<size_t> keys;
  for (size_t key : *input.partition_columns) {
    auto found = std::find(origin.begin(), origin.end(), std::optional(key));
    if (found == origin.end()) return std::nullopt;
    keys.push_back(static_cast<size_t>(found - origin.begin()));
  }
  return keys;
}

std::optional<size_t> column_of(const plan::ExpressionPtr& expression) {
  if (expression->kind != plan::Expression::Kind::kColumn) return std::nullopt;
  return expression->column;
}

Planner::Planner(const Request& request) : request_(request), workers_(request.workers->count()) {}

Planner::Lowered Planner::lower() {
  std::vector<plan::NodePtr> roots;
  for (const auto& [name, root] : request_.results) roots.push_back(root);
  find_readers(roots);
  find_limits(roots);
  // Windows first: their partitions are there for the aggregates to choose.
  for (const plan::Node* node : plan::in_order(roots)) {
    if (node->kind == NodeKind::kWindow) lower(*node);
  }
  for (const auto& [name, root] : request_.results) {
    auto result = std::make_unique<ResultOperator>(root->fields, workers_);
    result->name = "Result " + name;
    result->inputs.push_back({lower(*root), &result->collector});
    lowered_.results[name] = keep(std::move(result));
  }
  return std::move(lowered_);
}

void Planner::find_readers(const std::vector<plan::NodePtr>& roots) {
  for (const auto& root : roots) ++readers_[root.get()];
  for (const plan::Node* node : plan::in_order(roots)) {
    for (const auto& input : node->inputs) ++readers_[input.get()];
  }
}

Operator* Planner::lower(const plan::Node& node) {
  if (auto found = memo_.find(&node); found != memo_.end()) return found->second;
  Operator* op = lower_new(node);
  if (op->name.empty()) op->name = plan::describe(node);
  return memo_[&node] = op;
}

Operator* Planner::lower_new(const plan::Node& node) {
  switch (node.kind) {
    case NodeKind::kScan: return keep(std::make_unique<ScanOperator>(static_cast<const plan::Scan&>(node), request_));
    case NodeKind::kValues: return keep(std::make_unique<ValuesOperator>(static_cast<const plan::Values&>(node)));
    case NodeKind::kForeign: return foreign(static_cast<const plan::Foreign&>(node));
    case NodeKind::kFilter: return filter(static_cast<const plan::Filter&>(node), lower(*node.inputs[0]));
    case NodeKind::kProject: return project(static_cast<const plan::Project&>(node), lower(*node.inputs[0]));
    case NodeKind::kUnnest: return unnest(static_cast<const plan::Unnest&>(node));
    case NodeKind::kWindow: return window(static_cast<const plan::Window&>(node));
    case NodeKind::kAggregate: return aggregate(static_cast<const plan::Aggregate&>(node));
    case NodeKind::kJoin: return join(static_cast<const plan::Join&>(node));
    case NodeKind::kSort: {
      auto sort = std::make_unique<SortRows>(static_cast<const plan::Sort&>(node), workers_);
      sort->inputs.push_back({lower(*node.inputs[0]), sort.get()});
      return keep(std::move(sort));
    }
    case NodeKind::kLimit: {
      auto limit = std::make_unique<LimitRows>(static_cast<const plan::Limit&>(node), workers_);
      limit->inputs.push_back({lower(*node.inputs[0]), limit.get()});
      return keep(std::move(limit));
    }
    case NodeKind::kUnion: {
      auto result = std::make_unique<UnionOperator>();
      for (const auto& input : node.inputs) result->inputs.push_back({lower(*input), nullptr});
      return keep(std::move(result));
    }
  }
  SEGUE_ASSERT(false);
}

Operator* Planner::foreign(const plan::Foreign& node) {
  auto result = std::make_unique<ForeignOperator>(node, request_);
  for (size_t i = 0; i < node.inputs.size(); ++i)
    result->inputs.push_back({lower(*node.inputs[i]), result->collector(i)});
  return keep(std::move(result));
}

Operator* Planner::filter(const plan::Filter& node, Operator* input) {
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({input, nullptr});
  result->origin = identity(node.fields.size());
  result->partition_columns = input->partition_columns;
  result->make = [&node, workers = workers_] { return std::make_unique<FilterStage>(node, workers); };
  return keep(std::move(result));
}

Operator* Planner::project(const plan::Project& node, Operator* input) {
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({input, nullptr});
  for (const auto& expression : node.expressions) result->origin.push_back(column_of(expression));
  result->partition_columns = keys_after(*input, result->origin);
  std::string step;
  for (const auto& [name, root] : request_.results)
    if (root.get() == &node) step = name;
  result->make = [&node, step, workers = workers_] { return std::make_unique<ProjectStage>(node, step, workers); };
  return keep(std::move(result));
}

Operator* Planner::unnest(const plan::Unnest& node) {
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({lower(*node.inputs[0]), nullptr});
  for (size_t column : node.columns) result->origin.emplace_back(column);
  result->origin.resize(node.fields.size());
  result->make = [&node, workers = workers_] { return std::make_unique<UnnestStage>(node, workers); };
  return keep(std::move(result));
}

}  // namespace segue::engine

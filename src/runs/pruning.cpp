#include "runs/pruning.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/evaluator.h"
#include "plan/rewrite.h"

namespace segue::runs {
namespace {

// Whether an expression reads some columns, and only those.
bool reads_only(const plan::Expression& expression, const std::vector<size_t>& columns, size_t all) {
  std::vector<bool> used(all);
  plan::mark_columns(expression, used);
  for (size_t i = 0; i < all; ++i)
    if (used[i] && !std::ranges::binary_search(columns, i)) return false;
  return std::ranges::find(used, true) != used.end();
}

bool all_hold(const std::vector<plan::ExpressionPtr>& conditions, const Batch& file) {
  try {
    engine::Evaluator::State state;
    std::vector<Column> answers = engine::Evaluator(conditions).evaluate(file, state);
    return std::ranges::all_of(answers, [](const Column& answer) { return engine::select(answer, 1).size() == 1; });
  } catch (const Failure&) {
    return true;
  }
}

}  // namespace

Readers readers_of(const plan::Graph& graph, const std::string& source, const std::vector<size_t>& told) {
  auto found = std::ranges::find(graph.sources, source, &std::pair<std::string, plan::NodePtr>::first);
  if (found == graph.sources.end() || found->second == nullptr) return {};
  const auto& scan = static_cast<const plan::Scan&>(*found->second);
  // As columns of the source, not of the scan.
  std::vector<plan::ExpressionPtr> columns;
  size_t end = 0;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    columns.push_back(plan::make_column(scan.columns[i], scan.fields[i].type));
    end = std::max(end, scan.columns[i] + 1);
  }
  std::vector<plan::NodePtr> roots;
  for (const plan::StepNode& step : graph.steps)
    if (step.materialized) roots.push_back(step.root);
  Readers readers;
  for (const plan::Node* node : plan::in_order(roots)) {
    if (std::ranges::none_of(node->inputs, [&](const plan::NodePtr& input) { return input.get() == &scan; })) continue;
    std::vector<plan::ExpressionPtr> asked;
    if (node->kind == plan::NodeKind::kFilter) {
      for (const plan::ExpressionPtr& condition : static_cast<const plan::Filter&>(*node).conditions) {
        plan::ExpressionPtr of_source = plan::replace_columns(condition, columns);
        if (reads_only(*of_source, told, end)) asked.push_back(std::move(of_source));
      }
    }
    if (asked.empty()) return {};
    readers.push_back(std::move(asked));
  }
  return readers;
}

bool needed(const Readers& readers, const std::vector<size_t>& told, const std::vector<Value>& values) {
  if (readers.empty()) return true;
  Batch file;
  file.rows = 1;
  file.columns.resize(told.back() + 1);
  for (size_t i = 0; i < told.size(); ++i) file.columns[told[i]] = constant_column(values[i]);
  return std::ranges::any_of(readers, [&](const auto& conditions) { return all_hold(conditions, file); });
}

}  // namespace segue::runs

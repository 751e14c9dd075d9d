#include "engine/aggregate_state.h"
#include "engine/execute.h"
#include "engine/expressions/evaluator.h"
#include "engine/join.h"
#include "engine/keys.h"
#include "engine/window.h"

namespace segue::engine {
namespace {

std::optional<std::string> all_supported(const std::vector<plan::ExpressionPtr>& expressions) {
  for (const auto& expression : expressions) {
    if (auto problem = unsupported(*expression)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> order_unsupported(const std::vector<plan::OrderKey>& keys) {
  for (const auto& key : keys) {
    if (auto problem = unsupported(*key.expression)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> keys_unsupported(const std::vector<plan::ExpressionPtr>& keys, const char* what) {
  for (const auto& key : keys) {
    if (!Keys::supported(key->type)) return std::string(what) + " " + to_string(key->type);
    if (auto problem = unsupported(*key)) return problem;
  }
  return std::nullopt;
}

// Rows that are stored by value can't hold lists and structs.
std::optional<std::string> nested_input(const plan::Node& node, const char* what) {
  for (const Field& field : node.inputs[0]->fields) {
    if (field.type.nested()) return std::string(what) + " over a column of type " + to_string(field.type);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> unsupported(const plan::Node& node) {
  switch (node.kind) {
    case plan::NodeKind::kScan:
    case plan::NodeKind::kForeign:
    case plan::NodeKind::kLimit:
    case plan::NodeKind::kUnion: return std::nullopt;
    case plan::NodeKind::kValues:
      for (const auto& row : static_cast<const plan::Values&>(node).rows) {
        if (auto problem = all_supported(row)) return problem;
      }
      return std::nullopt;
    case plan::NodeKind::kFilter: return all_supported(static_cast<const plan::Filter&>(node).conditions);
    case plan::NodeKind::kProject: return all_supported(static_cast<const plan::Project&>(node).expressions);
    case plan::NodeKind::kUnnest: return all_supported(static_cast<const plan::Unnest&>(node).lists);
    case plan::NodeKind::kAggregate: {
      const auto& aggregate = static_cast<const plan::Aggregate&>(node);
      if (auto problem = nested_input(node, "an aggregate")) return problem;
      if (auto problem = keys_unsupported(aggregate.groups, "GROUP BY of type")) return problem;
      for (const auto& call : aggregate.calls) {
        if (auto problem = aggregate_unsupported(call)) return problem;
      }
      return std::nullopt;
    }
    case plan::NodeKind::kWindow: {
      const auto& window = static_cast<const plan::Window&>(node);
      if (auto problem = nested_input(node, "a window")) return problem;
      if (auto problem = keys_unsupported(window.partition, "PARTITION BY of type")) return problem;
      if (auto problem = order_unsupported(window.order)) return problem;
      for (const auto& key : window.order) {
        if (key.expression->type.nested())
          return "ORDER BY of type " + to_string(key.expression->type) + " in a window";
      }
      for (const auto& call : window.calls) {
        if (auto problem = window_unsupported(call)) return problem;
      }
      return std::nullopt;
    }
    case plan::NodeKind::kJoin: return join_unsupported(static_cast<const plan::Join&>(node));
    case plan::NodeKind::kSort: return order_unsupported(static_cast<const plan::Sort&>(node).keys);
  }
  return std::nullopt;
}

}  // namespace segue::engine

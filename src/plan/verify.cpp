#include "plan/verify.h"

#include "base/error.h"
#include "plan/rewrite.h"

namespace segue::plan {
namespace {

void check(const ExpressionPtr& expression, size_t columns) {
  if (!expression) return;
  if (expression->kind == Expression::Kind::kColumn) SEGUE_ASSERT(expression->column < columns);
  for (const auto& argument : expression->arguments) check(argument, columns);
}

void check(const std::vector<ExpressionPtr>& expressions, size_t columns) {
  for (const auto& expression : expressions) check(expression, columns);
}

void check(const std::vector<OrderKey>& keys, size_t columns) {
  for (const auto& key : keys) check(key.expression, columns);
}

// Every column that an expression reads is one of the node's inputs.
void check(const Node& node) {
  size_t columns = 0;
  for (const auto& input : node.inputs) columns += input->fields.size();
  switch (node.kind) {
    case NodeKind::kScan: SEGUE_ASSERT(static_cast<const Scan&>(node).columns.size() == node.fields.size()); break;
    case NodeKind::kValues:
      for (const auto& row : static_cast<const Values&>(node).rows) {
        SEGUE_ASSERT(row.size() == node.fields.size());
        check(row, 0);
      }
      break;
    case NodeKind::kFilter: check(static_cast<const Filter&>(node).conditions, columns); break;
    case NodeKind::kProject: {
      const auto& expressions = static_cast<const Project&>(node).expressions;
      SEGUE_ASSERT(expressions.size() == node.fields.size());
      check(expressions, columns);
      break;
    }
    case NodeKind::kAggregate: {
      const auto& aggregate = static_cast<const Aggregate&>(node);
      SEGUE_ASSERT(aggregate.groups.size() + aggregate.calls.size() == node.fields.size());
      check(aggregate.groups, columns);
      for (const auto& call : aggregate.calls) {
        check(call.arguments, columns);
        check(call.filter, columns);
        check(call.order, columns);
      }
      break;
    }
    case NodeKind::kWindow: {
      const auto& window = static_cast<const Window&>(node);
      SEGUE_ASSERT(columns + window.calls.size() == node.fields.size());
      check(window.partition, columns);
      check(window.order, columns);
      for (const auto& call : window.calls) check(call.arguments, columns);
      break;
    }
    case NodeKind::kJoin: {
      const auto& join = static_cast<const Join&>(node);
      SEGUE_ASSERT(node.inputs.size() == 2);
      for (const auto& key : join.keys) {
        check(key.left, node.inputs[0]->fields.size());
        check(key.right, node.inputs[1]->fields.size());
      }
      check(join.residual, columns);
      break;
    }
    case NodeKind::kSort: check(static_cast<const Sort&>(node).keys, columns); break;
    case NodeKind::kUnion:
      for (const auto& input : node.inputs) SEGUE_ASSERT(input->fields.size() == node.fields.size());
      break;
    case NodeKind::kUnnest: {
      const auto& unnest = static_cast<const Unnest&>(node);
      SEGUE_ASSERT(unnest.columns.size() + unnest.lists.size() == node.fields.size());
      for (size_t column : unnest.columns) SEGUE_ASSERT(column < columns);
      check(unnest.lists, columns);
      break;
    }
    case NodeKind::kLimit:
    case NodeKind::kForeign: break;
  }
}

}  // namespace

void verify(const NodePtr& root) {
  for (const Node* node : in_order({root})) check(*node);
}

}  // namespace segue::plan

#include <algorithm>
#include <unordered_map>

#include "plan/rewrite.h"

namespace segue::plan {
namespace {

constexpr size_t kGone = ~size_t{0};

using Needed = std::vector<bool>;
// Where each old output column of a node is now, or kGone.
using Moved = std::vector<size_t>;

void mark(const ExpressionPtr& expression, Needed& needed) {
  if (expression) mark_columns(*expression, needed);
}

void mark(const std::vector<ExpressionPtr>& expressions, Needed& needed) {
  for (const auto& expression : expressions) mark(expression, needed);
}

void mark(const std::vector<OrderKey>& keys, Needed& needed) {
  for (const auto& key : keys) mark(key.expression, needed);
}

void mark_some(const std::vector<ExpressionPtr>& expressions, const Needed& which, Needed& needed) {
  for (size_t i = 0; i < expressions.size(); ++i) {
    if (which[i]) mark(expressions[i], needed);
  }
}

// Given which output columns of node are needed, adds what it needs of each input.
void mark_inputs(const Node& node, const Needed& needed, const std::vector<Needed*>& inputs) {
  auto pass = [&](size_t input, size_t from) {
    for (size_t i = 0; i < inputs[input]->size(); ++i) (*inputs[input])[i] = (*inputs[input])[i] || needed[from + i];
  };
  switch (node.kind) {
    case NodeKind::kScan:
    case NodeKind::kValues: return;
    case NodeKind::kForeign:
      for (Needed* input : inputs) input->assign(input->size(), true);
      return;
    case NodeKind::kFilter:
      pass(0, 0);
      mark(static_cast<const Filter&>(node).conditions, *inputs[0]);
      return;
    case NodeKind::kProject: mark_some(static_cast<const Project&>(node).expressions, needed, *inputs[0]); return;
    case NodeKind::kAggregate: {
      const auto& aggregate = static_cast<const Aggregate&>(node);
      mark(aggregate.groups, *inputs[0]);
      for (size_t i = 0; i < aggregate.calls.size(); ++i) {
        if (!needed[aggregate.groups.size() + i]) continue;
        mark(aggregate.calls[i].arguments, *inputs[0]);
        mark(aggregate.calls[i].filter, *inputs[0]);
        mark(aggregate.calls[i].order, *inputs[0]);
      }
      return;
    }
    case NodeKind::kWindow: {
      const auto& window = static_cast<const Window&>(node);
      pass(0, 0);
      size_t width = inputs[0]->size();
      bool any = false;
      for (size_t i = 0; i < window.calls.size(); ++i) {
        if (!needed[width + i]) continue;
        any = true;
        mark(window.calls[i].arguments, *inputs[0]);
      }
      if (any) {
        mark(window.partition, *inputs[0]);
        mark(window.order, *inputs[0]);
      }
      return;
    }
    case NodeKind::kJoin: {
      const auto& join = static_cast<const Join&>(node);
      bool both = join.join_kind == JoinKind::kInner || join.join_kind == JoinKind::kLeft;
      size_t left_width = inputs[0]->size();
      pass(0, 0);
      if (both) pass(1, left_width);
      for (const auto& key : join.keys) {
        mark(key.left, *inputs[0]);
        mark(key.right, *inputs[1]);
      }
      if (join.residual) {
        Needed all(left_width + inputs[1]->size());
        mark(join.residual, all);
        for (size_t i = 0; i < all.size(); ++i) {
          if (all[i]) (i < left_width ? (*inputs[0])[i] : (*inputs[1])[i - left_width]) = true;
        }
      }
      return;
    }
    case NodeKind::kSort:
      pass(0, 0);
      mark(static_cast<const Sort&>(node).keys, *inputs[0]);
      return;
    case NodeKind::kLimit: pass(0, 0); return;
    case NodeKind::kUnnest: {
      const auto& unnest = static_cast<const Unnest&>(node);
      for (size_t i = 0; i < unnest.columns.size(); ++i) {
        if (needed[i]) (*inputs[0])[unnest.columns[i]] = true;
      }
      mark(unnest.lists, *inputs[0]);
      return;
    }
    case NodeKind::kUnion:
      for (size_t i = 0; i < inputs.size(); ++i) pass(i, 0);
      return;
  }
}

// Columns of an input as expressions over what is left of it; null for those that are gone.
std::vector<ExpressionPtr> moved_columns(const Moved& moved, const std::vector<Field>& now, size_t offset = 0) {
  std::vector<ExpressionPtr> columns(moved.size());
  for (size_t i = 0; i < moved.size(); ++i) {
    if (moved[i] != kGone) columns[i] = make_column(offset + moved[i], now[moved[i]].type);
  }
  return columns;
}

void replace(std::vector<ExpressionPtr>& expressions, const std::vector<ExpressionPtr>& columns) {
  for (auto& expression : expressions) expression = replace_columns(expression, columns);
}

void replace(std::vector<OrderKey>& keys, const std::vector<ExpressionPtr>& columns) {
  for (auto& key : keys) key.expression = replace_columns(key.expression, columns);
}

// Keeps the elements whose place (from `offset` on) is needed; tells where output columns went.
template <class T>
void keep_needed(std::vector<T>& elements, const Needed& needed, size_t offset, size_t& next, Moved& moved) {
  std::vector<T> kept;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!needed[offset + i]) continue;
    moved[offset + i] = next++;
    kept.push_back(std::move(elements[i]));
  }
  elements = std::move(kept);
}

void keep_fields(Node& node, const Moved& moved) {
  std::vector<Field> fields;
  for (size_t i = 0; i < moved.size(); ++i) {
    if (moved[i] != kGone) fields.push_back(std::move(node.fields[i]));
  }
  node.fields = std::move(fields);
}

Moved shrink_join(Join& join, const Moved& left, const Moved& right) {
  size_t left_now = join.inputs[0]->fields.size();
  auto left_columns = moved_columns(left, join.inputs[0]->fields);
  auto right_columns = moved_columns(right, join.inputs[1]->fields);
  for (auto& key : join.keys) {
    key.left = replace_columns(key.left, left_columns);
    key.right = replace_columns(key.right, right_columns);
  }
  if (join.residual) {
    auto both = left_columns;
    auto shifted = moved_columns(right, join.inputs[1]->fields, left_now);
    both.insert(both.end(), shifted.begin(), shifted.end());
    join.residual = replace_columns(join.residual, both);
  }
  Moved moved = left;
  if (join.join_kind == JoinKind::kInner || join.join_kind == JoinKind::kLeft) {
    for (size_t to : right) moved.push_back(to == kGone ? kGone : left_now + to);
  } else if (join.join_kind == JoinKind::kMark) {
    moved.push_back(left_now);
  }
  return moved;
}

// Shrinks node, whose inputs have been shrunk already.
Moved shrink(Node& node, const Needed& needed, const std::vector<const Moved*>& inputs) {
  Moved moved(node.fields.size(), kGone);
  size_t next = 0;
  std::vector<ExpressionPtr> columns;
  if (!inputs.empty()) columns = moved_columns(*inputs[0], node.inputs[0]->fields);
  switch (node.kind) {
    case NodeKind::kScan: keep_needed(static_cast<Scan&>(node).columns, needed, 0, next, moved); break;
    case NodeKind::kValues: {
      for (auto& row : static_cast<Values&>(node).rows) {
        next = 0;
        keep_needed(row, needed, 0, next, moved);
      }
      if (static_cast<Values&>(node).rows.empty()) {
        for (size_t i = 0; i < moved.size(); ++i) moved[i] = needed[i] ? next++ : kGone;
      }
      break;
    }
    case NodeKind::kForeign:
      for (size_t i = 0; i < moved.size(); ++i) moved[i] = i;
      return moved;
    case NodeKind::kFilter:
      replace(static_cast<Filter&>(node).conditions, columns);
      moved = *inputs[0];
      break;
    case NodeKind::kProject: {
      auto& expressions = static_cast<Project&>(node).expressions;
      keep_needed(expressions, needed, 0, next, moved);
      replace(expressions, columns);
      break;
    }
    case NodeKind::kAggregate: {
      auto& aggregate = static_cast<Aggregate&>(node);
      for (; next < aggregate.groups.size(); ++next) moved[next] = next;
      keep_needed(aggregate.calls, needed, aggregate.groups.size(), next, moved);
      replace(aggregate.groups, columns);
      for (auto& call : aggregate.calls) {
        replace(call.arguments, columns);
        if (call.filter) call.filter = replace_columns(call.filter, columns);
        replace(call.order, columns);
      }
      break;
    }
    case NodeKind::kWindow: {
      auto& window = static_cast<Window&>(node);
      std::copy(inputs[0]->begin(), inputs[0]->end(), moved.begin());
      next = node.inputs[0]->fields.size();
      keep_needed(window.calls, needed, inputs[0]->size(), next, moved);
      if (window.calls.empty()) {
        window.partition.clear();
        window.order.clear();
      }
      replace(window.partition, columns);
      replace(window.order, columns);
      for (auto& call : window.calls) replace(call.arguments, columns);
      break;
    }
    case NodeKind::kJoin: moved = shrink_join(static_cast<Join&>(node), *inputs[0], *inputs[1]); break;
    case NodeKind::kSort:
      replace(static_cast<Sort&>(node).keys, columns);
      moved = *inputs[0];
      break;
    case NodeKind::kLimit: moved = *inputs[0]; break;
    case NodeKind::kUnnest: {  // every list says how many rows there are
      auto& unnest = static_cast<Unnest&>(node);
      size_t width = unnest.columns.size();
      keep_needed(unnest.columns, needed, 0, next, moved);
      for (size_t& column : unnest.columns) column = (*inputs[0])[column];
      replace(unnest.lists, columns);
      for (size_t i = width; i < moved.size(); ++i) moved[i] = next++;
      break;
    }
    case NodeKind::kUnion:
      // Inputs may have kept different columns: bring them all to what is needed.
      for (size_t side = 0; side < node.inputs.size(); ++side) {
        std::vector<ExpressionPtr> kept;
        std::vector<std::string> names;
        auto side_columns = moved_columns(*inputs[side], node.inputs[side]->fields);
        for (size_t i = 0; i < needed.size(); ++i) {
          if (!needed[i]) continue;
          kept.push_back(side_columns[i]);
          names.push_back(node.fields[i].name);
        }
        node.inputs[side] = make_project(node.inputs[side], std::move(kept), std::move(names));
      }
      for (size_t i = 0; i < moved.size(); ++i) moved[i] = needed[i] ? next++ : kGone;
      break;
  }
  keep_fields(node, moved);
  return moved;
}

}  // namespace

void prune_columns(const std::vector<NodePtr>& roots, const NodeSet& leaves) {
  std::vector<Node*> order = in_order(roots, leaves);
  std::unordered_map<const Node*, Needed> needed;
  for (Node* node : order) needed[node].assign(node->fields.size(), false);
  for (const auto& root : roots) needed[root.get()].assign(root->fields.size(), true);
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    if (leaves.contains(*node)) continue;
    std::vector<Needed*> inputs;
    for (const auto& input : (*node)->inputs) inputs.push_back(&needed[input.get()]);
    mark_inputs(**node, needed[*node], inputs);
  }
  std::unordered_map<const Node*, Moved> moved;
  for (Node* node : order) {
    if (leaves.contains(node)) {
      Moved same(node->fields.size());
      for (size_t i = 0; i < same.size(); ++i) same[i] = i;
      moved[node] = std::move(same);
      continue;
    }
    std::vector<const Moved*> inputs;
    for (const auto& input : node->inputs) inputs.push_back(&moved[input.get()]);
    moved[node] = shrink(*node, needed[node], inputs);
  }
}

}  // namespace segue::plan

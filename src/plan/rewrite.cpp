#include "plan/rewrite.h"

#include <algorithm>
#include <unordered_set>

namespace segue::plan {
namespace {

bool plain(const Expression& expression) { return expression.kind != Expression::Kind::kCall; }

bool reads_only(const Expression& expression, size_t begin, size_t end, size_t width) {
  std::vector<bool> used(width);
  mark_columns(expression, used);
  for (size_t i = 0; i < width; ++i) {
    if (used[i] && (i < begin || i >= end)) return false;
  }
  return true;
}

// columns begin, begin + 1, … renumbered from 0.
ExpressionPtr shift_down(const ExpressionPtr& expression, size_t begin, const std::vector<Field>& fields) {
  std::vector<ExpressionPtr> columns(begin + fields.size());
  for (size_t i = 0; i < fields.size(); ++i) columns[begin + i] = make_column(i, fields[i].type);
  return replace_columns(expression, columns);
}

// Conditions over a join's output: what reads one side sinks into it, an equality between the sides becomes a key, the
// rest is returned.
std::vector<ExpressionPtr> sink_into_join(Join& join, const std::vector<ExpressionPtr>& conditions) {
  size_t left_width = join.inputs[0]->fields.size();
  size_t width = left_width + join.inputs[1]->fields.size();
  bool inner = join.join_kind == JoinKind::kInner;
  std::vector<ExpressionPtr> left, right, rest;
  for (const auto& condition : conditions) {
    std::vector<bool> used(std::max(width, join.fields.size()));
    mark_columns(*condition, used);
    bool reads_left = std::find(used.begin(), used.begin() + left_width, true) != used.begin() + left_width;
    bool reads_right = std::find(used.begin() + left_width, used.end(), true) != used.end();
    if (!reads_right) {
      left.push_back(condition);
    } else if (inner && !reads_left) {
      right.push_back(shift_down(condition, left_width, join.inputs[1]->fields));
    } else if (auto key = inner ? key_of(condition, *join.inputs[0], *join.inputs[1]) : std::nullopt) {
      join.keys.push_back(*key);
    } else {
      rest.push_back(condition);
    }
  }
  auto filter_side = [&](size_t side, std::vector<ExpressionPtr> parts) {
    NodePtr input = std::move(join.inputs[side]);  // leaves one holder, so that the filter may sink further
    join.inputs[side] = make_filter(std::move(input), std::move(parts));
  };
  if (!left.empty()) filter_side(0, std::move(left));
  if (!right.empty()) filter_side(1, std::move(right));
  return rest;
}

// A filter on the mark of `x IN (SELECT …)` keeps the rows whose mark is true: a semi join. NOT keeps the others, an
// anti join where a mark is never NULL. Takes the condition out and returns what the mark is in all rows that are left;
// nothing if it stays a mark.
std::optional<bool> mark_to_semi(Join& join, std::vector<ExpressionPtr>& conditions) {
  size_t mark = join.fields.size() - 1;
  bool never_null = std::all_of(join.keys.begin(), join.keys.end(), [](const auto& key) { return key.null_equal; });
  auto is_mark = [mark](const ExpressionPtr& e) { return e->kind == Expression::Kind::kColumn && e->column == mark; };
  auto is_not_mark = [&](const ExpressionPtr& e) {
    return never_null && e->kind == Expression::Kind::kCall && e->name == "not" && is_mark(e->arguments[0]);
  };
  auto found =
      std::find_if(conditions.begin(), conditions.end(), [&](const auto& e) { return is_mark(e) || is_not_mark(e); });
  if (found == conditions.end()) return std::nullopt;
  bool keeps = is_mark(*found);
  conditions.erase(found);
  if (std::any_of(conditions.begin(), conditions.end(),
                  [&](const auto& e) { return !reads_only(*e, 0, mark, mark + 1); })) {
    conditions.push_back(keeps ? make_column(mark, TypeId::kBoolean)
                               : make_call("not", TypeId::kBoolean, {make_column(mark, TypeId::kBoolean)}));
    return std::nullopt;
  }
  join.join_kind = keeps ? JoinKind::kSemi : JoinKind::kAnti;
  join.fields.pop_back();
  return keeps;
}

// The node with a column more.
NodePtr with_constant(NodePtr input, const std::string& name, bool value) {
  std::vector<ExpressionPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < input->fields.size(); ++i) {
    columns.push_back(make_column(i, input->fields[i].type));
    names.push_back(input->fields[i].name);
  }
  columns.push_back(make_constant({TypeId::kBoolean, int64_t{value}}));
  names.push_back(name);
  return make_project(std::move(input), std::move(columns), std::move(names));
}

}  // namespace

void split_conjunction(const ExpressionPtr& condition, std::vector<ExpressionPtr>& parts) {
  if (condition->kind == Expression::Kind::kCall && condition->name == "and") {
    for (const auto& part : condition->arguments) split_conjunction(part, parts);
  } else {
    parts.push_back(condition);
  }
}

std::optional<Join::Key> key_of(const ExpressionPtr& condition, const Node& left, const Node& right) {
  bool null_equal = condition->name == "is_not_distinct_from";
  if (condition->kind != Expression::Kind::kCall || (condition->name != "=" && !null_equal)) return std::nullopt;
  size_t left_width = left.fields.size(), width = left_width + right.fields.size();
  const auto &a = condition->arguments[0], &b = condition->arguments[1];
  bool a_left = reads_only(*a, 0, left_width, width), b_left = reads_only(*b, 0, left_width, width);
  bool a_right = reads_only(*a, left_width, width, width), b_right = reads_only(*b, left_width, width, width);
  if (a_left && b_right) return Join::Key{a, shift_down(b, left_width, right.fields), null_equal};
  if (b_left && a_right) return Join::Key{b, shift_down(a, left_width, right.fields), null_equal};
  return std::nullopt;
}

NodePtr make_project(NodePtr input, std::vector<ExpressionPtr> expressions, std::vector<std::string> names) {
  if (input->kind == NodeKind::kProject) {
    const auto& below = static_cast<Project&>(*input).expressions;
    if (std::all_of(below.begin(), below.end(), [](const auto& e) { return plain(*e); })) {
      for (auto& expression : expressions) expression = replace_columns(expression, below);
      input = input->inputs[0];
    }
  }
  auto node = std::make_shared<Project>();
  for (size_t i = 0; i < expressions.size(); ++i) node->fields.push_back({names[i], expressions[i]->type});
  node->inputs = {std::move(input)};
  node->expressions = std::move(expressions);
  return node;
}

NodePtr make_filter(NodePtr input, std::vector<ExpressionPtr> conditions) {
  std::vector<ExpressionPtr> parts;
  for (const auto& condition : conditions) split_conjunction(condition, parts);
  if (input.use_count() == 1) {
    if (input->kind == NodeKind::kJoin) {
      auto& join = static_cast<Join&>(*input);
      if (join.join_kind == JoinKind::kMark) {
        // Columns keep their places for what is above: the mark's is a constant now.
        if (auto mark = mark_to_semi(join, parts))
          return with_constant(make_filter(std::move(input), std::move(parts)), "mark", *mark);
      }
      if (join.join_kind != JoinKind::kMark) parts = sink_into_join(join, parts);
    } else if (input->kind == NodeKind::kFilter) {
      auto& below = static_cast<Filter&>(*input);
      below.conditions.insert(below.conditions.end(), parts.begin(), parts.end());
      return input;
    } else if (input->kind == NodeKind::kProject) {
      auto& project = static_cast<Project&>(*input);
      std::vector<ExpressionPtr> sinking, staying;
      for (const auto& part : parts) {
        std::vector<bool> used(project.fields.size());
        mark_columns(*part, used);
        bool sinks = true;
        for (size_t i = 0; i < used.size(); ++i) sinks = sinks && (!used[i] || plain(*project.expressions[i]));
        if (sinks) {
          sinking.push_back(replace_columns(part, project.expressions));
        } else {
          staying.push_back(part);
        }
      }
      if (!sinking.empty()) {
        NodePtr below = std::move(project.inputs[0]);
        project.inputs[0] = make_filter(std::move(below), std::move(sinking));
      }
      parts = std::move(staying);
    }
  }
  if (parts.empty()) return input;
  auto node = std::make_shared<Filter>();
  node->fields = input->fields;
  node->inputs = {std::move(input)};
  node->conditions = std::move(parts);
  return node;
}

std::vector<Node*> in_order(const std::vector<NodePtr>& roots, const NodeSet& leaves) {
  std::vector<Node*> order;
  std::unordered_set<Node*> seen;
  auto visit = [&](auto& self, Node* node) -> void {
    if (!seen.insert(node).second) return;
    if (!leaves.contains(node)) {
      for (const auto& input : node->inputs) self(self, input.get());
    }
    order.push_back(node);
  };
  for (const auto& root : roots) visit(visit, root.get());
  return order;
}

}  // namespace segue::plan

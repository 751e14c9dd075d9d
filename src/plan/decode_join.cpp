// Joins, correlated subqueries and set operations.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "plan/decoder.h"
#include "plan/rewrite.h"

namespace segue::plan {

using nlohmann::json;

namespace {

// A join before its kind is known. Keys and residual are over left's and right's columns.
struct Parts {
  NodePtr left, right;
  std::vector<Join::Key> keys;
  std::vector<ExpressionPtr> residual;
};

// The same with the sides exchanged.
Parts swapped(const Parts& parts) {
  Parts result{parts.right, parts.left, {}, {}};
  for (const auto& key : parts.keys) result.keys.push_back({key.right, key.left, key.null_equal});
  size_t left = parts.left->fields.size(), right = parts.right->fields.size();
  std::vector<ExpressionPtr> columns;
  for (size_t i = 0; i < left; ++i) columns.push_back(make_column(right + i, parts.left->fields[i].type));
  for (size_t i = 0; i < right; ++i) columns.push_back(make_column(i, parts.right->fields[i].type));
  for (const auto& condition : parts.residual) result.residual.push_back(replace_columns(condition, columns));
  return result;
}

NodePtr make_join(JoinKind kind, Parts parts) {
  auto result = std::make_shared<Join>();
  result->join_kind = kind;
  result->keys = std::move(parts.keys);
  if (parts.residual.size() == 1) result->residual = parts.residual[0];
  if (parts.residual.size() > 1) result->residual = make_call("and", TypeId::kBoolean, parts.residual);
  result->fields = parts.left->fields;
  if (kind == JoinKind::kInner || kind == JoinKind::kLeft) {
    result->fields.insert(result->fields.end(), parts.right->fields.begin(), parts.right->fields.end());
  } else if (kind == JoinKind::kMark) {
    result->fields.push_back({"mark", TypeId::kBoolean});
  }
  result->inputs = {std::move(parts.left), std::move(parts.right)};
  return result;
}

// The left join of the exchanged sides, with columns in the old order.
NodePtr right_join(const Parts& parts) {
  size_t left = parts.left->fields.size(), right = parts.right->fields.size();
  NodePtr join = make_join(JoinKind::kLeft, swapped(parts));
  std::vector<ExpressionPtr> columns;
  std::vector<std::string> column_names;
  for (size_t i = 0; i < left + right; ++i) {
    size_t from = i < left ? right + i : i - left;
    columns.push_back(make_column(from, join->fields[from].type));
    column_names.push_back(join->fields[from].name);
  }
  return make_project(std::move(join), std::move(columns), std::move(column_names));
}

// The left join, and then the right rows that matched nothing.
NodePtr full_join(const Parts& parts) {
  auto result = std::make_shared<Union>();
  result->inputs.push_back(make_join(JoinKind::kLeft, parts));
  result->fields = result->inputs[0]->fields;
  std::vector<ExpressionPtr> columns;
  for (const Field& field : parts.left->fields) columns.push_back(make_constant(Value{field.type, {}}));
  NodePtr rest = make_join(JoinKind::kAnti, swapped(parts));
  for (size_t i = 0; i < rest->fields.size(); ++i) columns.push_back(make_column(i, rest->fields[i].type));
  result->inputs.push_back(make_project(std::move(rest), std::move(columns), names(*result)));
  return result;
}

// True if no two rows can be equal in these columns. May say no where it does not know.
bool unique_by(const Node& node, const std::vector<size_t>& columns) {
  auto contains = [&](size_t column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
  switch (node.kind) {
    case NodeKind::kProject: {
      std::vector<size_t> below;
      for (size_t column : columns) {
        const Expression& expression = *static_cast<const Project&>(node).expressions.at(column);
        if (expression.kind == Expression::Kind::kColumn) below.push_back(expression.column);
      }
      return unique_by(*node.inputs[0], below);
    }
    case NodeKind::kAggregate:
      for (size_t i = 0; i < static_cast<const Aggregate&>(node).groups.size(); ++i) {
        if (!contains(i)) return false;
      }
      return true;
    case NodeKind::kFilter: return unique_by(*node.inputs[0], columns);
    case NodeKind::kJoin: {
      const auto& join = static_cast<const Join&>(node);
      size_t left_width = join.inputs[0]->fields.size();
      std::vector<size_t> left, keys;
      for (size_t column : columns) {
        if (column < left_width) left.push_back(column);
      }
      if (!unique_by(*join.inputs[0], left)) return false;
      if (join.join_kind != JoinKind::kInner && join.join_kind != JoinKind::kLeft) return true;
      for (const auto& key : join.keys) {
        if (key.right->kind == Expression::Kind::kColumn) keys.push_back(key.right->column);
      }
      return unique_by(*join.inputs[1], keys);
    }
    default: return false;
  }
}

// One row at most for each on the left.
NodePtr single_join(Parts parts) {
  std::vector<size_t> keys;
  for (const auto& key : parts.keys) {
    if (key.right->kind == Expression::Kind::kColumn) keys.push_back(key.right->column);
  }
  if (!unique_by(*parts.right, keys)) throw Unsupported{"a correlated subquery that may give more than one row"};
  return make_join(JoinKind::kLeft, std::move(parts));
}

NodePtr join_of(const std::string& type, Parts parts) {
  static const std::map<std::string, JoinKind> kinds = {{"INNER", JoinKind::kInner},
                                                        {"LEFT", JoinKind::kLeft},
                                                        {"SEMI", JoinKind::kSemi},
                                                        {"ANTI", JoinKind::kAnti},
                                                        {"MARK", JoinKind::kMark}};
  if (type == "RIGHT") return right_join(parts);
  if (type == "FULL") return full_join(parts);
  if (type == "SINGLE") return single_join(std::move(parts));
  auto kind = kinds.find(type);
  if (kind == kinds.end()) throw Unsupported{fmt::format("a {} join", type)};
  return make_join(kind->second, std::move(parts));
}

// The columns of right as they stand behind left's.
std::vector<ExpressionPtr> behind(const Node& left, const Node& right) {
  std::vector<ExpressionPtr> columns;
  for (size_t i = 0; i < right.fields.size(); ++i)
    columns.push_back(make_column(left.fields.size() + i, right.fields[i].type));
  return columns;
}

// The conditions of a comparison join: left and right of each are over their own side.
Parts comparisons(const json& plan, NodePtr left, NodePtr right) {
  for (const char* map : {"left_projection_map", "right_projection_map"}) {
    if (plan.contains(map) && !plan.at(map).empty()) throw Unsupported{"a join that drops columns"};
  }
  Parts parts{std::move(left), std::move(right), {}, {}};
  for (const json& condition : plan.at("conditions")) {
    if (!condition.contains("left")) throw Unsupported{"a join on any expression"};
    auto a = decode_expression(condition.at("left"));
    auto b = decode_expression(condition.at("right"));
    const auto& comparison = condition.at("comparison").get_ref<const std::string&>();
    if (comparison == "COMPARE_EQUAL" || comparison == "COMPARE_NOT_DISTINCT_FROM") {
      parts.keys.push_back({a, b, comparison == "COMPARE_NOT_DISTINCT_FROM"});
      continue;
    }
    json call = {{"type", comparison}, {"left", condition.at("left")}, {"right", condition.at("right")}};
    parts.residual.push_back(make_call(decode_expression(call)->name, TypeId::kBoolean,
                                       {a, replace_columns(b, behind(*parts.left, *parts.right))}));
  }
  return parts;
}

}  // namespace

NodePtr Decoder::join(const json& plan) {
  NodePtr left = child(plan, 0), right = child(plan, 1);
  return join_of(plan.at("join_type").get<std::string>(), comparisons(plan, std::move(left), std::move(right)));
}

// A join on any condition over both sides' columns.
NodePtr Decoder::any_join(const json& plan) {
  Parts parts{child(plan, 0), child(plan, 1), {}, {}};
  std::vector<ExpressionPtr> conditions;
  split_conjunction(decode_expression(plan.at("condition")), conditions);
  for (const auto& condition : conditions) {
    if (auto key = key_of(condition, *parts.left, *parts.right)) {
      parts.keys.push_back(*key);
    } else {
      parts.residual.push_back(condition);
    }
  }
  const auto& type = plan.at("join_type").get_ref<const std::string&>();
  if (type == "MARK" || type == "SINGLE") throw Unsupported{fmt::format("a {} join on any condition", type)};
  return join_of(type, std::move(parts));
}

// A correlated subquery: its rows are computed for each different value of the outer columns that it reads, then joined
// to the outer rows.
NodePtr Decoder::delim_join(const json& plan) {
  if (plan.at("delim_flipped").get<bool>() || !delimiters_.empty())
    throw Unsupported{"correlated subqueries inside each other"};
  if (plan.at("children").at(1).value("name", "") == "unnest") return lateral_unnest(plan);
  NodePtr left = child(plan, 0);
  std::vector<ExpressionPtr> columns = decode_list(plan.at("duplicate_eliminated_columns"));
  delimiters_.push_back(distinct_rows(make_project(left, columns, std::vector<std::string>(columns.size()))));
  NodePtr right = child(plan, 1);
  delimiters_.pop_back();
  return join_of(plan.at("join_type").get<std::string>(), comparisons(plan, std::move(left), std::move(right)));
}

NodePtr Decoder::delim_get(const json& plan) {
  if (delimiters_.empty() || delimiters_.back()->fields.size() != plan.at("chunk_types").size())
    throw Unsupported{"a correlated subquery of an unknown form"};
  const NodePtr& rows = delimiters_.back();
  return make_project(rows, identity(*rows), names(*rows));
}

NodePtr Decoder::cross(const json& plan) {
  NodePtr left = child(plan, 0), right = child(plan, 1);
  return make_join(JoinKind::kInner, {std::move(left), std::move(right), {}, {}});
}

NodePtr Decoder::set_union(const json& plan) {
  auto result = std::make_shared<Union>();
  for (const json& part : plan.at("children")) result->inputs.push_back(node(part));
  result->fields = result->inputs.at(0)->fields;
  for (const auto& input : result->inputs) {
    for (size_t i = 0; i < result->fields.size(); ++i) {
      if (input->fields.at(i).type != result->fields[i].type) throw Unsupported{"a UNION of different types"};
    }
  }
  if (plan.at("setop_all").get<bool>()) return result;
  return distinct_rows(std::move(result));
}

namespace {

// The rows with a number each that tells equal ones apart, as the last column.
NodePtr numbered(NodePtr input) {
  auto result = std::make_shared<Window>();
  result->partition = identity(*input);
  WindowCall row_number;
  row_number.name = "row_number";
  row_number.type = TypeId::kBigint;
  result->calls.push_back(row_number);
  result->fields = input->fields;
  result->fields.push_back({"row_number", TypeId::kBigint});
  result->inputs = {std::move(input)};
  return result;
}

}  // namespace

// EXCEPT and INTERSECT: a DISTINCT stands above, or, with ALL, equal rows are numbered. NULLs are equal here.
NodePtr Decoder::set_difference(const json& plan, bool keep_common) {
  Parts parts{child(plan, 0), child(plan, 1), {}, {}};
  auto columns = identity(*parts.left);
  auto column_names = names(*parts.left);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (parts.left->fields[i].type != parts.right->fields.at(i).type)
      throw Unsupported{"EXCEPT or INTERSECT of different types"};
  }
  bool all = plan.at("setop_all").get<bool>();
  if (all) {
    parts.left = numbered(std::move(parts.left));
    parts.right = numbered(std::move(parts.right));
  }
  for (size_t i = 0; i < parts.left->fields.size(); ++i) {
    const Type& type = parts.left->fields[i].type;
    parts.keys.push_back({make_column(i, type), make_column(i, type), true});
  }
  NodePtr result = make_join(keep_common ? JoinKind::kSemi : JoinKind::kAnti, std::move(parts));
  return all ? make_project(std::move(result), std::move(columns), std::move(column_names)) : result;
}

}  // namespace segue::plan

// The part of the planner that decides about partitions: windows, and aggregates over partitioned rows.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "engine/hash_aggregate.h"
#include "engine/partition_aggregate.h"
#include "engine/planner.h"
#include "engine/window.h"
#include "plan/graph.h"
#include "plan/rewrite.h"

namespace segue::engine {
namespace {

using plan::Expression;
using plan::NodeKind;

std::vector<Type> types(const std::vector<Field>& fields) {
  std::vector<Type> result;
  for (const Field& field : fields) result.push_back(field.type);
  return result;
}

std::string partition_name(const plan::Node& input, const PartitionOperator& partition) {
  std::vector<std::string> keys, order;
  for (size_t key : partition.keys) keys.push_back(input.fields[key].name);
  for (const SortColumn& column : partition.order)
    order.push_back(input.fields[column.column].name + (column.descending ? " DESC" : ""));
  std::string name = keys.empty() ? "One partition" : fmt::format("Partition by {}", fmt::join(keys, ", "));
  if (!order.empty()) name += fmt::format(", order by {}", fmt::join(order, ", "));
  return partition.most ? name + fmt::format(", first {}", *partition.most) : name;
}

// Of `column <= n` and its like: the column and n, at least 1.
std::optional<std::pair<size_t, size_t>> upper_bound(const plan::Expression& condition) {
  if (condition.kind != Expression::Kind::kCall || condition.arguments.size() != 2) return std::nullopt;
  const Expression *left = condition.arguments[0].get(), *right = condition.arguments[1].get();
  std::string name = condition.name;
  if (left->kind == Expression::Kind::kConstant) {
    std::swap(left, right);
    name = name == ">=" ? "<=" : name == ">" ? "<" : name == "=" ? "=" : "";
  }
  if (left->kind != Expression::Kind::kColumn || right->kind != Expression::Kind::kConstant) return std::nullopt;
  const auto* value = std::get_if<int64_t>(&right->constant.data);
  if (value == nullptr || right->type.id != TypeId::kBigint || (name != "<=" && name != "<" && name != "="))
    return std::nullopt;
  int64_t most = name == "<" && *value > INT64_MIN ? *value - 1 : *value;
  return std::pair(left->column, static_cast<size_t>(std::max<int64_t>(most, 1)));
}

}  // namespace

// Windows of whose partitions only the first rows are wanted: `row_number() … <= n` above all else that reads them.
void Planner::find_limits(const std::vector<plan::NodePtr>& roots) {
  for (const plan::Node* node : plan::in_order(roots)) {
    if (node->kind != NodeKind::kFilter) continue;
    for (const auto& condition : static_cast<const plan::Filter*>(node)->conditions) {
      auto limit = upper_bound(*condition);
      if (!limit) continue;
      auto [column, most] = *limit;
      const plan::Node* below = node->inputs[0].get();
      while (below->kind == NodeKind::kProject && readers_[below] == 1) {
        auto next = column_of(static_cast<const plan::Project*>(below)->expressions[column]);
        if (!next) break;
        column = *next;
        below = below->inputs[0].get();
      }
      if (below->kind != NodeKind::kWindow || readers_[below] != 1) continue;
      const auto& window = static_cast<const plan::Window&>(*below);
      size_t width = window.inputs[0]->fields.size();
      // All functions of the window look at the rows before only.
      bool backward = std::all_of(window.calls.begin(), window.calls.end(), [](const auto& call) {
        return call.name == "row_number" || call.name == "rank" || call.name == "dense_rank" || call.name == "lag" ||
               call.name == "session_number";
      });
      if (column < width || window.calls[column - width].name != "row_number" || !backward) continue;
      auto [place, added] = limits_.try_emplace(below, most);
      if (!added) place->second = std::min(place->second, most);
    }
  }
}

Planner::Base Planner::base_of(const plan::Node& node) const {
  Base base{&node, identity(node.fields.size())};
  while (base.node->kind == NodeKind::kProject) {
    const auto& expressions = static_cast<const plan::Project&>(*base.node).expressions;
    if (!std::all_of(expressions.begin(), expressions.end(),
                     [](const auto& e) { return e->kind == Expression::Kind::kColumn; }))
      break;
    for (auto& column : base.column) column = expressions[*column]->column;
    base.node = base.node->inputs[0].get();
  }
  return base;
}

// Plain projections from `base` up to node, put on top of another operator with base's columns.
Operator* Planner::lower_on(const plan::Node& node, const plan::Node* base, Operator* source) {
  if (&node == base) return source;
  auto& memo = memo_on_[{&node, source}];
  if (memo == nullptr) {
    memo = project(static_cast<const plan::Project&>(node), lower_on(*node.inputs[0], base, source));
    memo->name = plan::describe(node);
  }
  return memo;
}

// The partition pass a window needs. input_width is the number of columns of the window's input; if partition or order
// are computed, the pass has their values behind these.
PartitionOperator* Planner::partition(const plan::Window& node, size_t& input_width) {
  const plan::Node* input = node.inputs[0].get();
  input_width = input->fields.size();
  std::vector<plan::ExpressionPtr> keys = node.partition;
  for (const auto& key : node.order) keys.push_back(key.expression);
  Origin places;
  if (std::any_of(keys.begin(), keys.end(), [](const auto& key) { return !column_of(key); })) {
    auto computed = std::make_shared<plan::Project>();
    computed->inputs = node.inputs;
    computed->fields = input->fields;
    for (size_t i = 0; i < input_width; ++i)
      computed->expressions.push_back(plan::make_column(i, input->fields[i].type));
    for (const auto& key : keys) {
      places.push_back(computed->expressions.size());
      computed->expressions.push_back(key);
      computed->fields.push_back({"", key->type});
    }
    made_.push_back(computed);
    computed_[&node] = computed.get();
    input = computed.get();
  } else {
    for (const auto& key : keys) places.push_back(column_of(key));
  }
  Base base = base_of(*input);
  std::vector<size_t> partition;
  std::vector<SortColumn> order;
  for (size_t i = 0; i < keys.size(); ++i) {
    size_t column = *base.column[*places[i]];
    if (i < node.partition.size()) {
      if (std::find(partition.begin(), partition.end(), column) == partition.end()) partition.push_back(column);
    } else {
      const auto& key = node.order[i - node.partition.size()];
      order.push_back({column, key.descending, key.nulls_first});
    }
  }
  auto& existing = partitions_[base.node];
  auto limit = limits_.find(&node);
  std::optional<size_t> most = limit == limits_.end() ? std::nullopt : std::optional(limit->second);
  for (PartitionOperator* candidate : existing) {
    if (candidate->keys == partition && candidate->order == order && (!candidate->most || candidate->most == most))
      return candidate;
  }
  auto result = std::make_unique<PartitionOperator>(types(base.node->fields), partition, order, most, workers_);
  result->inputs.push_back({lower(*base.node), result->rows.get()});
  result->partition_columns = partition;
  result->name = partition_name(*base.node, *result);
  existing.push_back(result.get());
  return keep(std::move(result));
}

Operator* Planner::window(const plan::Window& node) {
  if (node.calls.empty()) return lower(*node.inputs[0]);
  size_t input_width = 0;
  PartitionOperator* rows = partition(node, input_width);
  const plan::Node* top = computed_.contains(&node) ? computed_[&node] : node.inputs[0].get();
  Base base = base_of(*top);
  Operator* input = lower_on(*top, base.node, rows);
  // Where the order's columns are in the window's batches; a column that plain projections dropped can't be among them.
  std::vector<size_t> order;
  for (const SortColumn& key : rows->order) {
    auto found = std::find(base.column.begin(), base.column.end(), std::optional(key.column));
    SEGUE_ASSERT(found != base.column.end());
    order.push_back(static_cast<size_t>(found - base.column.begin()));
  }
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({input, nullptr});
  result->origin = identity(input_width);
  result->origin.resize(node.fields.size());
  result->partition_columns = keys_after(*input, result->origin);
  result->make = [&node, input_width, order, workers = workers_] {
    return std::make_unique<WindowStage>(node, input_width, order, workers);
  };
  return keep(std::move(result));
}

Operator* Planner::partition_aggregate(const plan::Aggregate& node, Operator* input) {
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({input, nullptr});
  for (const auto& group : node.groups) result->origin.push_back(column_of(group));
  result->origin.resize(node.fields.size());
  result->partition_columns = keys_after(*input, result->origin);
  // Groups are partitions if nothing else tells groups apart.
  bool per_partition = std::all_of(node.groups.begin(), node.groups.end(), [&](const auto& group) {
    const auto& keys = *input->partition_columns;
    auto column = column_of(group);
    return column && std::find(keys.begin(), keys.end(), *column) != keys.end();
  });
  result->make = [&node, per_partition, workers = workers_] {
    return std::make_unique<PartitionAggregate>(node, per_partition, workers);
  };
  return keep(std::move(result));
}

Operator* Planner::aggregate(const plan::Aggregate& node) {
  if (const plan::Aggregate* other = two_steps(node)) return aggregate(*other);
  if (const plan::Node* other = grouped_first(node)) return lower(*other);
  // True if every key of a partition is a group, so that no group crosses partitions.
  auto grouped_by = [&](const std::vector<size_t>& keys) {
    return !keys.empty() && std::all_of(keys.begin(), keys.end(), [&](size_t key) {
      return std::any_of(node.groups.begin(), node.groups.end(),
                         [&](const auto& group) { return column_of(group) == key; });
    });
  };
  Base base = base_of(*node.inputs[0]);
  std::vector<PartitionOperator*> candidates = partitions_[base.node];
  std::erase_if(candidates, [](const auto* candidate) { return candidate->most.has_value(); });
  for (PartitionOperator* candidate : candidates) {
    std::vector<size_t> keys;
    for (size_t key : candidate->keys) {
      auto found = std::find(base.column.begin(), base.column.end(), std::optional(key));
      if (found != base.column.end()) keys.push_back(static_cast<size_t>(found - base.column.begin()));
    }
    if (keys.size() == candidate->keys.size() && grouped_by(keys)) {
      return partition_aggregate(node, lower_on(*node.inputs[0], base.node, candidate));
    }
  }
  auto result = std::make_unique<HashAggregate>(node, node.inputs[0]->fields, workers_);
  // Rows of one partition have much in common, so that fewer groups are left of each: what reads rows that are
  // partitioned anyway reads them from there.
  if (!candidates.empty() && !result->order_sensitive()) {
    result->inputs.push_back({lower_on(*node.inputs[0], base.node, candidates[0]), result.get()});
    return keep(std::move(result));
  }
  Operator* input = lower(*node.inputs[0]);
  if (input->partition_columns && grouped_by(*input->partition_columns)) return partition_aggregate(node, input);
  result->inputs.push_back({input, result.get()});
  return keep(std::move(result));
}

}  // namespace segue::engine

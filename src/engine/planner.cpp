#include "engine/planner.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "engine/hash_aggregate.h"
#include "engine/partition_aggregate.h"
#include "engine/sort.h"
#include "engine/sources.h"
#include "engine/stages.h"
#include "engine/window.h"
#include "plan/graph.h"
#include "plan/rewrite.h"

namespace segue::engine {
namespace {

// For guesses of numbers of rows.
constexpr double kRowBytes = 60;      // of a source
constexpr double kForeignRows = 1e6;  // of what another engine gives
constexpr double kListElements = 5;   // of a list

// A left join is built from its left side only if that is so much smaller: what matched nothing has to be told then.
constexpr double kMuchLarger = 4;

using plan::Expression;
using plan::NodeKind;

std::vector<Type> types(const std::vector<Field>& fields) {
  std::vector<Type> result;
  for (const Field& field : fields) result.push_back(field.type);
  return result;
}

std::optional<size_t> column_of(const plan::ExpressionPtr& expression) {
  if (expression->kind != Expression::Kind::kColumn) return std::nullopt;
  return expression->column;
}

std::vector<std::optional<size_t>> identity(size_t width) {
  std::vector<std::optional<size_t>> columns(width);
  for (size_t i = 0; i < width; ++i) columns[i] = i;
  return columns;
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

// Where the partition's keys are after an operator, if all of them are still there.
std::optional<std::vector<size_t>> keys_after(const Operator& input, const std::vector<std::optional<size_t>>& origin) {
  if (!input.partition_columns) return std::nullopt;
  std::vector<size_t> keys;
  for (size_t key : *input.partition_columns) {
    auto found = std::find(origin.begin(), origin.end(), std::optional(key));
    if (found == origin.end()) return std::nullopt;
    keys.push_back(static_cast<size_t>(found - origin.begin()));
  }
  return keys;
}

}  // namespace

Planner::Planner(const Request& request) : request_(request), workers_(request.workers->count()) {}

template <class T>
T* Planner::keep(std::unique_ptr<T> op) {
  T* result = op.get();
  lowered_.operators.push_back(std::move(op));
  return result;
}

Planner::Lowered Planner::lower() {
  std::vector<plan::NodePtr> roots;
  for (const auto& [name, root] : request_.results) roots.push_back(root);
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

// Windows of whose partitions only the first rows are wanted: `row_number() … <= n` above all else that reads them.
void Planner::find_limits(const std::vector<plan::NodePtr>& roots) {
  std::map<const plan::Node*, size_t> readers;
  for (const auto& root : roots) ++readers[root.get()];
  auto nodes = plan::in_order(roots);
  for (const plan::Node* node : nodes) {
    for (const auto& input : node->inputs) ++readers[input.get()];
  }
  for (const plan::Node* node : nodes) {
    if (node->kind != NodeKind::kFilter) continue;
    for (const auto& condition : static_cast<const plan::Filter*>(node)->conditions) {
      auto limit = upper_bound(*condition);
      if (!limit) continue;
      auto [column, most] = *limit;
      const plan::Node* below = node->inputs[0].get();
      while (below->kind == NodeKind::kProject && readers[below] == 1) {
        auto next = column_of(static_cast<const plan::Project*>(below)->expressions[column]);
        if (!next) break;
        column = *next;
        below = below->inputs[0].get();
      }
      if (below->kind != NodeKind::kWindow || readers[below] != 1) continue;
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

// The partition pass a window needs. input_width is the number of columns of the window's input; if partition or order
// are computed, the pass has their values behind these.
PartitionOperator* Planner::partition(const plan::Window& node, size_t& input_width) {
  const plan::Node* input = node.inputs[0].get();
  input_width = input->fields.size();
  std::vector<plan::ExpressionPtr> keys = node.partition;
  for (const auto& key : node.order) keys.push_back(key.expression);
  std::vector<std::optional<size_t>> places;
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

// DISTINCT over all rows in two steps, so that all workers share it: groups of equal arguments first, then their
// aggregate. Nothing if the calls are of other kinds.
const plan::Aggregate* Planner::two_steps(const plan::Aggregate& node) {
  if (!node.groups.empty() || node.calls.empty()) return nullptr;
  const auto& arguments = node.calls[0].arguments;
  for (const auto& call : node.calls) {
    bool same = std::equal(arguments.begin(), arguments.end(), call.arguments.begin(), call.arguments.end(),
                           [](const auto& a, const auto& b) { return plan::equal(*a, *b); });
    if (!call.distinct || order_sensitive(call) || call.filter || !call.order.empty() || !same || arguments.size() != 1)
      return nullptr;
  }
  // A row that is made here is told apart by its fields.
  bool row = arguments[0]->type.id == TypeId::kStruct;
  if (row && (node.calls.size() != 1 || node.calls[0].name != "count" || arguments[0]->name != "row")) return nullptr;
  auto groups = std::make_shared<plan::Aggregate>();
  groups->inputs = node.inputs;
  groups->groups = row ? arguments[0]->arguments : arguments;
  for (const auto& group : groups->groups) {
    if (!Keys::supported(group->type)) return nullptr;
    groups->fields.push_back({"", group->type});
  }
  auto result = std::make_shared<plan::Aggregate>();
  result->inputs = {groups};
  result->fields = node.fields;
  for (plan::Call call : node.calls) {
    call.distinct = false;
    if (row) call.name = "count_star";
    call.arguments.clear();
    if (!row) call.arguments.push_back(plan::make_column(0, groups->groups[0]->type));
    result->calls.push_back(std::move(call));
  }
  made_.push_back(result);
  return result.get();
}

Operator* Planner::aggregate(const plan::Aggregate& node) {
  if (const plan::Aggregate* other = two_steps(node)) return aggregate(*other);
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

// A rough number of rows, to choose the smaller side of a join.
double Planner::rows_estimate(const plan::Node& node) {
  auto input = [&](size_t i) { return rows_estimate(*node.inputs[i]); };
  switch (node.kind) {
    case NodeKind::kScan:
      return static_cast<double>(dynamic_cast<ScanOperator&>(*lower(node)).file_bytes()) / kRowBytes;
    case NodeKind::kForeign: return kForeignRows;
    case NodeKind::kValues: return static_cast<double>(static_cast<const plan::Values&>(node).rows.size());
    case NodeKind::kFilter: return input(0) / 3;
    case NodeKind::kProject:
    case NodeKind::kWindow: return input(0);
    case NodeKind::kAggregate: return static_cast<const plan::Aggregate&>(node).groups.empty() ? 1 : input(0) / 4;
    case NodeKind::kJoin: {
      auto kind = static_cast<const plan::Join&>(node).join_kind;
      return kind == plan::JoinKind::kInner || kind == plan::JoinKind::kLeft ? std::max(input(0), input(1)) : input(0);
    }
    case NodeKind::kSort: {
      const auto& limit = static_cast<const plan::Sort&>(node).limit;
      return limit ? std::min(input(0), static_cast<double>(*limit)) : input(0);
    }
    case NodeKind::kLimit: {
      const auto& limit = static_cast<const plan::Limit&>(node).limit;
      return limit ? std::min(input(0), static_cast<double>(*limit)) : input(0);
    }
    case NodeKind::kUnion: return input(0) + input(1);
    case NodeKind::kUnnest: return input(0) * kListElements;
  }
  return kForeignRows;
}

Operator* Planner::join(const plan::Join& node) {
  bool inner = node.join_kind == plan::JoinKind::kInner, left = node.join_kind == plan::JoinKind::kLeft;
  double left_rows = rows_estimate(*node.inputs[0]), right_rows = rows_estimate(*node.inputs[1]);
  size_t build_side = (inner && left_rows < right_rows) || (left && left_rows * kMuchLarger < right_rows) ? 0 : 1;
  if (!join_can_build(node, build_side)) build_side = 1 - build_side;
  auto build = std::make_unique<JoinBuild>(node, build_side, workers_);
  build->name = std::string(build_side == 0 ? "Left" : "Right") + " side, by key";
  build->inputs.push_back({lower(*node.inputs[build_side]), build.get()});
  JoinBuild* built = keep(std::move(build));
  Operator* input = lower(*node.inputs[1 - build_side]);
  auto result = std::make_unique<StageOperator>();
  result->inputs.push_back({input, nullptr});
  result->needs.push_back(built);
  size_t build_width = node.inputs[build_side]->fields.size(), probe_width = node.inputs[1 - build_side]->fields.size();
  if (build_side == 0) result->origin.resize(build_width);
  for (size_t i = 0; i < probe_width; ++i) result->origin.emplace_back(i);
  result->origin.resize(node.fields.size());
  result->partition_columns = keys_after(*input, result->origin);
  if (inner || node.join_kind == plan::JoinKind::kSemi) {
    result->build = built;
    for (size_t k = 0; k < node.keys.size(); ++k) {
      auto column = column_of(build_side == 1 ? node.keys[k].left : node.keys[k].right);
      if (column && !node.keys[k].null_equal) result->build_keys.emplace_back(*column, k);
    }
  }
  result->make = [&node, built, build_side, workers = request_.workers] {
    return std::make_unique<JoinProbe>(node, *built, build_side, *workers);
  };
  result->name = plan::describe(node);
  if (!left || build_side == 1) return keep(std::move(result));
  // Rows of the left side that matched nothing come after the others.
  auto both = std::make_unique<UnionOperator>();
  both->inputs.push_back({keep(std::move(result)), nullptr});
  both->inputs.push_back({keep(std::make_unique<UnmatchedRows>(node, *built)), nullptr});
  both->inputs.back().from->name = "Rows without a match";
  both->name = "Union";
  return keep(std::move(both));
}

}  // namespace segue::engine

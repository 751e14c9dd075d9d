// The part of the planner that computes aggregates by way of others that are less work.
#include <algorithm>

#include "engine/aggregate_state.h"
#include "engine/keys.h"
#include "engine/planner.h"

namespace segue::engine {

using plan::Expression;
using plan::NodeKind;

namespace {

// A side of a join is grouped before the join if it has so many rows for each row of the other side, by estimate.
constexpr double kManyRows = 8;

// One aggregate of two, one over the other: `first` before the join, `then` over what it gives.
struct TwoCalls {
  plan::Call first, then;
};

// How rows of `call` can be put together, or nothing.
std::optional<TwoCalls> split(const plan::Call& call) {
  TwoCalls two{call, call};
  two.then.arguments = {plan::make_column(0, call.type)};  // which column, is said later
  if (call.name == "min" || call.name == "max") return two;
  TypeId argument = call.arguments.empty() ? TypeId::kNull : call.arguments[0]->type.id;
  bool number = call.name == "count" || call.name == "count_star";
  if (!number && !(call.name == "sum" && argument == TypeId::kDouble)) return std::nullopt;
  two.then.name = "sum";
  if (number) two.then.type = TypeId::kHugeint;
  return two;
}

}  // namespace

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

// Groups by columns of a join's left side, over rows of its right side that are many for each of the left: these are
// grouped by the join's keys first, and the groups joined. Nothing if it can't be, or would be no less work.
const plan::Node* Planner::grouped_first(const plan::Aggregate& node) {
  Base base = base_of(*node.inputs[0]);
  if (base.node->kind != NodeKind::kJoin || readers_[base.node] != 1 || node.groups.empty()) return nullptr;
  const auto& join = static_cast<const plan::Join&>(*base.node);
  const plan::NodePtr &left = join.inputs[0], &right = join.inputs[1];
  bool inner = join.join_kind == plan::JoinKind::kInner;
  if ((!inner && join.join_kind != plan::JoinKind::kLeft) || join.residual || join.keys.empty() ||
      right->kind == NodeKind::kAggregate || rows_estimate(*right) < kManyRows * rows_estimate(*left))
    return nullptr;

  // Where a column of the aggregate's input is in the join, if it is one of that side.
  size_t width = left->fields.size();
  auto on_side = [&](const plan::ExpressionPtr& expression, bool of_right) -> std::optional<size_t> {
    auto column = column_of(expression);
    if (!column) return std::nullopt;
    size_t at = *base.column[*column];
    if ((at >= width) != of_right) return std::nullopt;
    return of_right ? at - width : at;
  };

  auto first = std::make_shared<plan::Aggregate>();
  first->inputs = {right};
  auto joined = std::make_shared<plan::Join>();
  joined->join_kind = join.join_kind;
  for (const auto& key : join.keys) {
    if (!column_of(key.right)) return nullptr;
    joined->keys.push_back({key.left, plan::make_column(first->groups.size(), key.right->type), key.null_equal});
    first->groups.push_back(key.right);
    first->fields.push_back({right->fields[*column_of(key.right)].name, key.right->type});
  }
  auto then = std::make_shared<plan::Aggregate>();
  auto result = std::make_shared<plan::Project>();
  result->fields = node.fields;
  for (const auto& group : node.groups) {
    auto at = on_side(group, false);
    if (!at) return nullptr;
    result->expressions.push_back(plan::make_column(then->groups.size(), group->type));
    then->groups.push_back(plan::make_column(*at, group->type));
    then->fields.push_back({left->fields[*at].name, group->type});
  }
  // Adds a call in two; its value as a column of `then`.
  auto add = [&](plan::Call call) -> plan::ExpressionPtr {
    auto two = split(call);
    if (!two || (call.name == "count_star" && !inner)) return nullptr;
    if (!call.arguments.empty()) {
      auto at = on_side(call.arguments[0], true);
      if (!at) return nullptr;
      two->first.arguments = {plan::make_column(*at, call.arguments[0]->type)};
    }
    two->then.arguments = {plan::make_column(width + first->fields.size(), two->first.type)};
    if (aggregate_unsupported(two->first) || aggregate_unsupported(two->then)) return nullptr;
    first->fields.push_back({two->first.name, two->first.type});
    first->calls.push_back(std::move(two->first));
    then->fields.push_back({two->first.name, two->then.type});
    then->calls.push_back(std::move(two->then));
    return plan::make_column(then->fields.size() - 1, then->fields.back().type);
  };
  for (const plan::Call& call : node.calls) {
    if (call.distinct || call.filter || !call.order.empty() || call.arguments.size() > 1) return nullptr;
    plan::Call simple = call;
    bool average = call.name == "avg" && call.arguments[0]->type.id == TypeId::kDouble;
    if (average) simple.name = "sum";
    plan::ExpressionPtr value = add(simple);
    if (value == nullptr) return nullptr;
    if (average) {
      simple.name = "count";
      simple.type = TypeId::kBigint;
      plan::ExpressionPtr count = add(simple);
      if (count == nullptr) return nullptr;
      value = plan::make_call("/", TypeId::kDouble, {value, plan::make_call("cast", TypeId::kDouble, {count})});
    } else if (call.name == "count" || call.name == "count_star") {
      // Where nothing matched there is no number to add.
      value = plan::make_call(
          "coalesce", TypeId::kBigint,
          {plan::make_call("cast", TypeId::kBigint, {value}), plan::make_constant({TypeId::kBigint, int64_t{0}})});
    }
    result->expressions.push_back(std::move(value));
  }
  joined->inputs = {left, first};
  joined->fields = left->fields;
  joined->fields.insert(joined->fields.end(), first->fields.begin(), first->fields.end());
  then->inputs = {joined};
  result->inputs = {then};
  if (unsupported(*first) || unsupported(*joined) || unsupported(*then) || unsupported(*result)) return nullptr;
  made_.push_back(result);
  return result.get();
}

}  // namespace segue::engine

// The part of the planner that decides about joins: which side is built.
#include <algorithm>

#include "engine/planner.h"
#include "engine/sources.h"
#include "plan/graph.h"

namespace segue::engine {

using plan::NodeKind;

namespace {

// For guesses of numbers of rows.
constexpr double kRowBytes = 60;      // of a source
constexpr double kForeignRows = 1e6;  // of what another engine gives
constexpr double kListElements = 5;   // of a list

// A left join is built from its left side only if that is so much smaller: what matched nothing has to be told then.
constexpr double kMuchLarger = 4;

}  // namespace

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

#include "plan/increment.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::plan {
namespace {

// Graphs share nodes, so each is looked at once.
class Reading {
 public:
  explicit Reading(const std::string& source) : source_(source) {}

  bool reads(const Node& node) {
    auto known = reads_.find(&node);
    if (known != reads_.end()) return known->second;
    bool result = node.kind == NodeKind::kScan && static_cast<const Scan&>(node).source == source_;
    for (const NodePtr& input : node.inputs) result = reads(*input) || result;
    return reads_[&node] = result;
  }

  // REQUIRES: reads(node).
  std::optional<std::string> why_not(const Node& node) {
    auto known = reasons_.find(&node);
    if (known != reasons_.end()) return known->second;
    return reasons_[&node] = find_reason(node);
  }

 private:
  std::optional<std::string> find_reason(const Node& node) {
    switch (node.kind) {
      case NodeKind::kScan: return std::nullopt;
      case NodeKind::kFilter:
      case NodeKind::kProject:
      case NodeKind::kUnnest: return why_not(*node.inputs[0]);
      case NodeKind::kSort: {
        const auto& sort = static_cast<const Sort&>(node);
        if (sort.limit || sort.offset != 0) return "it takes the first of all rows (LIMIT)";
        return why_not(*node.inputs[0]);
      }
      case NodeKind::kLimit: return "it takes the first of all rows (LIMIT)";
      case NodeKind::kAggregate: return "it groups rows (GROUP BY, DISTINCT or an aggregate)";
      case NodeKind::kWindow: return "it has a window (OVER), which looks at other rows";
      case NodeKind::kUnion:
        for (const NodePtr& input : node.inputs) {
          if (!reads(*input)) return fmt::format("it adds rows that are not of `{}` (UNION)", source_);
          if (auto reason = why_not(*input)) return reason;
        }
        return std::nullopt;
      case NodeKind::kJoin: return find_reason(static_cast<const Join&>(node));
      case NodeKind::kForeign:
      case NodeKind::kValues: break;
    }
    return "DuckDB computes it as a whole";
  }

  std::optional<std::string> find_reason(const Join& join) {
    bool left = reads(*join.inputs[0]), right = reads(*join.inputs[1]);
    if (left && right) return fmt::format("it joins rows of `{}` with other rows of it", source_);
    if (right && join.join_kind != JoinKind::kInner)
      return fmt::format("whether a row of another table is kept depends on all rows of `{}`", source_);
    return why_not(*join.inputs[left ? 0 : 1]);
  }

  const std::string& source_;
  std::map<const Node*, bool> reads_;
  std::map<const Node*, std::optional<std::string>> reasons_;
};

bool whole_number(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kHugeint: return true;
    default: return false;
  }
}

// What is cast from one whole number to another: that keeps its value, or is an error.
const Expression& without_casts(const Expression& expression) {
  const Expression* inner = &expression;
  while (inner->kind == Expression::Kind::kCall && inner->name == "cast" && whole_number(inner->type) &&
         whole_number(inner->arguments[0]->type))
    inner = inner->arguments[0].get();
  return *inner;
}

std::optional<Combine> combine_of(const Call& call) {
  static const std::map<std::string_view, Combine> kKnown = {
      {"count", Combine::kSum},           {"count_star", Combine::kSum}, {"sum", Combine::kSum},
      {"sum_no_overflow", Combine::kSum}, {"min", Combine::kMin},        {"max", Combine::kMax},
      {"bool_and", Combine::kAnd},        {"bool_or", Combine::kOr}};
  auto found = kKnown.find(call.name);
  // min(x, n) gives a list; a distinct minimum is the minimum, but a count of distinct values is no sum.
  if (found == kKnown.end() || call.arguments.size() > 1) return std::nullopt;
  if (call.distinct && found->second == Combine::kSum) return std::nullopt;
  return found->second;
}

}  // namespace

bool reads(const Node& root, const std::string& source) { return Reading(source).reads(root); }

std::optional<std::string> why_not_row_by_row(const Node& root, const std::string& source) {
  Reading reading(source);
  return reading.reads(root) ? reading.why_not(root) : "none of its rows come of it";
}

Combination combination_of(const Node& root, const std::string& source, const std::vector<size_t>& keys) {
  // The step's columns, as columns of the GROUP BY below.
  std::vector<size_t> columns;
  for (size_t i = 0; i < root.fields.size(); ++i) columns.push_back(i);
  const Node* node = &root;
  while (node->kind == NodeKind::kProject || node->kind == NodeKind::kSort) {
    if (node->kind == NodeKind::kSort) {
      const auto& sort = static_cast<const Sort&>(*node);
      if (sort.limit || sort.offset != 0) return {{}, "it takes the first of all rows (LIMIT)"};
    } else {
      const auto& project = static_cast<const Project&>(*node);
      for (size_t i = 0; i < columns.size(); ++i) {
        const Expression& expression = without_casts(*project.expressions[columns[i]]);
        if (expression.kind != Expression::Kind::kColumn)
          return {{}, fmt::format("`{}` is computed from what is grouped", root.fields[i].name)};
        columns[i] = expression.column;
      }
    }
    node = node->inputs[0].get();
  }
  if (node->kind == NodeKind::kFilter)
    return {{}, "it leaves groups out (HAVING), whose rows to come would be missing"};
  if (node->kind != NodeKind::kAggregate) return {{}, "it is no GROUP BY"};
  const auto& aggregate = static_cast<const Aggregate&>(*node);
  if (auto reason = why_not_row_by_row(*aggregate.inputs[0], source)) return {{}, "below the GROUP BY, " + *reason};
  std::set<size_t> groups;
  Combination result;
  for (size_t i = 0; i < columns.size(); ++i) {
    bool key = std::find(keys.begin(), keys.end(), i) != keys.end();
    bool group = columns[i] < aggregate.groups.size();
    if (key != group)
      return {{},
              group ? fmt::format("`{}` is grouped by, but no key", root.fields[i].name)
                    : fmt::format("the key `{}` is not grouped by", root.fields[i].name)};
    if (key) {
      groups.insert(columns[i]);
      result.columns.push_back(Combine::kKey);
      continue;
    }
    const Call& call = aggregate.calls[columns[i] - aggregate.groups.size()];
    std::optional<Combine> combine = combine_of(call);
    if (!combine)
      return {{},
              fmt::format("`{}` of old and new rows does not follow from both ({}{})", root.fields[i].name, call.name,
                          call.distinct ? " of distinct values" : "")};
    result.columns.push_back(*combine);
  }
  if (groups.size() != aggregate.groups.size()) return {{}, "it groups by more than the keys"};
  return result;
}

}  // namespace segue::plan

#include <map>

#include <fmt/format.h>

#include "plan/graph.h"
#include "plan/rewrite.h"

namespace segue::plan {
namespace {

using Names = std::vector<std::string>;

Names names(const Node& node) {
  Names result;
  for (const Field& field : node.fields) result.push_back(field.name);
  return result;
}

std::string list(const std::vector<ExpressionPtr>& expressions, const Names& columns) {
  Names texts;
  for (const auto& expression : expressions) texts.push_back(to_string(*expression, columns));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string order_list(const std::vector<OrderKey>& keys, const Names& columns) {
  Names texts;
  for (const auto& key : keys) {
    texts.push_back(to_string(*key.expression, columns) + (key.descending ? " DESC" : "") +
                    (key.nulls_first ? " NULLS FIRST" : ""));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

// What of the frame is not as usual: from the partition's begin to the row's peers.
std::string frame(const WindowCall& call) {
  using Kind = FrameBound::Kind;
  if (call.start.kind == Kind::kUnbounded && call.end.kind != Kind::kRows)
    return call.end.kind == Kind::kUnbounded ? " over the partition" : "";
  auto text = [](const FrameBound& bound) {
    return bound.kind == Kind::kUnbounded ? "unbounded"
           : bound.kind == Kind::kPeers   ? "peers"
                                          : fmt::format("{:+}", bound.offset);
  };
  return fmt::format(" rows {} to {}", text(call.start), text(call.end));
}

std::string call_text(const Call& call, const Names& columns) {
  std::string text =
      fmt::format("{}({}{}", call.name == "count_star" ? "count" : call.name, call.distinct ? "DISTINCT " : "",
                  call.name == "count_star" ? "*" : list(call.arguments, columns));
  if (!call.order.empty()) text += " ORDER BY " + order_list(call.order, columns);
  text += ")";
  if (call.filter) text += fmt::format(" FILTER ({})", to_string(*call.filter, columns));
  return text;
}

std::string join_text(const Join& join) {
  static const std::map<JoinKind, std::string> kinds = {{JoinKind::kInner, "Inner"},
                                                        {JoinKind::kLeft, "Left"},
                                                        {JoinKind::kSemi, "Semi"},
                                                        {JoinKind::kAnti, "Anti"},
                                                        {JoinKind::kMark, "Mark"}};
  Names left = names(*join.inputs[0]), right = names(*join.inputs[1]);
  Names conditions;
  for (const auto& key : join.keys) {
    conditions.push_back(fmt::format("{} {} {}", to_string(*key.left, left),
                                     key.null_equal ? "IS NOT DISTINCT FROM" : "=", to_string(*key.right, right)));
  }
  if (join.residual) {
    left.insert(left.end(), right.begin(), right.end());
    conditions.push_back(to_string(*join.residual, left));
  }
  return fmt::format("{} join{}{}", kinds.at(join.join_kind), conditions.empty() ? "" : " on ",
                     fmt::join(conditions, " and "));
}

}  // namespace

std::string describe(const Node& node) {
  Names columns = node.inputs.empty() ? Names() : names(*node.inputs[0]);
  switch (node.kind) {
    case NodeKind::kScan:
      return fmt::format("Scan {} ({})", static_cast<const Scan&>(node).source, fmt::join(names(node), ", "));
    case NodeKind::kForeign: return fmt::format("DuckDB ({})", fmt::join(names(node), ", "));
    case NodeKind::kValues: return fmt::format("Values, {} row(s)", static_cast<const Values&>(node).rows.size());
    case NodeKind::kFilter: return "Filter " + list(static_cast<const Filter&>(node).conditions, columns);
    case NodeKind::kProject: return "Project " + list(static_cast<const Project&>(node).expressions, columns);
    case NodeKind::kAggregate: {
      const auto& aggregate = static_cast<const Aggregate&>(node);
      if (aggregate.calls.empty()) return "Distinct " + list(aggregate.groups, columns);
      Names calls;
      for (const auto& call : aggregate.calls) calls.push_back(call_text(call, columns));
      std::string by = aggregate.groups.empty() ? "" : " by " + list(aggregate.groups, columns);
      return fmt::format("Aggregate{}: {}", by, fmt::join(calls, ", "));
    }
    case NodeKind::kWindow: {
      const auto& window = static_cast<const Window&>(node);
      Names calls;
      for (const auto& call : window.calls)
        calls.push_back(fmt::format("{}({}){}", call.name, list(call.arguments, columns), frame(call)));
      std::string over;
      if (!window.partition.empty()) over += " partition by " + list(window.partition, columns);
      if (!window.order.empty()) over += " order by " + order_list(window.order, columns);
      return fmt::format("Window {} over{}", fmt::join(calls, ", "), over.empty() ? " all rows" : over);
    }
    case NodeKind::kJoin: return join_text(static_cast<const Join&>(node));
    case NodeKind::kSort: {
      const auto& sort = static_cast<const Sort&>(node);
      std::string text = sort.limit ? fmt::format("Top {}", *sort.limit) : std::string("Sort");
      if (sort.offset != 0) text += fmt::format(" after {}", sort.offset);
      return text + " by " + order_list(sort.keys, columns);
    }
    case NodeKind::kLimit: {
      const auto& limit = static_cast<const Limit&>(node);
      std::string text = limit.limit ? fmt::format("Limit {}", *limit.limit) : std::string("Limit none");
      return limit.offset == 0 ? text : text + fmt::format(" after {}", limit.offset);
    }
    case NodeKind::kUnion: return "Union";
    case NodeKind::kUnnest: return "Unnest " + list(static_cast<const Unnest&>(node).lists, columns);
  }
  return "";
}

std::string explain(const Graph& graph) {
  std::vector<NodePtr> roots;
  std::map<const Node*, std::string> labels;
  for (const auto& step : graph.steps) labels.emplace(step.root.get(), step.name);
  for (const auto& step : graph.steps) {
    if (step.materialized) roots.push_back(step.root);
  }
  std::map<const Node*, int> readers;
  for (const Node* node : in_order(roots)) {
    for (const auto& input : node->inputs) ++readers[input.get()];
  }
  std::map<const Node*, bool> written;
  int shared = 0;
  std::string text;
  auto write = [&](auto& self, const Node& node, size_t depth) -> void {
    auto label = labels.find(&node);
    bool again = written[&node];
    if (depth > 1 && !again && readers[&node] > 1 && label == labels.end()) {
      label = labels.emplace(&node, fmt::format("shared {}", ++shared)).first;
    }
    std::string name = label != labels.end() && depth > 1 ? fmt::format("[{}]", label->second) : "";
    text += fmt::format("{:{}}{}{}{}\n", "", depth * 2, name, again || name.empty() ? "" : " ",
                        again ? "" : describe(node));
    if (again) return;
    written[&node] = true;
    for (const auto& input : node.inputs) self(self, *input, depth + 1);
  };
  for (const auto& step : graph.steps) {
    if (!step.materialized) continue;
    text += fmt::format("{}{}\n", step.name, step.native ? "" : fmt::format("  (DuckDB: {})", step.reason));
    write(write, *step.root, 1);
  }
  return text;
}

}  // namespace segue::plan

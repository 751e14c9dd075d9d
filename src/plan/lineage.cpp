#include "plan/lineage.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::plan {
namespace {

using Origins = std::set<ColumnOrigin>;

// Of a node: the origins of its columns, and of what decides about its rows.
struct Made {
  std::vector<Origins> columns;
  Origins rows;
};

class Tracing {
 public:
  // Graphs share nodes, so each is looked at once.
  const Made& trace(const Node& node) {
    auto known = made_.find(&node);
    if (known != made_.end()) return known->second;
    Made made = find(node);
    SEGUE_ASSERT(made.columns.size() == node.fields.size());
    return made_[&node] = std::move(made);
  }

  const std::string& unknown() const { return unknown_; }

 private:
  Made find(const Node& node) {
    switch (node.kind) {
      case NodeKind::kScan: {
        Made made;
        for (const Field& field : node.fields)
          made.columns.push_back({{static_cast<const Scan&>(node).source, field.name}});
        return made;
      }
      case NodeKind::kForeign: return foreign(static_cast<const Foreign&>(node));
      case NodeKind::kValues: return {std::vector<Origins>(node.fields.size()), {}};
      case NodeKind::kFilter: {
        Made made = trace(*node.inputs[0]);
        for (const ExpressionPtr& condition : static_cast<const Filter&>(node).conditions)
          add(*condition, made.columns, made.rows);
        return made;
      }
      case NodeKind::kProject: {
        const Made& input = trace(*node.inputs[0]);
        Made made{{}, input.rows};
        for (const ExpressionPtr& expression : static_cast<const Project&>(node).expressions)
          made.columns.push_back(of(*expression, input.columns));
        return made;
      }
      case NodeKind::kAggregate: return aggregate(static_cast<const Aggregate&>(node));
      case NodeKind::kWindow: return window(static_cast<const Window&>(node));
      case NodeKind::kJoin: return join(static_cast<const Join&>(node));
      case NodeKind::kSort: {
        const auto& sort = static_cast<const Sort&>(node);
        Made made = trace(*node.inputs[0]);
        if (sort.limit || sort.offset != 0) add(sort.keys, made.columns, made.rows);
        return made;
      }
      case NodeKind::kLimit: return trace(*node.inputs[0]);
      case NodeKind::kUnion: {
        Made made{std::vector<Origins>(node.fields.size()), {}};
        for (const NodePtr& input : node.inputs) {
          const Made& each = trace(*input);
          for (size_t i = 0; i < made.columns.size(); ++i)
            made.columns[i].insert(each.columns[i].begin(), each.columns[i].end());
          made.rows.insert(each.rows.begin(), each.rows.end());
        }
        return made;
      }
      case NodeKind::kUnnest: {
        const auto& unnest = static_cast<const Unnest&>(node);
        const Made& input = trace(*node.inputs[0]);
        Made made{{}, input.rows};
        for (size_t column : unnest.columns) made.columns.push_back(input.columns[column]);
        for (const ExpressionPtr& list : unnest.lists) {
          made.columns.push_back(of(*list, input.columns));
          add(*list, input.columns, made.rows);
        }
        return made;
      }
    }
    fail(ErrorCode::kInternal, "no such node");
  }

  Made foreign(const Foreign& node) {
    unknown_ = fmt::format("what the SQL of `{}` does with rows is not known", node.step);
    return {std::vector<Origins>(node.fields.size()), {}};
  }

  Made aggregate(const Aggregate& node) {
    const Made& input = trace(*node.inputs[0]);
    Made made{{}, input.rows};
    for (const ExpressionPtr& group : node.groups) {
      made.columns.push_back(of(*group, input.columns));
      add(*group, input.columns, made.rows);
    }
    for (const Call& call : node.calls) {
      Origins& column = made.columns.emplace_back();
      for (const ExpressionPtr& argument : call.arguments) add(*argument, input.columns, column);
      if (call.filter) add(*call.filter, input.columns, column);
      add(call.order, input.columns, column);
    }
    return made;
  }

  Made window(const Window& node) {
    Made made = trace(*node.inputs[0]);
    std::vector<Origins> input = made.columns;
    Origins shared;
    for (const ExpressionPtr& part : node.partition) add(*part, input, shared);
    add(node.order, input, shared);
    for (const WindowCall& call : node.calls) {
      Origins& column = made.columns.emplace_back(shared);
      for (const ExpressionPtr& argument : call.arguments) add(*argument, input, column);
    }
    return made;
  }

  Made join(const Join& node) {
    Made made = trace(*node.inputs[0]);
    const Made& right = trace(*node.inputs[1]);
    made.rows.insert(right.rows.begin(), right.rows.end());
    std::vector<Origins> both = made.columns;
    both.insert(both.end(), right.columns.begin(), right.columns.end());
    Origins asked;
    for (const Join::Key& key : node.keys) {
      add(*key.left, made.columns, asked);
      add(*key.right, right.columns, asked);
    }
    if (node.residual) add(*node.residual, both, asked);
    if (node.join_kind == JoinKind::kMark) {
      made.columns.push_back(std::move(asked));  // whether there is a match is a value, and no row is lost by it
      return made;
    }
    if (node.join_kind == JoinKind::kInner || node.join_kind == JoinKind::kLeft) made.columns = std::move(both);
    made.rows.insert(asked.begin(), asked.end());
    return made;
  }

  static Origins of(const Expression& expression, const std::vector<Origins>& columns) {
    Origins origins;
    add(expression, columns, origins);
    return origins;
  }

  static void add(const Expression& expression, const std::vector<Origins>& columns, Origins& to) {
    std::vector<bool> used(columns.size());
    mark_columns(expression, used);
    for (size_t i = 0; i < used.size(); ++i)
      if (used[i]) to.insert(columns[i].begin(), columns[i].end());
  }

  static void add(const std::vector<OrderKey>& keys, const std::vector<Origins>& columns, Origins& to) {
    for (const OrderKey& key : keys) add(*key.expression, columns, to);
  }

  std::map<const Node*, Made> made_;
  std::string unknown_;
};

}  // namespace

Lineage lineage_of(const Graph& graph, const std::string& step) {
  const StepNode* node = graph.find(step);
  SEGUE_ASSERT(node != nullptr);
  Tracing tracing;
  const Made& made = tracing.trace(*node->root);
  Lineage lineage;
  lineage.unknown = tracing.unknown();
  if (!lineage.unknown.empty()) return lineage;
  for (const Origins& origins : made.columns) lineage.columns.emplace_back(origins.begin(), origins.end());
  lineage.rows.assign(made.rows.begin(), made.rows.end());
  return lineage;
}

}  // namespace segue::plan

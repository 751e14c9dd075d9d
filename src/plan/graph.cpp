#include "plan/graph.h"

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "plan/decode.h"
#include "plan/rewrite.h"
#include "plan/trace.h"

namespace segue::plan {
namespace {

constexpr int kOffsetBits = 32;  // of a position; the step's number is above

// Adds the step's number to every position of its plan.
void number_positions(nlohmann::json& plan, uint64_t step) {
  if (!plan.is_structured()) return;
  for (auto& [key, value] : plan.items()) {
    if (key == "query_location" && value.is_number_unsigned() && value.get<uint64_t>() >> kOffsetBits == 0) {
      value = value.get<uint64_t>() | step << kOffsetBits;
    } else {
      number_positions(value, step);
    }
  }
}

class Builder {
 public:
  Builder(const std::vector<SourceTable>& sources, const Capability& unsupported) : unsupported_(unsupported) {
    for (const auto& source : sources) {
      auto scan = std::make_shared<Scan>();
      scan->source = source.name;
      scan->fields = source.fields;
      for (size_t i = 0; i < source.fields.size(); ++i) scan->columns.push_back(i);
      graph_.sources.emplace_back(source.name, scan);
      tables_[source.name] = scan;
    }
  }

  void add(const BoundStep& step, bool force_foreign) {
    StepNode node{step.name, nullptr, true, "", step.materialized, false};
    if (force_foreign) {
      node.reason = "asked for";
    } else {
      try {
        node.root = native(step, node.reason);
      } catch (const Unsupported& problem) {
        node.reason = problem.reason;
      }
    }
    if (!node.root) {
      node.native = false;
      node.root = foreign(step);
    }
    tables_[step.name] = node.root;
    if (node.native && !step.file_of.empty()) {
      if (NodePtr traced = tracings_.try_emplace(step.file_of, step.file_of).first->second.with_file(node.root)) {
        node.root = std::move(traced);
        node.tells_file = true;
      }
    }
    graph_.steps.push_back(std::move(node));
  }

  Graph finish() {
    std::vector<NodePtr> roots;
    for (const auto& step : graph_.steps) {
      if (step.materialized) roots.push_back(step.root);
    }
    tables_.clear();
    tracings_.clear();
    prune_columns(roots);
    return std::move(graph_);
  }

 private:
  NodePtr table(const std::string& name) const {
    auto found = tables_.find(name);
    SEGUE_ASSERT(found != tables_.end());
    return found->second;
  }

  // The step's own nodes, or null and the reason.
  NodePtr native(const BoundStep& step, std::string& reason) const {
    // What is there already belongs to other steps too and stays as it is.
    std::vector<NodePtr> tables;
    for (const auto& [name, node] : tables_) tables.push_back(node);
    NodeSet leaves;
    for (const Node* node : in_order(tables)) leaves.insert(node);
    nlohmann::json plan = step.plan;
    number_positions(plan, graph_.steps.size());
    NodePtr root = decode(plan, [this](const std::string& name) { return table(name); });
    SEGUE_ASSERT(root->fields.size() == step.fields.size());
    // A node of its own with the step's column names, also where the step is just another table.
    if (leaves.contains(root.get()) || root->fields != step.fields) {
      std::vector<ExpressionPtr> columns;
      std::vector<std::string> names;
      for (size_t i = 0; i < step.fields.size(); ++i) {
        if (root->fields[i].type != step.fields[i].type)
          throw Unsupported{fmt::format("the type of column {}", step.fields[i].name)};
        columns.push_back(make_column(i, root->fields[i].type));
        names.push_back(step.fields[i].name);
      }
      if (root->kind == NodeKind::kProject && root.use_count() == 1) {
        root->fields = step.fields;
      } else {
        root = make_project(root, std::move(columns), std::move(names));
      }
    }
    prune_columns({root}, leaves);
    for (const Node* node : in_order({root}, leaves)) {
      if (leaves.contains(node)) continue;
      if (auto problem = unsupported_(*node)) {
        reason = *problem;
        return nullptr;
      }
    }
    return root;
  }

  // Reads just the columns that its query reads.
  NodePtr foreign(const BoundStep& step) const {
    auto read = columns_read(step.plan);
    auto node = std::make_shared<Foreign>();
    node->step = step.name;
    node->fields = step.fields;
    for (const auto& name : step.tables) {
      NodePtr input = table(name);
      std::vector<ExpressionPtr> columns;
      std::vector<std::string> names;
      for (size_t column : read[name]) {
        columns.push_back(make_column(column, input->fields.at(column).type));
        names.push_back(input->fields[column].name);
      }
      if (columns.empty() && !input->fields.empty()) {  // count(*): any column will do
        columns.push_back(make_column(0, input->fields[0].type));
        names.push_back(input->fields[0].name);
      }
      node->inputs.push_back(make_project(std::move(input), std::move(columns), std::move(names)));
      node->names.push_back(name);
    }
    return node;
  }

  const Capability& unsupported_;
  std::map<std::string, NodePtr> tables_;
  std::map<std::string, Tracing> tracings_;  // by source
  Graph graph_;
};

}  // namespace

std::optional<Origin> origin_of(uint64_t position) {
  if (position == Expression::kNoPosition) return std::nullopt;
  return Origin{position >> kOffsetBits, position & ((uint64_t{1} << kOffsetBits) - 1)};
}

const StepNode* Graph::find(const std::string& name) const {
  for (const auto& step : steps) {
    if (step.name == name) return &step;
  }
  return nullptr;
}

Graph build_graph(const std::vector<SourceTable>& sources, const std::vector<BoundStep>& steps,
                  const Capability& native_unsupported, bool force_foreign) {
  Builder builder(sources, native_unsupported);
  for (const auto& step : steps) builder.add(step, force_foreign);
  return builder.finish();
}

}  // namespace segue::plan

#include "plan/trace.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace segue::plan {
namespace {

constexpr const char* kFile = "_file";  // for people who read plans; nothing finds it by its name
constexpr TypeId kFileType = TypeId::kBigint;

// A node like this one over another input, which has a column more.
template <class T>
std::shared_ptr<T> copy_over(const Node& node, NodePtr input, size_t side = 0) {
  auto copy = std::make_shared<T>(static_cast<const T&>(node));
  copy->inputs[side] = std::move(input);
  return copy;
}

void add_file(Node& node) { node.fields.push_back({kFile, kFileType}); }

// These columns of the node, under their names.
NodePtr pick(NodePtr node, const std::vector<size_t>& columns) {
  auto project = std::make_shared<Project>();
  for (size_t column : columns) {
    project->expressions.push_back(make_column(column, node->fields[column].type));
    project->fields.push_back(node->fields[column]);
  }
  project->inputs = {std::move(node)};
  return project;
}

// The first `width` columns of the node, but for the file's, which comes behind them.
NodePtr file_last(const Traced& traced, size_t width) {
  if (traced.column == width && traced.node->fields.size() == width + 1) return traced.node;
  std::vector<size_t> columns;
  for (size_t i = 0; i < width; ++i) columns.push_back(i);
  columns.push_back(traced.column);
  NodePtr node = pick(traced.node, columns);
  node->fields.back().name = kFile;
  return node;
}

}  // namespace

std::optional<Traced> Tracing::trace(const NodePtr& node) {
  auto known = traced_.find(node);
  if (known != traced_.end()) return known->second;
  return traced_[node] = find(node);
}

NodePtr Tracing::with_file(const NodePtr& root) {
  std::optional<Traced> traced = trace(root);
  return traced ? file_last(*traced, root->fields.size()) : nullptr;
}

std::optional<Traced> Tracing::find(const NodePtr& node) {
  if (node->kind == NodeKind::kScan) {
    if (static_cast<const Scan&>(*node).source != source_) return std::nullopt;
    return Traced{node, node->fields.size() - 1};
  }
  if (node->kind == NodeKind::kUnion) return find_in_union(node);
  if (node->kind == NodeKind::kJoin) return find_in_join(node);
  bool passes = node->kind == NodeKind::kFilter || node->kind == NodeKind::kSort;
  if (!passes && node->kind != NodeKind::kProject && node->kind != NodeKind::kUnnest) return std::nullopt;
  std::optional<Traced> below = trace(node->inputs[0]);
  if (!below) return std::nullopt;
  switch (node->kind) {
    case NodeKind::kFilter:
    case NodeKind::kSort: {
      if (below->node == node->inputs[0]) return Traced{node, below->column};
      NodePtr copy = node->kind == NodeKind::kFilter ? NodePtr(copy_over<Filter>(*node, below->node))
                                                     : NodePtr(copy_over<Sort>(*node, below->node));
      add_file(*copy);
      return Traced{copy, below->column};
    }
    case NodeKind::kProject: {
      auto copy = copy_over<Project>(*node, below->node);
      copy->expressions.push_back(make_column(below->column, kFileType));
      add_file(*copy);
      return Traced{copy, copy->fields.size() - 1};
    }
    default: {  // an unnest: the lists' elements stand behind the input's columns
      auto copy = copy_over<Unnest>(*node, below->node);
      size_t file = copy->columns.size(), width = node->fields.size();
      copy->columns.push_back(below->column);
      copy->fields.insert(copy->fields.begin() + static_cast<ptrdiff_t>(file), Field{kFile, kFileType});
      std::vector<size_t> columns;
      for (size_t i = 0; i <= width; ++i)
        if (i != file) columns.push_back(i);
      columns.push_back(file);
      return Traced{pick(copy, columns), width};
    }
  }
}

std::optional<Traced> Tracing::find_in_union(const NodePtr& node) {
  auto copy = std::make_shared<Union>(static_cast<const Union&>(*node));
  for (NodePtr& input : copy->inputs) {
    std::optional<Traced> below = trace(input);
    if (!below) return std::nullopt;
    input = file_last(*below, node->fields.size());
  }
  add_file(*copy);
  return Traced{copy, copy->fields.size() - 1};
}

std::optional<Traced> Tracing::find_in_join(const NodePtr& node) {
  size_t side = reads(*node->inputs[0]) ? 0 : 1;
  if (reads(*node->inputs[0]) && reads(*node->inputs[1])) return std::nullopt;
  const auto& join = static_cast<const Join&>(*node);
  if (side == 1 && join.join_kind != JoinKind::kInner) return std::nullopt;
  std::optional<Traced> below = trace(node->inputs[side]);
  if (!below) return std::nullopt;
  size_t left = node->inputs[0]->fields.size(), right = node->inputs[1]->fields.size();
  bool changed = below->node != node->inputs[side];
  if (!changed) return Traced{node, side == 0 ? below->column : left + below->column};
  auto copy = copy_over<Join>(*node, below->node, side);
  if (side == 1) {  // its last column is the join's
    add_file(*copy);
    return Traced{copy, copy->fields.size() - 1};
  }
  // The right side's columns have moved by one.
  if (copy->residual) {
    std::vector<ExpressionPtr> columns;
    for (size_t i = 0; i < left; ++i) columns.push_back(make_column(i, node->inputs[0]->fields[i].type));
    for (size_t i = 0; i < right; ++i) columns.push_back(make_column(left + 1 + i, node->inputs[1]->fields[i].type));
    copy->residual = replace_columns(copy->residual, columns);
  }
  copy->fields.insert(copy->fields.begin() + static_cast<ptrdiff_t>(left), Field{kFile, kFileType});
  if (copy->fields.size() == left + 1) return Traced{copy, left};
  std::vector<size_t> columns;
  for (size_t i = 0; i < copy->fields.size(); ++i)
    if (i != left) columns.push_back(i);
  columns.push_back(left);
  return Traced{pick(copy, columns), copy->fields.size() - 1};
}

bool Tracing::reads(const Node& node) {
  auto known = reads_.find(&node);
  if (known != reads_.end()) return known->second;
  bool result = node.kind == NodeKind::kScan && static_cast<const Scan&>(node).source == source_;
  for (const NodePtr& input : node.inputs) result = reads(*input) || result;
  return reads_[&node] = result;
}

}  // namespace segue::plan

// Rules that make a plan smaller without changing its rows.
#pragma once

#include <optional>
#include <unordered_set>
#include <vector>

#include "plan/node.h"

namespace segue::plan {

// The following make a node on top of input, simplified. Nodes that others hold too (use_count > 1) are never changed.

// expressions over input; plain columns and constants of a projection below are taken through it.
NodePtr make_project(NodePtr input, std::vector<ExpressionPtr> expressions, std::vector<std::string> names);

// Rows for which all conditions hold; conditions sink below projections, into the sides of joins, and become join keys.
NodePtr make_filter(NodePtr input, std::vector<ExpressionPtr> conditions);

// The parts of a condition that must all hold.
void split_conjunction(const ExpressionPtr& condition, std::vector<ExpressionPtr>& parts);

// A condition over the columns of a join as a key, if it is an equality between the sides.
std::optional<Join::Key> key_of(const ExpressionPtr& condition, const Node& left, const Node& right);

using NodeSet = std::unordered_set<const Node*>;

// All nodes reachable from roots, each once, inputs before the nodes that read them; nothing below a node of leaves.
std::vector<Node*> in_order(const std::vector<NodePtr>& roots, const NodeSet& leaves = {});

// Drops every column and computation that no root needs, in place; the roots keep theirs, leaves and what is below them
// stay as they are.
void prune_columns(const std::vector<NodePtr>& roots, const NodeSet& leaves = {});

}  // namespace segue::plan

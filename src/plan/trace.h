// Which file each row of a step came from: a column more, carried from the scan of a source up through what is row by
// row in it (increment.h).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "plan/node.h"

namespace segue::plan {

// A node that has the rows of another in the same order, and of each the file, in `column`. Either it is that node, or
// it has one column more than that, the last.
struct Traced {
  NodePtr node;
  size_t column = 0;
};

// Nodes are shared, so what was traced once is not made twice. Changes no node.
class Tracing {
 public:
  // Each scan of `source` tells the file in its last column.
  explicit Tracing(std::string source) : source_(std::move(source)) {}

  // Nothing if the node is not row by row in the source.
  std::optional<Traced> trace(const NodePtr& node);

  // The step's root with the file as the one column more, or null.
  NodePtr with_file(const NodePtr& root);

 private:
  std::optional<Traced> find(const NodePtr& node);
  std::optional<Traced> find_in_union(const NodePtr& node);
  std::optional<Traced> find_in_join(const NodePtr& node);
  bool reads(const Node& node);

  const std::string source_;
  std::map<NodePtr, std::optional<Traced>> traced_;
  std::map<const Node*, bool> reads_;
};

}  // namespace segue::plan

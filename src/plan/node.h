// The nodes of a plan: a graph, since steps and common table expressions may be read more than once.
//
// A node's output columns are `fields`; expressions in a node refer to the output columns of its input (of a join:
// left's, then right's).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plan/expression.h"

namespace segue::plan {

enum class NodeKind {
  kScan,
  kForeign,
  kValues,
  kFilter,
  kProject,
  kAggregate,
  kWindow,
  kJoin,
  kSort,
  kLimit,
  kUnion,
  kUnnest
};

struct Node;
using NodePtr = std::shared_ptr<Node>;

struct Node {
  explicit Node(NodeKind node_kind) : kind(node_kind) {}
  virtual ~Node() = default;
  NodeKind kind;
  std::vector<NodePtr> inputs;
  std::vector<Field> fields;
};

// Rows of a source. fields are the source's columns in `columns`, in that order.
struct Scan : Node {
  Scan() : Node(NodeKind::kScan) {}
  std::string source;
  std::vector<size_t> columns;  // indices into the source's declared columns
};

// A step that another engine (DuckDB) computes; inputs are what it reads.
struct Foreign : Node {
  Foreign() : Node(NodeKind::kForeign) {}
  std::string step;
  std::vector<std::string> names;  // what its SQL calls each input
};

// Constant rows (SELECT without FROM, VALUES).
struct Values : Node {
  Values() : Node(NodeKind::kValues) {}
  std::vector<std::vector<ExpressionPtr>> rows;  // expressions without columns
};

// Rows for which all conditions are true. Columns pass unchanged.
struct Filter : Node {
  Filter() : Node(NodeKind::kFilter) {}
  std::vector<ExpressionPtr> conditions;
};

struct Project : Node {
  Project() : Node(NodeKind::kProject) {}
  std::vector<ExpressionPtr> expressions;
};

struct OrderKey {
  ExpressionPtr expression;
  bool descending = false;
  bool nulls_first = false;
};

// One aggregate call. name is DuckDB's: "count_star", "count", "sum", "avg", "min", "max", "list", "any_value", …
struct Call {
  std::string name;
  Type type;
  std::vector<ExpressionPtr> arguments;
  bool distinct = false;
  ExpressionPtr filter;         // FILTER (WHERE …), or null
  std::vector<OrderKey> order;  // list(x ORDER BY …)
};

// Output: the groups, then the calls. No groups: one row, also for no input.
struct Aggregate : Node {
  Aggregate() : Node(NodeKind::kAggregate) {}
  std::vector<ExpressionPtr> groups;
  std::vector<Call> calls;
};

// Where a frame begins or ends, for each row.
struct FrameBound {
  enum class Kind {
    kUnbounded,  // with the partition
    kPeers,      // with the rows that the order does not tell apart from the row
    kRows,       // `offset` rows behind the row, or before it if negative
  };
  Kind kind = Kind::kUnbounded;
  int64_t offset = 0;
};

// One window function. name: "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
// "first_value", "last_value", "nth_value", "session_number", or an aggregate's. The frame counts for aggregates and
// the three of values.
struct WindowCall {
  std::string name;
  Type type;
  std::vector<ExpressionPtr> arguments;
  FrameBound start, end;
};

// Functions that share partition and order. Output: the input's columns, then one column a function.
struct Window : Node {
  Window() : Node(NodeKind::kWindow) {}
  std::vector<ExpressionPtr> partition;
  std::vector<OrderKey> order;
  std::vector<WindowCall> calls;
};

enum class JoinKind { kInner, kLeft, kSemi, kAnti, kMark };

// Hash join on keys; `residual` (over left's then right's columns) must be true as well. Output: left's columns, then
// right's (inner, left) or nothing more (semi, anti), or one BOOLEAN (mark). An inner join without keys is a cross
// product.
struct Join : Node {
  struct Key {
    ExpressionPtr left;       // over the left input
    ExpressionPtr right;      // over the right input
    bool null_equal = false;  // IS NOT DISTINCT FROM
  };
  Join() : Node(NodeKind::kJoin) {}
  JoinKind join_kind = JoinKind::kInner;
  std::vector<Key> keys;
  ExpressionPtr residual;
};

// Ordered rows; with a limit only rows [offset, offset + limit) of the order.
struct Sort : Node {
  Sort() : Node(NodeKind::kSort) {}
  std::vector<OrderKey> keys;
  std::optional<uint64_t> limit;
  uint64_t offset = 0;
};

// Any rows, but never more than limit, after skipping offset in the input's order.
struct Limit : Node {
  Limit() : Node(NodeKind::kLimit) {}
  std::optional<uint64_t> limit;
  uint64_t offset = 0;
};

// As many rows for each as the longest of its lists has elements. Output: some of the input's columns, then one column
// a list with its elements, NULL past the end. A row whose lists are all empty or NULL is gone, unless keep_empty is
// set: then it comes once, with NULLs.
struct Unnest : Node {
  Unnest() : Node(NodeKind::kUnnest) {}
  std::vector<size_t> columns;  // of the input
  std::vector<ExpressionPtr> lists;
  bool keep_empty = false;
};

// UNION ALL. Columns match by position and have equal types.
struct Union : Node {
  Union() : Node(NodeKind::kUnion) {}
};

}  // namespace segue::plan

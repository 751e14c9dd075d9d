// What aggregate functions keep for each group.
//
// A state is used by one thread. Groups are numbered from 0; update() adds rows to the groups of `numbers`, merge()
// adds the groups of a partial result (the columns of partial()) likewise, so that rows can be aggregated in pieces.
// Rows and pieces come in the input's order.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "columns/column.h"
#include "plan/node.h"

namespace segue::engine {

class AggregateState {
 public:
  virtual ~AggregateState() = default;
  // From now on there are groups [0, groups); new ones are empty. Never shrinks but by reset().
  virtual void resize(size_t groups) = 0;
  virtual void reset() = 0;
  // arguments are those of the call, then the expressions of its ORDER BY; each has `rows` rows or is constant.
  virtual void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) = 0;
  // The types of partial()'s columns; empty if the function can't be split (then only update() is used).
  virtual std::vector<Type> partial_types() const { return {}; }
  virtual std::vector<Column> partial() { return {}; }
  virtual void merge(std::span<const Column> /*partial*/, const uint32_t* /*numbers*/, size_t /*rows*/) {}
  // Adds to each group what came before it: group s becomes group s - 1 and itself, unless restarts[s] is set
  // (restarts[0] always is). For window functions; only where window_unsupported says nothing.
  virtual void accumulate(const uint8_t* /*restarts*/) {}
  // One row a group, of the call's type.
  virtual Column finish() = 0;
};

// REQUIRES: aggregate_unsupported(call) says nothing.
std::unique_ptr<AggregateState> make_aggregate_state(const plan::Call& call);

// Why there is no state for this call, or nothing.
std::optional<std::string> aggregate_unsupported(const plan::Call& call);

// True if the order or the grouping in which rows are added can change the result, if only in the last bits: such calls
// see rows in the input's order, split by task alone, so that neither threads nor other steps change what comes out.
bool order_sensitive(const plan::Call& call);

}  // namespace segue::engine

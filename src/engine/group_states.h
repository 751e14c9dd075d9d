// The calls of an Aggregate node at work on numbered groups.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/aggregate_state.h"
#include "engine/group_table.h"
#include "engine/keys.h"

namespace segue::engine {

// The calls and where their inputs stand in one list of expressions. Immutable, shared by all threads.
class AggregateCalls {
 public:
  explicit AggregateCalls(const std::vector<plan::Call>& calls);

  const std::vector<plan::Call>& calls() const { return calls_; }
  // Arguments, order keys and filters of all calls: evaluate these and hand the columns to GroupStates.
  const std::vector<plan::ExpressionPtr>& inputs() const { return inputs_; }
  // True if groups can be aggregated in pieces (no DISTINCT, every function has partial results).
  bool splittable() const { return splittable_; }
  bool order_sensitive() const;
  // The columns of GroupStates::partial().
  const std::vector<Type>& partial_types() const { return partial_types_; }

 private:
  friend class GroupStates;
  struct Place {
    size_t first = 0, count = 0;  // arguments and order keys
    std::optional<size_t> filter;
  };
  std::vector<plan::Call> calls_;
  std::vector<Place> places_;
  std::vector<plan::ExpressionPtr> inputs_;
  std::vector<Type> partial_types_;
  bool splittable_ = true;
};

// The states of all calls, for one thread. FILTER and DISTINCT are applied here.
class GroupStates {
 public:
  explicit GroupStates(const AggregateCalls& calls);
  void reset();
  // Adds rows to groups below `groups`; numbers[i] < groups.
  void update(std::span<const Column> inputs, const uint32_t* numbers, size_t rows, size_t groups);
  std::vector<Column> partial(size_t groups);
  void merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows, size_t groups);
  // One column a call, `groups` rows each. Then only reset() may follow.
  std::vector<Column> finish(size_t groups);

 private:
  // Tells which rows bring something new to their group.
  struct Distinct {
    Distinct(const std::vector<Type>& types);
    Keys keys;    // group number, then the arguments
    Keys single;  // the arguments alone, while there is but one group
    GroupTable table, single_table;
    bool used = false, grouped = false;
    Array<uint64_t> words, hashes;
    Array<uint32_t> found;
    void reset();
    void select(std::span<const Column> arguments, const uint32_t* numbers, size_t rows, size_t groups,
                Array<uint32_t>& picked);
  };
  const AggregateCalls& calls_;
  std::vector<std::unique_ptr<AggregateState>> states_;
  std::vector<std::unique_ptr<Distinct>> distinct_;
};

}  // namespace segue::engine

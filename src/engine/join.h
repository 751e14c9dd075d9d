// Hash join: a build side that takes all rows in, and a stage that probes it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "engine/expressions/evaluator.h"
#include "engine/join_table.h"
#include "engine/keys.h"
#include "engine/operator.h"
#include "plan/node.h"

namespace segue::engine {

// The rows of one side by key.
class JoinBuild : public Operator, public Consumer {
 public:
  // side 0 builds from the left input of the node, 1 from the right one.
  JoinBuild(const plan::Join& node, size_t side, size_t workers);
  void consume(size_t worker, Batch batch) override { rows_.consume(worker, std::move(batch)); }
  void finish(Workers& workers) override;
  size_t bytes() const override { return rows_.bytes() + bytes_of({{row_count_, columns_, 0, {}}}); }

  // After finish():
  const std::vector<Column>& columns() const { return columns_; }
  size_t rows() const { return row_count_; }
  bool null_key() const { return table_.left_out(); }  // some row has a NULL in a key that NULL can't match
  // A key's number is the one row that has it.
  bool unique() const { return table_.unique(); }
  // Else the build rows of key number n are row_list()[begins()[n] … begins()[n + 1]).
  const Array<uint32_t>& begins() const { return table_.begins(); }
  const Array<uint32_t>& row_list() const { return table_.rows(); }
  // numbers[i] = number of the key in row i of columns, or GroupTable::kAbsent. Different workers may call it at the
  // same time.
  void find(size_t worker, std::span<const Column> keys, size_t rows, Array<uint32_t>& numbers);

  // Rows that a left join found a match for, where it is built from the left. Different workers may mark at the same
  // time.
  void mark(uint32_t row) { std::atomic_ref(matched_[row]).store(1, std::memory_order_relaxed); }
  bool matched(size_t row) const { return matched_[row] != 0; }

  // Key number k as a column of the build's rows.
  const Column& key_column(size_t k) const { return key_columns_[k]; }

 private:
  std::vector<Type> types_;
  std::vector<plan::Join::Key> join_keys_;
  std::vector<plan::ExpressionPtr> key_expressions_;
  Collector rows_;
  Keys keys_;
  JoinTable table_;
  std::vector<Column> columns_, key_columns_;
  Array<uint8_t> matched_;
  size_t row_count_ = 0;
};

class JoinProbe : public Stage {
 public:
  // The batches are the rows of the side that `build` has not; the output has left's columns first all the same.
  JoinProbe(const plan::Join& node, JoinBuild& build, size_t build_side, const Workers& workers);
  void consume(size_t worker, Batch batch) override;

 private:
  // A left join that is probed from the left keeps rows without a match.
  bool keeps_probe_rows() const { return kind_ == plan::JoinKind::kLeft && build_side_ == 1; }
  void probe(size_t worker, const Batch& batch, std::span<const uint32_t> numbers);
  Batch combine(const Batch& batch, std::span<const uint32_t> probe_rows, std::span<const uint32_t> build_rows) const;
  void emit_marks(size_t worker, Batch batch, std::span<const Column> keys, std::span<const uint32_t> numbers);

  const Cancellation& cancellation_;
  plan::JoinKind kind_;
  std::vector<plan::Join::Key> join_keys_;
  JoinBuild& build_;
  size_t build_side_;
  std::vector<Type> build_types_;
  Evaluator keys_;
  std::unique_ptr<Evaluator> residual_;
  struct Worker {
    Evaluator::State key_state, residual_state;
  };
  std::vector<Worker> workers_;
};

// Of a left join that is built from its left side: the rows there that nothing matched, with NULLs on the right.
class UnmatchedRows : public Operator, public Source {
 public:
  UnmatchedRows(const plan::Join& node, JoinBuild& build) : node_(node), build_(build) { needs.push_back(&build); }
  Source* source() override { return this; }
  bool comes_last() const override { return true; }
  size_t tasks() const override;
  void run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) override;

 private:
  const plan::Join& node_;
  JoinBuild& build_;
};

// Whether the hash table can be built from input `side`: lists and structs cannot be stored, and what is told of left
// rows is told while they pass.
bool join_can_build(const plan::Join& node, size_t side);

std::optional<std::string> join_unsupported(const plan::Join& node);

}  // namespace segue::engine

// What a plan becomes: operators, each fed by others. A streaming operator hands batches on; a breaker takes all rows
// in before it gives any out; sources begin.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/workers.h"
#include "engine/flow.h"

namespace segue::engine {

class Operator {
 public:
  virtual ~Operator() = default;

  // Where rows come from, and for a breaker what takes each input's rows in.
  struct Input {
    Operator* from = nullptr;
    Consumer* into = nullptr;  // null for streaming operators
  };
  std::vector<Input> inputs;
  std::string name;  // for people
  // Operators that must have finished before this one streams (the build side of a join).
  std::vector<Operator*> needs;
  // Of a partitioned flow: which output columns are the partition's keys, if all are there.
  std::optional<std::vector<size_t>> partition_columns;

  virtual bool streaming() const { return false; }
  // True: has to be finished before its rows are there.
  virtual bool breaks() const { return !streaming() && !inputs.empty(); }
  // Wants each worker to take long stretches of neighbouring tasks, cut the same way whatever the number of workers.
  virtual bool wants_stretches() const { return false; }
  // Streaming: a new stage for one pass.
  virtual std::unique_ptr<Stage> make_stage() { return nullptr; }
  // Breakers: all inputs have been consumed.
  virtual void finish(Workers& /*workers*/) {}
  // Breakers and sources: the rows; null if nobody can read it (a join's build side).
  virtual Source* source() { return nullptr; }
  // Sources: only there once all other passes of a level have run.
  virtual bool comes_last() const { return false; }
  // Of the rows that it keeps, now.
  virtual size_t bytes() const { return 0; }
  // Nobody reads it any more.
  virtual void release() {}
};

// Of the batches' values; of text that is no code where it stands, not the text.
size_t bytes_of(const std::vector<Batch>& batches);

// Keeps batches by worker and puts them in order.
class Collector : public Consumer {
 public:
  explicit Collector(size_t workers) : batches_(workers) {}
  void consume(size_t worker, Batch batch) override {
    if (batch.rows != 0) batches_[worker].push_back(std::move(batch));
  }
  // All batches by sequence; leaves nothing behind.
  std::vector<Batch> take();
  size_t bytes() const;

 private:
  std::vector<std::vector<Batch>> batches_;
};

// Batches that are there, one task each.
class BatchSource : public Source {
 public:
  explicit BatchSource(std::vector<Batch> batches = {}) : batches_(std::move(batches)) {}
  size_t tasks() const override { return batches_.size(); }
  size_t bytes() const { return bytes_of(batches_); }
  void run(size_t /*worker*/, size_t task, const std::function<void(Batch&&)>& emit) override {
    Batch batch = batches_[task];
    batch.sequence = task;
    batch.partitions.clear();
    emit(std::move(batch));
  }

 private:
  std::vector<Batch> batches_;
};

// All rows of the batches, column by column. REQUIRES: every batch has columns of these types.
std::vector<Column> concat_batches(const std::vector<Type>& types, const std::vector<Batch>& batches);
// The same, the columns shared out among the workers.
std::vector<Column> concat_batches(const std::vector<Type>& types, const std::vector<Batch>& batches, Workers& workers);

}  // namespace segue::engine

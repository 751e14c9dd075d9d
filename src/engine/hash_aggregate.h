// Aggregate of rows in any order.
//
// Rows are either aggregated task by task in a small table (few groups), or stored as they come (many groups): which,
// each worker finds out by looking. Both go to buckets by the hash of their key, and some buckets at a time are put
// together by one worker in a table that fits the cache.
#pragma once

#include <memory>
#include <vector>

#include "engine/bucket_rows.h"
#include "engine/expressions/evaluator.h"
#include "engine/group_states.h"
#include "engine/operator.h"
#include "plan/node.h"

namespace segue::engine {

class HashAggregate : public Operator, public Consumer, public Source {
 public:
  HashAggregate(const plan::Aggregate& node, const std::vector<Field>& input, size_t workers);

  // Whether the result depends on the order of rows.
  bool order_sensitive() const { return calls_.order_sensitive(); }
  void consume(size_t worker, Batch batch) override;
  // What depends on the order of rows is put together stretch by stretch.
  bool wants_stretches() const override { return calls_.order_sensitive() && calls_.splittable(); }
  void end_task(size_t worker, uint64_t sequence) override;
  void finish(Workers& workers) override;
  Source* source() override { return this; }
  void release() override { results_.clear(); }
  size_t bytes() const override {
    return bytes_of(results_) + (raw_ ? raw_->bytes() : 0) + (partial_ ? partial_->bytes() : 0);
  }

  size_t tasks() const override { return results_.size(); }
  void run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) override;

 private:
  struct Worker {
    Evaluator::State group_state, input_state;
    bool early = true;                            // aggregate before storing
    size_t rows = 0;                              // in the table since it was emptied
    size_t flushed_rows = 0, flushed_groups = 0;  // of full tables
    std::unique_ptr<GroupStates> groups;
    GroupTable table{0};
    Array<uint64_t> words, hashes;
    Array<uint32_t> numbers;
  };
  void consume_piece(size_t worker, const Batch& batch);
  void store_rows(size_t worker, const Batch& batch);
  void flush(size_t worker, uint64_t sequence);
  std::vector<Column> word_columns(Array<uint64_t> words, size_t rows) const;
  Batch put_together(size_t first, size_t last, const Cancellation& cancellation);

  std::vector<Type> group_types_;
  AggregateCalls calls_;
  Evaluator group_evaluator_;
  std::vector<size_t> kept_;               // input columns that the calls read
  std::unique_ptr<Evaluator> from_batch_;  // the calls' inputs over the input's columns
  std::unique_ptr<Evaluator> from_store_;  // the same over the kept columns
  Keys keys_;
  std::unique_ptr<BucketRows> raw_;      // key words, kept columns
  std::unique_ptr<BucketRows> partial_;  // key words, partial results
  std::vector<Worker> workers_;
  std::vector<Batch> results_;
};

}  // namespace segue::engine

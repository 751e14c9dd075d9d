// ORDER BY, ORDER BY with LIMIT, and LIMIT alone.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/expressions/evaluator.h"
#include "engine/operator.h"
#include "engine/order.h"
#include "plan/node.h"

namespace segue::engine {

// With a limit, each worker keeps only the best offset + limit rows it has seen.
class SortRows : public Operator, public Consumer {
 public:
  SortRows(const plan::Sort& node, size_t workers);
  void consume(size_t worker, Batch batch) override;
  void finish(Workers& workers) override;
  Source* source() override { return &result_; }
  void release() override { result_ = BatchSource(); }
  size_t bytes() const override;

 private:
  struct Worker {
    Evaluator::State state;
    std::vector<Batch> batches;  // the node's columns, then those keys that are none of them
    size_t rows = 0;
    std::optional<Batch> bound;  // one row: none that comes after it can be among the best
  };
  std::optional<uint64_t> most() const;  // rows to keep
  std::vector<OrderColumn> order_columns(const Batch& batch) const;
  // The batches as one, sorted, cut to most().
  Batch sorted(const std::vector<Batch>& batches) const;
  void shrink(Worker& worker);
  void drop_hopeless(const Worker& worker, Batch& batch) const;

  struct Key {
    size_t column;  // of the batches
    bool descending, nulls_first;
  };
  std::vector<Type> types_;  // of the batches' columns
  size_t width_;             // how many are the node's
  std::vector<Key> keys_;
  std::optional<uint64_t> limit_;
  uint64_t offset_;
  Evaluator evaluator_;
  std::vector<Worker> workers_;
  BatchSource result_;
};

// The first rows of the input's order.
class LimitRows : public Operator, public Consumer {
 public:
  LimitRows(const plan::Limit& node, size_t workers);
  void consume(size_t worker, Batch batch) override;
  void finish(Workers& workers) override;
  Source* source() override { return &result_; }
  void release() override { result_ = BatchSource(); }

 private:
  std::optional<uint64_t> limit_;
  uint64_t offset_;
  Collector rows_;
  std::vector<uint64_t> taken_;  // by worker; tasks come in rising order, so what comes after enough rows is not needed
  BatchSource result_;
};

}  // namespace segue::engine

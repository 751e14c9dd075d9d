// Rows brought together by key and ordered within each key: what windows and aggregates per key run on.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/workers.h"
#include "engine/flow.h"
#include "engine/order.h"
#include "engine/row_store.h"
#include "engine/scatter.h"

namespace segue::engine {

struct SortColumn {
  size_t column;
  bool descending = false;
  bool nulls_first = false;
  bool operator==(const SortColumn&) const = default;
};

// What sorting within partitions needs again and again; belongs to one thread.
struct SortScratch {
  OrderScratch order;
  Block gathered;
};

// First a Consumer that stores rows, then, after finish(), a Source of whole partitions: Batch::partitions tells where
// each begins. Partitions come in the order in which their keys first appear, rows with equal order keys in the input's
// order or its reverse.
class PartitionRows : public Consumer, public Source {
 public:
  // keys may be empty: all rows are one partition. With `most`, only the first so many rows of each partition are
  // handed out. REQUIRES: no type is nested.
  PartitionRows(const std::vector<Type>& types, std::vector<size_t> keys, std::vector<SortColumn> order,
                std::optional<size_t> most, size_t workers);

  void consume(size_t worker, Batch batch) override;
  // The partition pass. Frees the stored input unless partitions are put together from it later.
  void finish(Workers& workers);

  size_t tasks() const override { return tasks_.empty() ? 0 : tasks_.size() - 1; }
  void run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) override;

  size_t bytes() const { return (store_ ? store_->bytes() : 0) + (rows_ ? rows_->bytes() : 0); }
  size_t partitions() const { return begins_.empty() ? 0 : begins_.size() - 1; }
  size_t rows() const { return begins_.empty() ? 0 : begins_.back(); }

  // If the only key is text, and its codes number the partitions: its dictionary and the code of each; else null.
  const std::shared_ptr<Dictionary>& key_dictionary() const { return key_dictionary_; }
  uint32_t key_code(size_t partition) const { return codes_[partition]; }

  // Which partitions run() hands out; empty: all.
  void keep(std::vector<bool> kept) { kept_ = std::move(kept); }

 private:
  Batch drop_hopeless(const Batch& batch) const;
  Batch first_rows(const Batch& batch) const;
  bool find_runs(Workers& workers);
  std::optional<size_t> left_out() const;
  void by_hash(Workers& workers);
  void group_bucket(size_t worker, size_t begin, size_t end, class Keys& keys, std::vector<size_t>& begins);
  std::vector<OrderColumn> order_columns(const ScatteredRows& rows, size_t begin) const;
  void sort_large(size_t begin, size_t end, Workers& workers);
  void sort_large_partitions(Workers& workers);
  void sort_small_partitions(Workers& workers);
  void sort_partition(ScatteredRows& rows, size_t begin, size_t end, SortScratch& scratch) const;
  Column key_column(size_t first, size_t last) const;
  void emit_range(size_t worker, size_t task, size_t first, size_t last, const std::function<void(Batch&&)>& emit);
  std::vector<size_t> partition_tasks(size_t rows) const;

  std::vector<size_t> keys_;
  std::vector<SortColumn> order_;
  std::optional<size_t> most_;
  std::vector<Type> types_;
  std::unique_ptr<RowStore> store_;
  std::vector<size_t> begins_;  // first row of each partition, and the end
  // Either all partitions lie ready, sorted; or, where keys come in long runs, each is put together from its runs in
  // the store whenever it is read, in memory that stays in the cache.
  std::shared_ptr<ScatteredRows> rows_;
  std::vector<RowStore::Segment> segments_;
  std::vector<StoredRun> runs_;
  std::vector<size_t> run_begins_;    // first run of each partition, and the end
  std::vector<SortScratch> scratch_;  // by worker
  std::vector<size_t> tasks_;         // first partition of each task, and the end
  std::shared_ptr<Dictionary> key_dictionary_;
  std::vector<uint32_t> codes_;  // of key_dictionary_, by partition
  std::vector<bool> kept_;
};

}  // namespace segue::engine

// The counting sort of stored rows by a small number: partition pass and radix partitions of aggregates and joins.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/workers.h"
#include "engine/row_store.h"

namespace segue::engine {

// Rows in contiguous columns, number by number, within a number in the order of the segments.
class ScatteredRows {
 public:
  size_t rows() const { return rows_; }
  size_t bytes() const;
  // Where number n begins is begins()[i] with order()[i] == n.
  const std::vector<size_t>& begins() const { return begins_; }
  const std::vector<uint32_t>& order() const { return order_; }
  bool present(size_t column) const { return columns_[column].present; }
  std::byte* values(size_t column) const { return columns_[column].values.data(); }
  uint8_t* valid(size_t column) const {
    return reinterpret_cast<uint8_t*>(columns_[column].valid.data());
  }  // null: all valid
  const Type& type(size_t column) const { return types_[column]; }
  const std::vector<Type>& types() const { return types_; }
  const std::shared_ptr<Dictionary>& dictionary(size_t column) const { return dictionaries_[column]; }
  // Rows [begin, …) of a column; owner keeps this object alive.
  Column view(size_t column, size_t begin, std::shared_ptr<const void> owner) const;

 private:
  friend std::shared_ptr<ScatteredRows> scatter(Workers&, const RowStore&, const struct ScatterPlan&);
  friend std::shared_ptr<ScatteredRows> copy_runs(const RowStore&, const std::vector<RowStore::Segment>&,
                                                  std::span<const struct StoredRun>, std::optional<size_t>);
  // Room for rows of the store.
  ScatteredRows(const RowStore& store, size_t rows, std::optional<size_t> leave_out);
  struct Stored {
    Block values;
    Block valid;
    bool present = true;
  };
  size_t rows_ = 0;
  std::vector<Type> types_;
  std::vector<std::shared_ptr<Dictionary>> dictionaries_;
  std::vector<Stored> columns_;
  std::vector<size_t> begins_;
  std::vector<uint32_t> order_;
};

struct ScatterPlan {
  std::vector<RowStore::Segment> segments;  // in order; they cover the store
  size_t numbers = 1;                       // every row's number is below
  // A row's number: by segment and row, either the codes of a text column or bytes.
  std::optional<size_t> code_column;
  std::vector<Array<uint8_t>> bytes;  // by segment; used if there is no code_column; empty: all rows are number 0
  bool by_appearance = false;  // numbers in the order in which they first appear (absent ones left out), else ascending
  std::optional<size_t> leave_out;  // a column not to copy
};

std::shared_ptr<ScatteredRows> scatter(Workers& workers, const RowStore& store, const ScatterPlan& plan);

// Rows of a store that lie together: rows [begin, begin + rows) of segments[segment].
struct StoredRun {
  uint32_t segment;
  uint32_t begin;
  uint32_t rows;
};

// The rows of the runs, one after the other; without numbers. leave_out: a column not to copy.
std::shared_ptr<ScatteredRows> copy_runs(const RowStore& store, const std::vector<RowStore::Segment>& segments,
                                         std::span<const StoredRun> runs, std::optional<size_t> leave_out);

// Segments cut into tasks of about equal rows: task t has segments [result[t], result[t + 1]).
std::vector<size_t> segment_tasks(const std::vector<RowStore::Segment>& segments);

}  // namespace segue::engine

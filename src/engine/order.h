// Orders of rows within memory: permutations by sort columns.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/memory.h"
#include "base/workers.h"
#include "columns/column.h"

namespace segue::engine {

struct OrderColumn {
  Column column;
  bool descending = false;
  bool nulls_first = false;
};

// Negative, zero, positive as row i comes before, with or after row j.
int compare_rows(std::span<const OrderColumn> columns, size_t i, size_t j);

// A row beside the word it is sorted by.
struct OrderEntry {
  uint64_t word;
  uint32_t row;
};

// What sort_rows needs again and again; belongs to one thread.
struct OrderScratch {
  Array<OrderEntry> entries, other;
  Array<uint32_t> permutation;
};

enum class Ordered { kAlready, kReversed, kPermuted };

// The stable order of rows [0, rows) by the columns: kAlready: as they stand; kReversed: the other way round;
// kPermuted: scratch.permutation has it. REQUIRES: rows < 2^32, columns not empty.
Ordered sort_rows(std::span<const OrderColumn> columns, size_t rows, OrderScratch& scratch);

// The same by all workers: the rows in their order. Obeys the workers' cancellation.
Array<uint32_t> sort_rows(std::span<const OrderColumn> columns, size_t rows, Workers& workers);

// Sorts parts of an order, each by itself and stably: `order` has rows below `rows`, ascending within each part; part i
// ends before ends[i]. Parts of `most` rows and more stay as they are.
void sort_parts(std::span<const OrderColumn> columns, size_t rows, std::span<uint32_t> order,
                std::span<const uint32_t> ends, size_t most, OrderScratch& scratch);

// Picks the first rows of an order without sorting the others.
class SelectFirst {
 public:
  // `columns` outlives this.
  SelectFirst(std::span<const OrderColumn> columns, size_t rows);
  ~SelectFirst();
  // Brings the entries of the first `count` rows to the front, in any order among themselves. Equal rows are ordered by
  // their number.
  void operator()(std::span<OrderEntry> entries, size_t count) const;

 private:
  std::unique_ptr<class OrderWords> words_;
};

}  // namespace segue::engine

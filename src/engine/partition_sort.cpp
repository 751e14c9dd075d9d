// PartitionRows: grouping within the buckets of the hash path, and the order within partitions.
#include <algorithm>
#include <cstring>

#include "engine/group_table.h"
#include "engine/keys.h"
#include "engine/partition_rows.h"

namespace segue::engine {

namespace {

constexpr size_t kTaskRows = size_t{1} << 14;
constexpr size_t kLargePartition = size_t{1} << 18;  // rows from which on all workers sort it together

// values[i] = values[order[i]] for i < rows, by way of scratch.
template <class T>
void permute_values(T* values, size_t rows, const uint32_t* order, Block& scratch) {
  if (scratch.bytes() < rows * sizeof(T)) scratch = Block(rows * sizeof(T));
  auto* gathered = reinterpret_cast<T*>(scratch.data());
  for (size_t i = 0; i < rows; ++i) gathered[i] = values[order[i]];
  std::memcpy(values, gathered, rows * sizeof(T));
}

void permute_column(ScatteredRows& rows, size_t c, size_t begin, size_t end, const uint32_t* order, Block& scratch) {
  if (!rows.present(c)) return;
  with_width(stored_bytes(rows.type(c)), [&](auto width) {
    using T = decltype(width);
    permute_values(reinterpret_cast<T*>(rows.values(c)) + begin, end - begin, order, scratch);
  });
  if (rows.valid(c) != nullptr) permute_values(rows.valid(c) + begin, end - begin, order, scratch);
}

void permute(ScatteredRows& rows, size_t begin, size_t end, const uint32_t* order, SortScratch& scratch) {
  for (size_t c = 0; c < rows.types().size(); ++c) permute_column(rows, c, begin, end, order, scratch.gathered);
}

}  // namespace

// Rows [begin, end) of one bucket, brought together by key; partitions that are not large are sorted. Adds the
// partitions' begins.
void PartitionRows::group_bucket(size_t worker, size_t begin, size_t end, Keys& keys, std::vector<size_t>& begins) {
  size_t rows = end - begin;
  std::vector<Column> columns;
  for (size_t key : keys_) columns.push_back(rows_->view(key, begin, nullptr));
  Array<uint64_t> words, hashes;
  keys.encode(worker, columns, rows, words);
  keys.hash(words.data(), rows, hashes);
  GroupTable table(keys.words());
  table.reset(rows / 4);
  Array<uint32_t> numbers(rows);
  table.find_or_add(words.data(), hashes.data(), rows, numbers.data());
  Array<uint32_t> positions(table.size(), 0);
  for (uint32_t number : numbers) ++positions[number];
  uint32_t next = 0;
  for (uint32_t& position : positions) {
    begins.push_back(begin + next);
    next += std::exchange(position, next);
  }
  Array<uint32_t> order(rows);
  for (size_t row = 0; row < rows; ++row) order[positions[numbers[row]]++] = static_cast<uint32_t>(row);
  SortScratch scratch;
  std::vector<OrderColumn> by = order_columns(*rows_, begin);
  if (!by.empty())
    sort_parts(by, rows, {order.data(), rows}, {positions.data(), positions.size()}, kLargePartition, scratch.order);
  permute(*rows_, begin, end, order.data(), scratch);
}

// The order's columns from row `begin` on.
std::vector<OrderColumn> PartitionRows::order_columns(const ScatteredRows& rows, size_t begin) const {
  std::vector<OrderColumn> columns;
  for (const SortColumn& order : order_) {
    if (!rows.present(order.column)) continue;  // the partition's own key: all equal
    columns.push_back({rows.view(order.column, begin, nullptr), order.descending, order.nulls_first});
  }
  return columns;
}

void PartitionRows::sort_partition(ScatteredRows& rows, size_t begin, size_t end, SortScratch& scratch) const {
  std::vector<OrderColumn> columns = order_columns(rows, begin);
  if (columns.empty() || end - begin < 2) return;
  switch (sort_rows(columns, end - begin, scratch.order)) {
    case Ordered::kAlready: return;
    case Ordered::kPermuted: return permute(rows, begin, end, scratch.order.permutation.data(), scratch);
    case Ordered::kReversed:
      for (size_t c = 0; c < rows.types().size(); ++c) {
        if (!rows.present(c)) continue;
        with_width(stored_bytes(rows.type(c)), [&](auto width) {
          using T = decltype(width);
          auto* values = reinterpret_cast<T*>(rows.values(c));
          std::reverse(values + begin, values + end);
        });
        if (uint8_t* valid = rows.valid(c)) std::reverse(valid + begin, valid + end);
      }
  }
}

// Rows [begin, end), which are one partition, by all workers.
void PartitionRows::sort_large(size_t begin, size_t end, Workers& workers) {
  std::vector<OrderColumn> columns = order_columns(*rows_, begin);
  if (columns.empty()) return;
  Array<uint32_t> order = sort_rows(columns, end - begin, workers);
  workers.for_each(types_.size(), [&](size_t, size_t c) {
    Block scratch;
    permute_column(*rows_, c, begin, end, order.data(), scratch);
  });
}

void PartitionRows::sort_large_partitions(Workers& workers) {
  if (order_.empty()) return;
  for (size_t i = 0; i < partitions(); ++i) {
    if (begins_[i + 1] - begins_[i] >= kLargePartition) sort_large(begins_[i], begins_[i + 1], workers);
  }
}

void PartitionRows::sort_small_partitions(Workers& workers) {
  if (order_.empty() || rows() == 0) return;
  std::vector<SortScratch> scratch(workers.count());
  std::vector<size_t> tasks = partition_tasks(kTaskRows);
  workers.for_each(tasks.size() - 1, [&](size_t worker, size_t task) {
    for (size_t i = tasks[task]; i < tasks[task + 1]; ++i) {
      size_t size = begins_[i + 1] - begins_[i];
      if (size > 1 && size < kLargePartition) sort_partition(*rows_, begins_[i], begins_[i + 1], scratch[worker]);
    }
  });
}

}  // namespace segue::engine

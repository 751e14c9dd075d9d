#include "engine/join_table.h"

#include <algorithm>
#include <atomic>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kPartitionRows = size_t{1} << 16;  // of the build side in a partition, about
constexpr size_t kMostPartitions = 256;
constexpr size_t kTaskRows = size_t{1} << 16;

}  // namespace

void JoinTable::build(Workers& workers, const Array<uint64_t>& keys, const Array<uint64_t>& hashes,
                      const std::function<bool(const uint64_t* key)>& matches) {
  size_t rows = hashes.size(), partitions = 1;
  while (partitions < kMostPartitions && rows / partitions > kPartitionRows) partitions *= 2;
  tables_.clear();
  for (size_t p = 0; p < partitions; ++p) tables_.emplace_back(words_);

  // Rows by partition, in their order.
  size_t tasks = (rows + kTaskRows - 1) / kTaskRows;
  std::vector<std::vector<uint32_t>> counts(tasks, std::vector<uint32_t>(partitions));
  auto task_rows = [&](size_t task) { return std::pair(task * kTaskRows, std::min(rows, (task + 1) * kTaskRows)); };
  workers.for_each(tasks, [&](size_t, size_t task) {
    auto [begin, end] = task_rows(task);
    for (size_t row = begin; row < end; ++row) ++counts[task][partition_of(hashes[row])];
  });
  std::vector<size_t> starts = {0};
  for (size_t p = 0; p < partitions; ++p) {
    size_t next = starts.back();
    for (auto& count : counts) next += std::exchange(count[p], static_cast<uint32_t>(next));
    starts.push_back(next);
  }
  Array<uint32_t> order(rows);
  workers.for_each(tasks, [&](size_t, size_t task) {
    auto [begin, end] = task_rows(task);
    for (size_t row = begin; row < end; ++row)
      order[counts[task][partition_of(hashes[row])]++] = static_cast<uint32_t>(row);
  });

  // Each partition numbers its keys and counts their rows.
  Array<uint32_t> numbers(rows);  // by place in `order`
  std::vector<Array<uint32_t>> ends(partitions);
  std::atomic<bool> left_out{false};
  workers.for_each(partitions, [&](size_t, size_t p) {
    size_t begin = starts[p], end = starts[p + 1];
    Array<uint64_t> some_keys, some_hashes;
    tables_[p].reset(end - begin);
    for (size_t from = begin; from < end; from += kTaskRows) {
      workers.cancellation().check();
      size_t count = std::min(kTaskRows, end - from);
      some_keys.resize(count * words_);
      some_hashes.resize(count);
      for (size_t i = 0; i < count; ++i) {
        size_t row = order[from + i];
        for (size_t w = 0; w < words_; ++w) some_keys[i * words_ + w] = keys[row * words_ + w];
        some_hashes[i] = hashes[row];
      }
      tables_[p].find_or_add(some_keys.data(), some_hashes.data(), count, numbers.data() + from);
    }
    ends[p] = Array<uint32_t>(tables_[p].size(), 0);
    for (size_t i = begin; i < end; ++i) ++ends[p][numbers[i]];
    for (size_t number = 0; number < ends[p].size(); ++number) {
      if (matches(tables_[p].keys() + number * words_)) continue;
      ends[p][number] = 0;
      left_out = true;
    }
  });
  left_out_ = left_out;

  // All keys in one row of numbers.
  first_ = {0};
  for (const auto& table : tables_) first_.push_back(first_.back() + static_cast<uint32_t>(table.size()));
  begins_.resize(first_.back() + size_t{1});
  uint32_t next = 0;
  for (size_t p = 0; p < partitions; ++p) {
    for (size_t number = 0; number < ends[p].size(); ++number) {
      begins_[first_[p] + number] = next;
      next += ends[p][number];
    }
  }
  begins_.back() = next;
  rows_.resize(next);
  workers.for_each(partitions, [&](size_t, size_t p) {
    Array<uint32_t> places;
    places.append(begins_.data() + first_[p], ends[p].size());
    for (size_t i = starts[p]; i < starts[p + 1]; ++i) {
      if (ends[p][numbers[i]] != 0) rows_[places[numbers[i]]++] = order[i];
    }
  });
}

void JoinTable::find(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const {
  if (tables_.size() == 1) {
    tables_[0].find(keys, hashes, rows, numbers);
  } else {
    // Rows of one partition after the other: each table's `find` then hides its misses.
    std::vector<uint32_t> starts(tables_.size() + 1);
    for (size_t row = 0; row < rows; ++row) ++starts[partition_of(hashes[row]) + 1];
    for (size_t p = 0; p < tables_.size(); ++p) starts[p + 1] += starts[p];
    std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
    Array<uint32_t> order(rows), found(rows);
    Array<uint64_t> some_keys(rows * words_), some_hashes(rows);
    for (size_t row = 0; row < rows; ++row) {
      uint32_t place = next[partition_of(hashes[row])]++;
      order[place] = static_cast<uint32_t>(row);
      some_hashes[place] = hashes[row];
      for (size_t w = 0; w < words_; ++w) some_keys[place * words_ + w] = keys[row * words_ + w];
    }
    for (size_t p = 0; p < tables_.size(); ++p) {
      uint32_t begin = starts[p], count = starts[p + 1] - begin;
      if (count != 0)
        tables_[p].find(some_keys.data() + begin * words_, some_hashes.data() + begin, count, found.data() + begin);
      for (uint32_t i = begin; i < begin + count; ++i)
        numbers[order[i]] = found[i] == GroupTable::kAbsent ? found[i] : found[i] + first_[p];
    }
  }
  for (size_t row = 0; row < rows; ++row) {
    if (numbers[row] != GroupTable::kAbsent && begins_[numbers[row]] == begins_[numbers[row] + 1])
      numbers[row] = GroupTable::kAbsent;
  }
}

}  // namespace segue::engine

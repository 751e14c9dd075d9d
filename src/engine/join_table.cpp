#include "engine/join_table.h"

#include <algorithm>
#include <atomic>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kPartitionRows = size_t{1} << 16;  // of the build side in a partition, about
constexpr size_t kMostPartitions = 256;
constexpr size_t kTaskRows = size_t{1} << 16;
// Places for each row of the build side, and how many there may be in any case.
constexpr size_t kPlacesPerRow = 4;
constexpr size_t kFewPlaces = size_t{1} << 16;

}  // namespace

void JoinTable::build(Workers& workers, const Array<uint64_t>& words, size_t rows, const Matches& matches) {
  if (keys_.words() != 1 || !build_places(workers, words, rows, matches)) build_tables(workers, words, rows, matches);
}

// False if the keys lie too far apart.
bool JoinTable::build_places(Workers& workers, const Array<uint64_t>& words, size_t rows, const Matches& matches) {
  struct Bounds {
    uint64_t low = UINT64_MAX, high = 0;
    bool left_out = false;
  };
  std::vector<Bounds> bounds(workers.count());
  Array<uint8_t> matching(rows);
  workers.for_each((rows + kTaskRows - 1) / kTaskRows, [&](size_t worker, size_t task) {
    Bounds& seen = bounds[worker];
    for (size_t row = task * kTaskRows; row < std::min(rows, (task + 1) * kTaskRows); ++row) {
      matching[row] = matches(&words[row]);
      if (matching[row] != 0) {
        seen.low = std::min(seen.low, words[row]);
        seen.high = std::max(seen.high, words[row]);
      } else {
        seen.left_out = true;
      }
    }
  });
  Bounds all;
  for (const Bounds& some : bounds) {
    all.low = std::min(all.low, some.low);
    all.high = std::max(all.high, some.high);
    all.left_out = all.left_out || some.left_out;
  }
  if (all.low > all.high || all.high - all.low >= std::max(kFewPlaces, rows * kPlacesPerRow)) return false;
  places_ = true;
  low_ = all.low;
  high_ = all.high;
  left_out_ = all.left_out;
  size_t places = high_ - low_ + 1;
  row_of_ = Array<uint32_t>(places, GroupTable::kAbsent);
  unique_ = true;
  auto each_row = [&](const auto& visit) {
    for (size_t row = 0; row < rows; ++row) {
      if (row % kTaskRows == 0) workers.cancellation().check();
      if (matching[row] != 0) visit(static_cast<uint32_t>(row), words[row] - low_);
    }
  };
  each_row([&](uint32_t row, uint64_t place) {
    unique_ = unique_ && row_of_[place] == GroupTable::kAbsent;
    row_of_[place] = row;
  });
  if (unique_) return true;
  row_of_ = {};
  begins_ = Array<uint32_t>(places + 1, 0);
  each_row([&](uint32_t, uint64_t place) { ++begins_[place]; });
  uint32_t next = 0;
  for (size_t place = 0; place < places; ++place) next += std::exchange(begins_[place], next);
  begins_[places] = next;
  rows_.resize(next);
  each_row([&](uint32_t row, uint64_t place) { rows_[begins_[place]++] = row; });
  for (size_t place = places; place > 0; --place) begins_[place] = begins_[place - 1];
  begins_[0] = 0;
  return true;
}

void JoinTable::build_tables(Workers& workers, const Array<uint64_t>& words, size_t rows, const Matches& matches) {
  size_t partitions = 1;
  while (partitions < kMostPartitions && rows / partitions > kPartitionRows) partitions *= 2;
  tables_.clear();
  const size_t width = keys_.words();
  for (size_t p = 0; p < partitions; ++p) tables_.emplace_back(width);

  // Rows by partition, in their order.
  size_t tasks = (rows + kTaskRows - 1) / kTaskRows;
  std::vector<std::vector<uint32_t>> counts(tasks, std::vector<uint32_t>(partitions));
  auto task_rows = [&](size_t task) { return std::pair(task * kTaskRows, std::min(rows, (task + 1) * kTaskRows)); };
  Array<uint64_t> hashes(rows);
  workers.for_each(tasks, [&](size_t, size_t task) {
    auto [begin, end] = task_rows(task);
    keys_.hash(words.data() + begin * width, end - begin, hashes.data() + begin);
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
      some_keys.resize(count * width);
      some_hashes.resize(count);
      for (size_t i = 0; i < count; ++i) {
        size_t row = order[from + i];
        for (size_t w = 0; w < width; ++w) some_keys[i * width + w] = words[row * width + w];
        some_hashes[i] = hashes[row];
      }
      tables_[p].find_or_add(some_keys.data(), some_hashes.data(), count, numbers.data() + from);
    }
    ends[p] = Array<uint32_t>(tables_[p].size(), 0);
    for (size_t i = begin; i < end; ++i) ++ends[p][numbers[i]];
    for (size_t number = 0; number < ends[p].size(); ++number) {
      if (matches(tables_[p].keys() + number * width)) continue;
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
  unique_ = std::all_of(ends.begin(), ends.end(), [](const auto& some) {
    return std::all_of(some.begin(), some.end(), [](uint32_t n) { return n <= 1; });
  });
  workers.for_each(partitions, [&](size_t, size_t p) {
    Array<uint32_t> places;
    places.append(begins_.data() + first_[p], ends[p].size());
    for (size_t i = starts[p]; i < starts[p + 1]; ++i) {
      if (ends[p][numbers[i]] != 0) rows_[places[numbers[i]]++] = order[i];
    }
  });
  if (!unique_) return;
  row_of_.resize(first_.back());
  for (size_t number = 0; number < row_of_.size(); ++number)
    row_of_[number] = begins_[number] == begins_[number + 1] ? GroupTable::kAbsent : rows_[begins_[number]];
  begins_ = {};
  rows_ = {};
}

void JoinTable::find(const uint64_t* words, size_t rows, uint32_t* numbers) const {
  if (places_) {
    const uint64_t last = high_ - low_;
    for (size_t i = 0; i < rows; ++i) {
      uint64_t place = words[i] - low_;
      if (place > last) {
        numbers[i] = GroupTable::kAbsent;
      } else if (unique_) {
        numbers[i] = row_of_[place];
      } else {
        numbers[i] = begins_[place] == begins_[place + 1] ? GroupTable::kAbsent : static_cast<uint32_t>(place);
      }
    }
    return;
  }
  find_hashed(words, rows, numbers);
  for (size_t i = 0; i < rows; ++i) {
    if (numbers[i] == GroupTable::kAbsent) continue;
    if (unique_) {
      numbers[i] = row_of_[numbers[i]];
    } else if (begins_[numbers[i]] == begins_[numbers[i] + 1]) {
      numbers[i] = GroupTable::kAbsent;
    }
  }
}

// Numbers of keys, also of those that were left out.
void JoinTable::find_hashed(const uint64_t* words, size_t rows, uint32_t* numbers) const {
  Array<uint64_t> hashes(rows);
  keys_.hash(words, rows, hashes.data());
  if (tables_.size() == 1) return tables_[0].find(words, hashes.data(), rows, numbers);
  // Rows of one partition after the other: each table's `find` then hides its misses.
  const size_t width = keys_.words();
  std::vector<uint32_t> starts(tables_.size() + 1);
  for (size_t row = 0; row < rows; ++row) ++starts[partition_of(hashes[row]) + 1];
  for (size_t p = 0; p < tables_.size(); ++p) starts[p + 1] += starts[p];
  std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
  Array<uint32_t> order(rows), found(rows);
  Array<uint64_t> some_keys(rows * width), some_hashes(rows);
  for (size_t row = 0; row < rows; ++row) {
    uint32_t place = next[partition_of(hashes[row])]++;
    order[place] = static_cast<uint32_t>(row);
    some_hashes[place] = hashes[row];
    for (size_t w = 0; w < width; ++w) some_keys[place * width + w] = words[row * width + w];
  }
  for (size_t p = 0; p < tables_.size(); ++p) {
    uint32_t begin = starts[p], count = starts[p + 1] - begin;
    if (count != 0)
      tables_[p].find(some_keys.data() + begin * width, some_hashes.data() + begin, count, found.data() + begin);
    for (uint32_t i = begin; i < begin + count; ++i)
      numbers[order[i]] = found[i] == GroupTable::kAbsent ? found[i] : found[i] + first_[p];
  }
}

}  // namespace segue::engine

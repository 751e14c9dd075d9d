#include "engine/partition_rows.h"

#include <algorithm>
#include <atomic>

#include "base/limits.h"
#include "engine/keys.h"

namespace segue::engine {
namespace {

constexpr size_t kTaskRows = size_t{1} << 16;
constexpr size_t kBuckets = 256;           // of the hash path, by the top bits of the hash
constexpr size_t kDirectCodes = 1 << 16;   // a text key with fewer codes is its own partition number
constexpr size_t kLongRun = 64;            // rows in a run of equal keys, on average, from which on rows stay where they are stored

}  // namespace

PartitionRows::PartitionRows(const std::vector<Type>& types, std::vector<size_t> keys, std::vector<SortColumn> order, size_t workers)
    : keys_(std::move(keys)), order_(std::move(order)), types_(types), store_(std::make_unique<RowStore>(types, workers)), scratch_(workers) {}

// First partition of each task of about `rows` rows, and the end.
std::vector<size_t> PartitionRows::partition_tasks(size_t rows) const {
  std::vector<size_t> tasks = {0};
  size_t filled = 0;
  for (size_t i = 0; i < partitions(); ++i) {
    filled += begins_[i + 1] - begins_[i];
    if (filled >= rows || i + 1 == partitions()) {
      tasks.push_back(i + 1);
      filled = 0;
    }
  }
  return tasks;
}

void PartitionRows::finish(Workers& workers) {
  std::shared_ptr<Dictionary> dictionary = keys_.size() == 1 ? store_->dictionary(keys_[0]) : nullptr;
  if (keys_.empty() || (dictionary && dictionary->size() < kDirectCodes)) {
    ScatterPlan plan;
    plan.segments = store_->segments();
    if (!keys_.empty()) {
      plan.numbers = dictionary->size() + size_t{1};
      plan.code_column = keys_[0];
      plan.leave_out = keys_[0];
      plan.by_appearance = true;
      key_dictionary_ = dictionary;
      if (find_runs(workers)) {
        tasks_ = partition_tasks(kTaskRows);
        return;
      }
    }
    rows_ = scatter(workers, *store_, plan);
    codes_ = rows_->order();
    begins_ = rows_->begins();
    if (rows_->rows() == 0) begins_ = {0};
  } else {
    by_hash(workers);
  }
  store_.reset();
  sort_partitions(workers);
  tasks_ = partition_tasks(kTaskRows);
}

// Looks where runs of equal key codes lie; false, and nothing done, if they are short.
bool PartitionRows::find_runs(Workers& workers) {
  struct Found {
    uint32_t code;
    StoredRun run;
  };
  segments_ = store_->segments();
  std::vector<std::vector<Found>> found(segments_.size());
  std::atomic<size_t> count{0};
  size_t most = store_->rows() / kLongRun;
  workers.for_each(segments_.size(), [&](size_t, size_t s) {
    if (count > most) return;
    const auto* codes = segments_[s].values<uint32_t>(keys_[0]);
    auto rows = static_cast<uint32_t>(segments_[s].rows);
    for (uint32_t begin = 0, end = 0; begin < rows; begin = end) {
      while (end < rows && codes[end] == codes[begin]) ++end;
      found[s].push_back({codes[begin], {static_cast<uint32_t>(s), begin, end - begin}});
    }
    count += found[s].size();
  });
  if (count > most) {
    segments_.clear();
    return false;
  }
  constexpr uint32_t kNone = ~uint32_t{0};
  std::vector<uint32_t> partition_of(key_dictionary_->size() + size_t{1}, kNone);
  std::vector<size_t> runs, rows;  // by partition
  for (const auto& some : found) {
    for (const auto& [code, run] : some) {
      uint32_t& partition = partition_of[code];
      if (partition == kNone) {
        partition = static_cast<uint32_t>(codes_.size());
        codes_.push_back(code);
        runs.push_back(0);
        rows.push_back(0);
      }
      ++runs[partition];
      rows[partition] += run.rows;
    }
  }
  begins_ = run_begins_ = {0};
  for (size_t partition = 0; partition < codes_.size(); ++partition) {
    begins_.push_back(begins_.back() + rows[partition]);
    run_begins_.push_back(run_begins_.back() + runs[partition]);
  }
  runs_.resize(run_begins_.back());
  std::vector<size_t> next = run_begins_;
  for (const auto& some : found) {
    for (const auto& [code, run] : some) runs_[next[partition_of[code]]++] = run;
  }
  return true;
}

void PartitionRows::by_hash(Workers& workers) {
  std::vector<Type> types;
  for (size_t key : keys_) types.push_back(store_->types()[key]);
  Keys keys(types, workers.count());
  ScatterPlan plan;
  plan.segments = store_->segments();
  plan.numbers = kBuckets;
  plan.bytes.resize(plan.segments.size());
  workers.for_each(plan.segments.size(), [&](size_t worker, size_t s) {
    const auto& segment = plan.segments[s];
    std::vector<Column> columns;
    for (size_t key : keys_) columns.push_back(store_->view(segment, key, nullptr));
    Array<uint64_t> words, hashes;
    keys.encode(worker, columns, segment.rows, words);
    keys.hash(words.data(), segment.rows, hashes);
    plan.bytes[s].resize(segment.rows);
    for (size_t row = 0; row < segment.rows; ++row) plan.bytes[s][row] = static_cast<uint8_t>(hashes[row] >> 56);
  });
  rows_ = scatter(workers, *store_, plan);
  const auto& buckets = rows_->begins();
  std::vector<std::vector<size_t>> begins(kBuckets);
  workers.for_each(kBuckets, [&](size_t worker, size_t bucket) {
    if (buckets[bucket] < buckets[bucket + 1]) group_bucket(worker, buckets[bucket], buckets[bucket + 1], keys, begins[bucket]);
  });
  for (const auto& some : begins) begins_.insert(begins_.end(), some.begin(), some.end());
  begins_.push_back(rows_->rows());
}

// The key that is not stored, for partitions [first, last).
Column PartitionRows::key_column(size_t first, size_t last) const {
  Column key;
  key.type = types_[keys_[0]];
  key.dictionary = key_dictionary_;
  if (last - first == 1) {
    auto code = std::make_shared<uint32_t>(key_code(first));
    key.values = code.get();
    key.stride = 0;
    key.owner = std::move(code);
    return key;
  }
  Array<uint32_t> codes(begins_[last] - begins_[first]);
  for (size_t i = first; i < last; ++i) {
    std::fill(codes.begin() + (begins_[i] - begins_[first]), codes.begin() + (begins_[i + 1] - begins_[first]), key_code(i));
  }
  auto owner = share(std::move(codes));
  key.values = owner->data();
  key.owner = std::move(owner);
  return key;
}

void PartitionRows::emit_range(size_t worker, size_t task, size_t first, size_t last, const std::function<void(Batch&&)>& emit) {
  size_t begin = begins_[first];
  std::shared_ptr<ScatteredRows> rows = rows_;
  size_t offset = begin;  // of the partition's first row in rows
  if (!rows) {
    rows = copy_runs(*store_, segments_, std::span(runs_).subspan(run_begins_[first], run_begins_[last] - run_begins_[first]), keys_[0]);
    offset = 0;
    for (size_t i = first; i < last; ++i) sort_partition(*rows, begins_[i] - begin, begins_[i + 1] - begin, scratch_[worker]);
  }
  Batch batch;
  batch.rows = begins_[last] - begin;
  batch.sequence = task;
  for (size_t i = first; i < last; ++i) batch.partitions.push_back(static_cast<uint32_t>(begins_[i] - begin));
  for (size_t c = 0; c < types_.size(); ++c) batch.columns.push_back(rows->present(c) ? rows->view(c, offset, rows) : key_column(first, last));
  emit(std::move(batch));
}

void PartitionRows::run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) {
  auto kept = [this](size_t i) { return kept_.empty() || kept_[i]; };
  for (size_t i = tasks_[task]; i < tasks_[task + 1];) {
    if (!kept(i)) {
      ++i;
      continue;
    }
    size_t first = i++;
    while (i < tasks_[task + 1] && kept(i) && begins_[i + 1] - begins_[first] <= limits::kBatchRows) ++i;
    emit_range(worker, task, first, i, emit);
  }
}

}  // namespace segue::engine

#include "engine/partition_rows.h"

#include <algorithm>
#include <atomic>

#include "base/limits.h"
#include "engine/expressions/gather.h"
#include "engine/group_table.h"
#include "engine/keys.h"
#include "engine/stages.h"

namespace segue::engine {
namespace {

constexpr size_t kTaskRows = size_t{1} << 16;
constexpr size_t kBuckets = 256;          // of the hash path, by the top bits of the hash
constexpr size_t kDirectCodes = 1 << 16;  // a text key with fewer codes is its own partition number
constexpr size_t kLongRun =
    64;  // rows in a run of equal keys, on average, from which on rows stay where they are stored

// Sets changes[i] where row i has another value than the row before.
void mark_changes(const RowStore::Segment& segment, size_t column, Array<uint8_t>& changes) {
  segment.visit_stored(column, [&](const auto* values) {
    for (size_t i = 1; i < segment.rows; ++i) changes[i] |= values[i] != values[i - 1];
  });
  if (const uint8_t* valid = segment.valid(column)) {
    for (size_t i = 1; i < segment.rows; ++i) changes[i] |= valid[i] != valid[i - 1];
  }
}

// The same of rows that are not stored yet.
void mark_changes(const Column& column, Array<uint8_t>& changes) {
  if (column.constant()) return;
  if (column.type.text() && !column.coded()) {
    for (size_t i = 1; i < changes.size(); ++i) {
      bool valid = column.is_valid(i);
      changes[i] |= valid != column.is_valid(i - 1) || (valid && column.text(i) != column.text(i - 1));
    }
    return;
  }
  with_width(stored_bytes(column.type), [&](auto width) {
    const auto* values = column.as<decltype(width)>();
    for (size_t i = 1; i < changes.size(); ++i) changes[i] |= values[i] != values[i - 1];
  });
  if (column.valid != nullptr) {
    for (size_t i = 1; i < changes.size(); ++i) changes[i] |= column.valid[i] != column.valid[i - 1];
  }
}

}  // namespace

PartitionRows::PartitionRows(const std::vector<Type>& types, std::vector<size_t> keys, std::vector<SortColumn> order,
                             std::optional<size_t> most, size_t workers)
    : keys_(std::move(keys)),
      order_(std::move(order)),
      most_(most),
      types_(types),
      store_(std::make_unique<RowStore>(types, workers)),
      scratch_(workers) {}

void PartitionRows::consume(size_t worker, Batch batch) {
  store_->append(worker, most_ && !order_.empty() ? drop_hopeless(batch) : batch);
}

// The batch without rows that neighbours of the same partition leave no place for.
Batch PartitionRows::drop_hopeless(const Batch& batch) const {
  Array<uint8_t> changes(batch.rows, 0);
  changes[0] = 1;
  for (size_t key : keys_) mark_changes(batch.columns[key], changes);
  std::vector<OrderColumn> columns;
  for (const SortColumn& order : order_)
    columns.push_back({batch.columns[order.column], order.descending, order.nulls_first});
  SelectFirst select(columns, batch.rows);
  std::vector<OrderEntry> entries;
  Array<uint32_t> kept;
  for (size_t begin = 0, end = 0; begin < batch.rows; begin = end) {
    entries.clear();
    for (end = begin; end < batch.rows && (end == begin || !changes[end]); ++end)
      entries.push_back({0, static_cast<uint32_t>(end)});
    if (entries.size() > *most_) {
      select(entries, *most_);
      entries.resize(*most_);
      std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    }
    for (const OrderEntry& entry : entries) kept.push_back(entry.row);
  }
  return kept.size() == batch.rows ? batch : pick_rows(batch, {kept.data(), kept.size()});
}

// The first rows of each partition of a batch.
Batch PartitionRows::first_rows(const Batch& batch) const {
  Array<uint32_t> kept;
  for (size_t i = 0; i < batch.partitions.size(); ++i) {
    size_t begin = batch.partitions[i], end = i + 1 < batch.partitions.size() ? batch.partitions[i + 1] : batch.rows;
    for (size_t row = begin; row < std::min(end, begin + *most_); ++row) kept.push_back(static_cast<uint32_t>(row));
  }
  return kept.size() == batch.rows ? batch : pick_rows(batch, {kept.data(), kept.size()});
}

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
  if (!keys_.empty() && find_runs(workers)) {
    tasks_ = partition_tasks(kTaskRows);
    return;
  }
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
    }
    rows_ = scatter(workers, *store_, plan);
    codes_ = rows_->order();
    begins_ = rows_->begins();
    if (rows_->rows() == 0) begins_ = {0};
    sort_small_partitions(workers);
  } else {
    by_hash(workers);
  }
  store_.reset();
  sort_large_partitions(workers);
  tasks_ = partition_tasks(kTaskRows);
}

// Looks where runs of equal keys lie; false, and nothing done, if they are short.
bool PartitionRows::find_runs(Workers& workers) {
  std::vector<Type> types;
  for (size_t key : keys_) types.push_back(types_[key]);
  Keys keys(types, workers.count());
  struct Found {
    std::vector<StoredRun> runs;
    Array<uint64_t> words, hashes;  // of their keys
  };
  segments_ = store_->segments();
  std::vector<Found> found(segments_.size());
  std::atomic<size_t> count{0};
  size_t most = store_->rows() / kLongRun;
  workers.for_each(segments_.size(), [&](size_t worker, size_t s) {
    if (count > most) return;
    const auto& segment = segments_[s];
    Array<uint8_t> changes(segment.rows, 0);
    for (size_t key : keys_) mark_changes(segment, key, changes);
    changes[0] = 1;
    Array<uint32_t> heads;
    for (size_t i = 0; i < segment.rows; ++i) {
      if (changes[i]) heads.push_back(static_cast<uint32_t>(i));
    }
    if ((count += heads.size()) > most) return;
    std::vector<Column> columns;
    for (size_t key : keys_) columns.push_back(gather(store_->column(segment, key), {heads.data(), heads.size()}));
    keys.encode(worker, columns, heads.size(), found[s].words);
    keys.hash(found[s].words.data(), heads.size(), found[s].hashes);
    for (size_t i = 0; i < heads.size(); ++i) {
      size_t end = i + 1 < heads.size() ? heads[i + 1] : segment.rows;
      found[s].runs.push_back({static_cast<uint32_t>(s), heads[i], static_cast<uint32_t>(end - heads[i])});
    }
  });
  if (count > most) {
    segments_.clear();
    return false;
  }
  if (keys_.size() == 1) key_dictionary_ = store_->dictionary(keys_[0]);
  GroupTable table(keys.words());
  std::vector<std::vector<uint32_t>> numbers;  // of the partitions, by run
  std::vector<size_t> runs, rows;              // by partition
  for (const Found& some : found) {
    Array<uint32_t> numbered(some.runs.size());
    table.find_or_add(some.words.data(), some.hashes.data(), some.runs.size(), numbered.data());
    numbers.emplace_back(numbered.begin(), numbered.end());
    runs.resize(table.size());
    rows.resize(table.size());
    for (size_t i = 0; i < some.runs.size(); ++i) {
      const StoredRun& run = some.runs[i];
      if (runs[numbered[i]]++ == 0 && key_dictionary_)
        codes_.push_back(segments_[run.segment].read_one<uint32_t>(keys_[0], run.begin));
      rows[numbered[i]] += run.rows;
    }
  }
  begins_ = run_begins_ = {0};
  for (size_t partition = 0; partition < runs.size(); ++partition) {
    begins_.push_back(begins_.back() + rows[partition]);
    run_begins_.push_back(run_begins_.back() + runs[partition]);
  }
  runs_.resize(run_begins_.back());
  std::vector<size_t> next = run_begins_;
  for (size_t s = 0; s < found.size(); ++s) {
    for (size_t i = 0; i < found[s].runs.size(); ++i) runs_[next[numbers[s][i]]++] = found[s].runs[i];
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
    for (size_t key : keys_) columns.push_back(store_->column(segment, key));
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
    if (buckets[bucket] < buckets[bucket + 1])
      group_bucket(worker, buckets[bucket], buckets[bucket + 1], keys, begins[bucket]);
  });
  for (const auto& some : begins) begins_.insert(begins_.end(), some.begin(), some.end());
  begins_.push_back(rows_->rows());
}

// A key whose code says it all is not copied.
std::optional<size_t> PartitionRows::left_out() const {
  return key_dictionary_ ? std::optional(keys_[0]) : std::nullopt;
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
    std::fill(codes.begin() + (begins_[i] - begins_[first]), codes.begin() + (begins_[i + 1] - begins_[first]),
              key_code(i));
  }
  auto owner = share(std::move(codes));
  key.values = owner->data();
  key.owner = std::move(owner);
  return key;
}

void PartitionRows::emit_range(size_t worker, size_t task, size_t first, size_t last,
                               const std::function<void(Batch&&)>& emit) {
  size_t begin = begins_[first];
  std::shared_ptr<ScatteredRows> rows = rows_;
  size_t offset = begin;  // of the partition's first row in rows
  if (!rows) {
    rows = copy_runs(*store_, segments_,
                     std::span(runs_).subspan(run_begins_[first], run_begins_[last] - run_begins_[first]), left_out());
    offset = 0;
    for (size_t i = first; i < last; ++i)
      sort_partition(*rows, begins_[i] - begin, begins_[i + 1] - begin, scratch_[worker]);
  }
  Batch batch;
  batch.rows = begins_[last] - begin;
  batch.sequence = task;
  for (size_t i = first; i < last; ++i) batch.partitions.push_back(static_cast<uint32_t>(begins_[i] - begin));
  for (size_t c = 0; c < types_.size(); ++c)
    batch.columns.push_back(rows->present(c) ? rows->view(c, offset, rows) : key_column(first, last));
  if (most_) batch = first_rows(batch);
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

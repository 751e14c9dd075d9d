#include "engine/hash_aggregate.h"

#include <algorithm>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kEarlyGroups = size_t{1} << 14;    // a table with more groups is emptied: it would leave the cache
constexpr size_t kSampleRows = size_t{1} << 14;     // after so many rows a worker looks whether aggregating early pays
constexpr size_t kPartitionRows = size_t{1} << 15;  // stored rows a radix partition, about
constexpr size_t kMostPartitions = 256;
constexpr size_t kPieceRows = size_t{1} << 16;  // of a partition that are put together at a time

std::vector<Type> types(const std::vector<plan::ExpressionPtr>& expressions) {
  std::vector<Type> result;
  for (const auto& expression : expressions) result.push_back(expression->type);
  return result;
}

std::vector<size_t> columns_read(const AggregateCalls& calls, size_t width) {
  std::vector<bool> used(width);
  for (const auto& input : calls.inputs()) plan::mark_columns(*input, used);
  std::vector<size_t> columns;
  for (size_t i = 0; i < width; ++i) {
    if (used[i]) columns.push_back(i);
  }
  return columns;
}

Column word_column(const Array<uint64_t>& words, size_t word, size_t stride, size_t rows, Array<uint64_t>& scratch) {
  Column column;
  column.type = TypeId::kBigint;
  column.values = words.data();
  if (stride == 1) return column;
  scratch.resize(rows);
  for (size_t i = 0; i < rows; ++i) scratch[i] = words[i * stride + word];
  column.values = scratch.data();
  return column;
}

}  // namespace

HashAggregate::HashAggregate(const plan::Aggregate& node, const std::vector<Field>& input, size_t workers)
    : group_types_(types(node.groups)),
      calls_(node.calls),
      group_evaluator_(node.groups),
      kept_(columns_read(calls_, input.size())),
      keys_(group_types_, workers),
      workers_(workers) {
  std::vector<plan::ExpressionPtr> moved(input.size());
  std::vector<Type> raw(keys_.words(), TypeId::kBigint), partial = raw;
  for (size_t i = 0; i < kept_.size(); ++i) {
    moved[kept_[i]] = plan::make_column(i, input[kept_[i]].type);
    raw.push_back(input[kept_[i]].type);
  }
  std::vector<plan::ExpressionPtr> over_store;
  for (const auto& expression : calls_.inputs()) over_store.push_back(plan::replace_columns(expression, moved));
  from_batch_ = std::make_unique<Evaluator>(calls_.inputs());
  from_store_ = std::make_unique<Evaluator>(over_store);
  partial.insert(partial.end(), calls_.partial_types().begin(), calls_.partial_types().end());
  raw_ = std::make_unique<RowStore>(raw, workers);
  if (calls_.splittable()) partial_ = std::make_unique<RowStore>(partial, workers);
  for (auto& worker : workers_) {
    worker.early = calls_.splittable();
    worker.groups = std::make_unique<GroupStates>(calls_);
    worker.table = GroupTable(keys_.words());
  }
}

void HashAggregate::consume(size_t worker_index, Batch batch) {
  Worker& worker = workers_[worker_index];
  std::vector<Column> groups = group_evaluator_.evaluate(batch, worker.group_state);
  keys_.encode(worker_index, groups, batch.rows, worker.words);
  if (!worker.early) return store_rows(worker_index, batch);
  if (worker.rows == 0) {
    worker.table.reset(0);
    worker.groups->reset();
  }
  keys_.hash(worker.words.data(), batch.rows, worker.hashes);
  worker.numbers.resize(batch.rows);
  worker.table.find_or_add(worker.words.data(), worker.hashes.data(), batch.rows, worker.numbers.data());
  std::vector<Column> inputs = from_batch_->evaluate(batch, worker.input_state);
  worker.groups->update(inputs, worker.numbers.data(), batch.rows, worker.table.size());
  worker.rows += batch.rows;
  size_t seen = worker.flushed_rows + worker.rows, groups_seen = worker.flushed_groups + worker.table.size();
  if (seen >= kSampleRows && groups_seen > seen / 3 && !calls_.order_sensitive()) {
    worker.early = false;
    flush(worker_index, batch.sequence);
  } else if (worker.table.size() > kEarlyGroups) {
    flush(worker_index, batch.sequence);
  }
}

void HashAggregate::end_task(size_t worker, uint64_t sequence) {
  if (workers_[worker].early) flush(worker, sequence);
}

void HashAggregate::store_rows(size_t worker_index, const Batch& batch) {
  Worker& worker = workers_[worker_index];
  Batch stored;
  stored.rows = batch.rows;
  stored.sequence = batch.sequence;
  std::vector<Array<uint64_t>> scratch(keys_.words());
  for (size_t w = 0; w < keys_.words(); ++w)
    stored.columns.push_back(word_column(worker.words, w, keys_.words(), batch.rows, scratch[w]));
  for (size_t column : kept_) stored.columns.push_back(batch.columns[column]);
  raw_->append(worker_index, stored);
}

void HashAggregate::flush(size_t worker_index, uint64_t sequence) {
  Worker& worker = workers_[worker_index];
  if (worker.rows == 0) return;
  Batch stored;
  stored.rows = worker.table.size();
  stored.sequence = sequence;
  Array<uint64_t> words;
  words.append(worker.table.keys(), worker.table.size() * keys_.words());
  std::vector<Array<uint64_t>> scratch(keys_.words());
  for (size_t w = 0; w < keys_.words(); ++w)
    stored.columns.push_back(word_column(words, w, keys_.words(), stored.rows, scratch[w]));
  for (Column& column : worker.groups->partial(stored.rows)) stored.columns.push_back(std::move(column));
  partial_->append(worker_index, stored);
  worker.flushed_rows += worker.rows;
  worker.flushed_groups += stored.rows;
  worker.rows = 0;
}

ScatterPlan HashAggregate::radix_plan(Workers& workers, const RowStore& store, size_t partitions) const {
  ScatterPlan plan;
  plan.segments = store.segments();
  plan.numbers = partitions;
  if (partitions == 1) return plan;
  plan.bytes.resize(plan.segments.size());
  size_t words = keys_.words();
  workers.for_each(plan.segments.size(), [&](size_t, size_t s) {
    const auto& segment = plan.segments[s];
    Array<uint64_t> keys(segment.rows * words), hashes;
    for (size_t w = 0; w < words; ++w) {
      const auto* from = segment.values<uint64_t>(w);
      for (size_t i = 0; i < segment.rows; ++i) keys[i * words + w] = from[i];
    }
    keys_.hash(keys.data(), segment.rows, hashes);
    plan.bytes[s].resize(segment.rows);
    for (size_t i = 0; i < segment.rows; ++i)
      plan.bytes[s][i] = static_cast<uint8_t>((hashes[i] >> 56) & (partitions - 1));
  });
  return plan;
}

void HashAggregate::finish(Workers& workers) {
  size_t rows = raw_->rows() + (partial_ ? partial_->rows() : 0);
  size_t partitions = 1;
  while (!group_types_.empty() && partitions < kMostPartitions && rows / partitions > kPartitionRows) partitions *= 2;
  auto scattered = [&](std::unique_ptr<RowStore>& store) -> std::shared_ptr<ScatteredRows> {
    if (!store || store->rows() == 0) return nullptr;
    auto result = scatter(workers, *store, radix_plan(workers, *store, partitions));
    store.reset();
    return result;
  };
  auto raw = scattered(raw_);
  auto partial = scattered(partial_);
  results_.resize(partitions);
  workers.for_each(partitions,
                   [&](size_t, size_t partition) { put_together(partition, raw, partial, workers.cancellation()); });
  workers_.clear();
}

void HashAggregate::put_together(size_t partition, const std::shared_ptr<ScatteredRows>& raw,
                                 const std::shared_ptr<ScatteredRows>& partial, const Cancellation& cancellation) {
  GroupStates groups(calls_);
  GroupTable table(keys_.words());
  Evaluator::State state;
  size_t words = keys_.words();
  Array<uint64_t> keys, hashes;
  Array<uint32_t> numbers;
  auto add = [&](const std::shared_ptr<ScatteredRows>& rows, bool merge) {
    if (!rows) return;
    size_t end = rows->begins()[partition + 1];
    if (table.size() == 0) table.reset((end - rows->begins()[partition]) / 4);
    for (size_t begin = rows->begins()[partition]; begin < end; begin += kPieceRows) {
      cancellation.check();
      size_t count = std::min(kPieceRows, end - begin);
      keys.resize(count * words);
      for (size_t w = 0; w < words; ++w) {
        const auto* from = reinterpret_cast<const uint64_t*>(rows->values(w)) + begin;
        for (size_t i = 0; i < count; ++i) keys[i * words + w] = from[i];
      }
      keys_.hash(keys.data(), count, hashes);
      numbers.resize(count);
      table.find_or_add(keys.data(), hashes.data(), count, numbers.data());
      Batch batch;
      batch.rows = count;
      for (size_t c = words; c < rows->types().size(); ++c) batch.columns.push_back(rows->view(c, begin, rows));
      if (merge) {
        groups.merge(batch.columns, numbers.data(), count, table.size());
      } else {
        groups.update(from_store_->evaluate(batch, state), numbers.data(), count, table.size());
      }
    }
  };
  add(partial, true);
  add(raw, false);
  size_t count = group_types_.empty() ? 1 : table.size();
  Batch& result = results_[partition];
  result.rows = count;
  result.columns = keys_.decode(table.keys(), count);
  for (Column& column : groups.finish(count)) result.columns.push_back(std::move(column));
}

void HashAggregate::run(size_t /*worker*/, size_t task, const std::function<void(Batch&&)>& emit) {
  Batch batch = results_[task];
  batch.sequence = task;
  emit(std::move(batch));
}

}  // namespace segue::engine

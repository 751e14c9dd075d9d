#include "engine/hash_aggregate.h"

#include <algorithm>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kEarlyGroups = size_t{1} << 16;  // a table with more groups is emptied: it would leave the cache
constexpr size_t kPieceRows = size_t{1} << 12;    // of a batch that are looked at together: what fits the cache
constexpr double kWorthwhile = 0.5;               // of a full table: aggregating early pays up to so many groups a row
constexpr size_t kTableRows = size_t{1} << 15;    // stored rows that are put together at a time, about

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
  raw_ = std::make_unique<BucketRows>(raw, workers);
  if (calls_.splittable()) partial_ = std::make_unique<BucketRows>(partial, workers);
  for (auto& worker : workers_) {
    worker.early = calls_.splittable();
    worker.groups = std::make_unique<GroupStates>(calls_);
    worker.table = GroupTable(keys_.words());
  }
}

void HashAggregate::consume(size_t worker, Batch batch) {
  for (size_t begin = 0; begin < batch.rows; begin += kPieceRows) {
    Batch piece;
    piece.rows = std::min(kPieceRows, batch.rows - begin);
    piece.sequence = batch.sequence;
    for (const Column& column : batch.columns) piece.columns.push_back(column.slice(begin));
    consume_piece(worker, piece);
  }
}

void HashAggregate::consume_piece(size_t worker_index, const Batch& batch) {
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
  if (worker.table.size() <= kEarlyGroups) return;
  worker.flushed_rows += worker.rows;
  worker.flushed_groups += worker.table.size();
  worker.early = calls_.order_sensitive() ||
                 static_cast<double>(worker.flushed_groups) <= kWorthwhile * static_cast<double>(worker.flushed_rows);
  flush(worker_index, batch.sequence);
}

void HashAggregate::end_task(size_t worker, uint64_t sequence) {
  if (workers_[worker].early) flush(worker, sequence);
  if (!calls_.order_sensitive()) return;
  raw_->flush(worker);
  if (partial_) partial_->flush(worker);
}

void HashAggregate::store_rows(size_t worker_index, const Batch& batch) {
  Worker& worker = workers_[worker_index];
  keys_.hash(worker.words.data(), batch.rows, worker.hashes);
  Batch stored;
  stored.rows = batch.rows;
  stored.sequence = batch.sequence;
  stored.columns = word_columns(std::move(worker.words), batch.rows);
  for (size_t column : kept_) stored.columns.push_back(batch.columns[column]);
  raw_->append(worker_index, std::move(stored), worker.hashes.data());
}

void HashAggregate::flush(size_t worker_index, uint64_t sequence) {
  Worker& worker = workers_[worker_index];
  if (worker.rows == 0) return;
  Batch stored;
  stored.rows = worker.table.size();
  stored.sequence = sequence;
  Array<uint64_t> words;
  words.append(worker.table.keys(), stored.rows * keys_.words());
  stored.columns = word_columns(std::move(words), stored.rows);
  for (Column& column : worker.groups->partial(stored.rows)) stored.columns.push_back(std::move(column));
  partial_->append(worker_index, std::move(stored), worker.table.hashes());
  worker.rows = 0;
}

// Keys word by word.
std::vector<Column> HashAggregate::word_columns(Array<uint64_t> words, size_t rows) const {
  std::vector<Column> columns;
  size_t stride = keys_.words();
  for (size_t w = 0; w < stride; ++w) {
    Array<uint64_t> one(stride == 1 ? 0 : rows);
    for (size_t i = 0; i < one.size(); ++i) one[i] = words[i * stride + w];
    auto owner = share(stride == 1 ? std::move(words) : std::move(one));
    Column column;
    column.type = TypeId::kBigint;
    column.values = owner->data();
    column.owner = std::move(owner);
    columns.push_back(std::move(column));
  }
  return columns;
}

void HashAggregate::finish(Workers& workers) {
  raw_->finish();
  if (partial_) partial_->finish();
  size_t rows = raw_->rows() + (partial_ ? partial_->rows() : 0);
  size_t tables = 1;
  while (!group_types_.empty() && tables < BucketRows::kBuckets && rows / tables > kTableRows) tables *= 2;
  size_t buckets = BucketRows::kBuckets / tables;  // a table
  results_.resize(tables);
  workers.for_each(tables, [&](size_t, size_t table) {
    results_[table] = put_together(table * buckets, (table + 1) * buckets, workers.cancellation());
  });
  raw_.reset();
  partial_.reset();
  workers_.clear();
}

// The groups of buckets [first, last).
Batch HashAggregate::put_together(size_t first, size_t last, const Cancellation& cancellation) {
  GroupStates groups(calls_);
  GroupTable table(keys_.words());
  Evaluator::State state;
  size_t words = keys_.words();
  Array<uint64_t> keys, hashes;
  Array<uint32_t> numbers;
  auto add = [&](const BucketRows& rows, bool merge) {
    rows.read(first, last, [&](const Batch& stored) {
      cancellation.check();
      keys.resize(stored.rows * words);
      for (size_t w = 0; w < words; ++w) {
        const auto* from = stored.columns[w].as<uint64_t>();
        for (size_t i = 0; i < stored.rows; ++i) keys[i * words + w] = from[i];
      }
      keys_.hash(keys.data(), stored.rows, hashes);
      numbers.resize(stored.rows);
      table.find_or_add(keys.data(), hashes.data(), stored.rows, numbers.data());
      Batch batch;
      batch.rows = stored.rows;
      batch.columns.assign(stored.columns.begin() + static_cast<ptrdiff_t>(words), stored.columns.end());
      if (merge) {
        groups.merge(batch.columns, numbers.data(), batch.rows, table.size());
      } else {
        groups.update(from_store_->evaluate(batch, state), numbers.data(), batch.rows, table.size());
      }
    });
  };
  if (partial_) add(*partial_, true);
  add(*raw_, false);
  Batch result;
  result.rows = group_types_.empty() ? 1 : table.size();
  result.columns = keys_.decode(table.keys(), result.rows);
  for (Column& column : groups.finish(result.rows)) result.columns.push_back(std::move(column));
  return result;
}

void HashAggregate::run(size_t /*worker*/, size_t task, const std::function<void(Batch&&)>& emit) {
  Batch batch = results_[task];
  batch.sequence = task;
  emit(std::move(batch));
}

}  // namespace segue::engine

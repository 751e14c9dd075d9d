#include "engine/sort.h"

#include <algorithm>
#include <numeric>

#include "engine/expressions/gather.h"
#include "engine/stages.h"

namespace segue::engine {
namespace {

constexpr size_t kShrinkRows = 8192;            // rows a worker gathers above the limit before it sorts out the best
constexpr size_t kPieceRows = size_t{1} << 16;  // rows of a batch of the result

bool is_column(const plan::Expression& expression) { return expression.kind == plan::Expression::Kind::kColumn; }

// Those keys that are no columns of the node.
std::vector<plan::ExpressionPtr> computed_keys(const plan::Sort& node) {
  std::vector<plan::ExpressionPtr> expressions;
  for (const auto& key : node.keys)
    if (!is_column(*key.expression)) expressions.push_back(key.expression);
  return expressions;
}

// Rows [begin, end) of a batch.
Batch cut(const Batch& batch, size_t begin, size_t end) {
  std::vector<uint32_t> rows(end - begin);
  std::iota(rows.begin(), rows.end(), static_cast<uint32_t>(begin));
  return pick_rows(batch, rows);
}

}  // namespace

SortRows::SortRows(const plan::Sort& node, size_t workers)
    : width_(node.fields.size()),
      limit_(node.limit),
      offset_(node.offset),
      evaluator_(computed_keys(node)),
      workers_(workers) {
  for (const Field& field : node.fields) types_.push_back(field.type);
  for (const auto& key : node.keys) {
    bool column = is_column(*key.expression);
    keys_.push_back({column ? key.expression->column : types_.size(), key.descending, key.nulls_first});
    if (!column) types_.push_back(key.expression->type);
  }
}

size_t SortRows::bytes() const {
  size_t bytes = result_.bytes();
  for (const Worker& worker : workers_) bytes += bytes_of(worker.batches);
  return bytes;
}

std::optional<uint64_t> SortRows::most() const {
  if (!limit_) return std::nullopt;
  return *limit_ > ~uint64_t{0} - offset_ ? ~uint64_t{0} : *limit_ + offset_;
}

std::vector<OrderColumn> SortRows::order_columns(const Batch& batch) const {
  std::vector<OrderColumn> order;
  for (const Key& key : keys_) order.push_back({batch.columns[key.column], key.descending, key.nulls_first});
  return order;
}

Batch SortRows::sorted(const std::vector<Batch>& batches) const {
  Batch all;
  for (const Batch& batch : batches) all.rows += batch.rows;
  all.columns = concat_batches(types_, batches);
  OrderScratch scratch;
  size_t keep = std::min<uint64_t>(all.rows, most().value_or(all.rows));
  switch (sort_rows(order_columns(all), all.rows, scratch)) {
    case Ordered::kAlready: return keep == all.rows ? all : cut(all, 0, keep);
    case Ordered::kReversed:
      scratch.permutation.resize(all.rows);
      for (size_t i = 0; i < all.rows; ++i) scratch.permutation[i] = static_cast<uint32_t>(all.rows - 1 - i);
      break;
    case Ordered::kPermuted: break;
  }
  return pick_rows(all, {scratch.permutation.data(), keep});
}

void SortRows::shrink(Worker& worker) {
  Batch best = sorted(worker.batches);
  worker.rows = best.rows;
  worker.batches.clear();
  if (best.rows != 0 && best.rows == most()) worker.bound = cut(best, best.rows - 1, best.rows);
  worker.batches.push_back(std::move(best));
}

void SortRows::drop_hopeless(const Worker& worker, Batch& batch) const {
  Array<uint32_t> rows;
  for (size_t i = 0; i < batch.rows; ++i) {
    int result = 0;
    for (size_t k = 0; k < keys_.size() && result == 0; ++k) {
      const Column& mine = batch.columns[keys_[k].column];
      const Column& bound = worker.bound->columns[keys_[k].column];
      bool valid = mine.is_valid(i), bound_valid = bound.is_valid(0);
      if (valid && bound_valid) {
        result = compare(mine, i, bound, 0);
        if (keys_[k].descending) result = -result;
      } else if (valid != bound_valid) {
        result = bound_valid == keys_[k].nulls_first ? -1 : 1;
      }
    }
    if (result <= 0) rows.push_back(static_cast<uint32_t>(i));
  }
  if (rows.size() < batch.rows) batch = pick_rows(batch, {rows.data(), rows.size()});
}

void SortRows::consume(size_t worker_index, Batch batch) {
  Worker& worker = workers_[worker_index];
  std::vector<Column> keys = evaluator_.evaluate(batch, worker.state);
  batch.columns.insert(batch.columns.end(), keys.begin(), keys.end());
  if (worker.bound) drop_hopeless(worker, batch);
  if (batch.rows == 0) return;
  worker.rows += batch.rows;
  worker.batches.push_back(std::move(batch));
  if (most() && worker.rows >= kShrinkRows && worker.rows / 2 > *most()) shrink(worker);
}

void SortRows::finish(Workers& workers) {
  std::vector<Batch> all;
  for (auto& worker : workers_) std::move(worker.batches.begin(), worker.batches.end(), std::back_inserter(all));
  workers_.clear();
  std::stable_sort(all.begin(), all.end(), [](const Batch& a, const Batch& b) { return a.sequence < b.sequence; });
  Batch rows;
  for (const Batch& batch : all) rows.rows += batch.rows;
  SEGUE_ASSERT(rows.rows < kNoRow);
  rows.columns = concat_batches(types_, all, workers);
  all.clear();
  Array<uint32_t> order = sort_rows(order_columns(rows), rows.rows, workers);
  rows.columns.resize(width_);
  size_t begin = std::min<uint64_t>(offset_, rows.rows);
  size_t end = std::min<uint64_t>(most().value_or(rows.rows), rows.rows);
  std::vector<Batch> batches((end - begin + kPieceRows - 1) / kPieceRows);
  workers.for_each(batches.size(), [&](size_t, size_t piece) {
    size_t from = begin + piece * kPieceRows;
    batches[piece] = pick_rows(rows, {order.data() + from, std::min(kPieceRows, end - from)});
  });
  result_ = BatchSource(std::move(batches));
}

LimitRows::LimitRows(const plan::Limit& node, size_t workers)
    : limit_(node.limit), offset_(node.offset), rows_(workers), taken_(workers) {}

void LimitRows::consume(size_t worker, Batch batch) {
  if (limit_ && taken_[worker] >= offset_ + *limit_) return;
  taken_[worker] += batch.rows;
  rows_.consume(worker, std::move(batch));
}

void LimitRows::finish(Workers& /*workers*/) {
  std::vector<Batch> kept;
  uint64_t position = 0, end = limit_ ? offset_ + *limit_ : ~uint64_t{0};
  for (Batch& batch : rows_.take()) {
    uint64_t first = std::max(position, offset_), last = std::min(position + batch.rows, end);
    if (first < last)
      kept.push_back(last - first == batch.rows ? std::move(batch) : cut(batch, first - position, last - position));
    position += batch.rows;
  }
  result_ = BatchSource(std::move(kept));
}

}  // namespace segue::engine

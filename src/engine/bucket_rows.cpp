#include "engine/bucket_rows.h"

#include <algorithm>

#include "engine/expressions/gather.h"
#include "engine/operator.h"

namespace segue::engine {
namespace {

constexpr size_t kFlushRows = size_t{1} << 14;  // brought together by bucket at a time: 64 rows of each
constexpr size_t kReadRows = size_t{1} << 14;

}  // namespace

BucketRows::BucketRows(std::vector<Type> types, size_t workers)
    : types_(std::move(types)), store_(types_, workers), workers_(workers), pieces_(workers) {}

void BucketRows::append(size_t worker_index, Batch batch, const uint64_t* hashes) {
  Worker& worker = workers_[worker_index];
  size_t before = worker.buckets.size();
  worker.buckets.resize(before + batch.rows);
  for (size_t i = 0; i < batch.rows; ++i) worker.buckets[before + i] = static_cast<uint8_t>(hashes[i] >> 56);
  worker.batches.push_back(std::move(batch));
  if (worker.buckets.size() >= kFlushRows) flush(worker_index);
}

void BucketRows::flush(size_t worker_index) {
  Worker& worker = workers_[worker_index];
  if (worker.buckets.empty()) return;
  Array<uint32_t> begins(kBuckets + 1, 0);
  for (uint8_t bucket : worker.buckets) ++begins[bucket + 1];
  for (size_t i = 0; i < kBuckets; ++i) begins[i + 1] += begins[i];
  Array<uint32_t> next, order(worker.buckets.size());
  next.append(begins.data(), kBuckets);
  for (size_t row = 0; row < order.size(); ++row) order[next[worker.buckets[row]]++] = static_cast<uint32_t>(row);
  Batch sorted;
  sorted.rows = order.size();
  sorted.sequence = worker.batches.front().sequence;
  for (const Column& column : concat_batches(types_, worker.batches))
    sorted.columns.push_back(gather(column, {order.data(), order.size()}));
  pieces_[worker_index].push_back({store_.append(worker_index, sorted), std::move(begins)});
  worker.batches.clear();
  worker.buckets.clear();
}

void BucketRows::finish() {
  for (size_t i = 0; i < workers_.size(); ++i) flush(i);
  auto& all = pieces_.front();
  for (size_t i = 1; i < pieces_.size(); ++i) std::move(pieces_[i].begin(), pieces_[i].end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(),
                   [](const Piece& a, const Piece& b) { return a.segment.sequence < b.segment.sequence; });
}

void BucketRows::read(size_t first, size_t last, const std::function<void(const Batch&)>& visit) const {
  struct Read {
    std::shared_ptr<Block> values, valid;
  };
  std::vector<Read> reads(types_.size());
  size_t filled = 0, capacity = 0;
  auto hand_on = [&] {
    if (filled == 0) return;
    Batch batch;
    batch.rows = filled;
    for (size_t c = 0; c < types_.size(); ++c) {
      Column column;
      column.type = types_[c];
      column.values = reads[c].values->data();
      if (reads[c].valid) column.valid = reinterpret_cast<const uint8_t*>(reads[c].valid->data());
      column.dictionary = store_.dictionary(c);
      column.owner = std::make_shared<Read>(std::move(reads[c]));
      batch.columns.push_back(std::move(column));
    }
    filled = capacity = 0;
    visit(batch);
  };
  for (const Piece& piece : pieces_.front()) {
    size_t begin = piece.begins[first], rows = piece.begins[last] - begin;
    if (rows == 0) continue;
    if (filled + rows > capacity) {
      hand_on();
      capacity = std::max(kReadRows, rows);
      for (size_t c = 0; c < types_.size(); ++c) {
        reads[c].values = std::make_shared<Block>(capacity * stored_bytes(types_[c]));
        if (store_.has_nulls(c)) reads[c].valid = std::make_shared<Block>(capacity);
      }
    }
    for (size_t c = 0; c < types_.size(); ++c) {
      piece.segment.read(c, begin, rows, reads[c].values->data() + filled * stored_bytes(types_[c]));
      if (reads[c].valid)
        piece.segment.read_valid(c, begin, rows, reinterpret_cast<uint8_t*>(reads[c].valid->data()) + filled);
    }
    filled += rows;
  }
  hand_on();
}

}  // namespace segue::engine

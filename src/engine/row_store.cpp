#include "engine/row_store.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kFirstChunkRows = size_t{1} << 12;
constexpr size_t kChunkBytes =
    size_t{4} << 20;  // in whole huge pages, paddings and all: a byte more would cost another page

constexpr size_t kColumnPadding = 64;  // between columns of a chunk, for loads that read past the end

}  // namespace

size_t stored_bytes(const Type& type) { return type.text() ? sizeof(uint32_t) : value_bytes(type); }

RowStore::RowStore(std::vector<Type> types, size_t workers)
    : types_(std::move(types)), texts_(types_.size()), workers_(workers) {
  for (size_t i = 0; i < types_.size(); ++i) {
    SEGUE_ASSERT(!types_[i].nested());
    if (types_[i].text()) texts_[i] = std::make_unique<TextCodes>(workers);
  }
}

RowStore::Chunk& RowStore::room(Worker& worker, size_t rows) {
  if (!worker.chunks.empty()) {
    Chunk& last = *worker.chunks.back();
    if (last.capacity - last.rows >= rows) return last;
  }
  auto chunk = std::make_unique<Chunk>();
  size_t row_bytes = 0, paddings = types_.size() * kColumnPadding;
  for (const Type& type : types_) row_bytes += stored_bytes(type);
  size_t most = (kChunkBytes - 2 * kPadding - std::min(paddings, kChunkBytes / 2)) / std::max<size_t>(row_bytes, 1);
  chunk->capacity =
      std::max(rows, worker.chunks.empty() ? kFirstChunkRows : std::min(most, worker.chunks.back()->capacity * 4));
  chunk->block = Block(chunk->capacity * row_bytes + paddings);
  chunk->valid.resize(types_.size());
  std::byte* next = chunk->block.data();
  for (const Type& type : types_) {
    chunk->values.push_back(next);
    next += (chunk->capacity * stored_bytes(type) + kColumnPadding) / kColumnPadding * kColumnPadding;
  }
  worker.chunks.push_back(std::move(chunk));
  return *worker.chunks.back();
}

void RowStore::append(size_t worker_index, const Batch& batch) {
  if (batch.rows == 0) return;
  Worker& worker = workers_[worker_index];
  Chunk& chunk = room(worker, batch.rows);
  for (size_t i = 0; i < types_.size(); ++i) {
    const Column& column = batch.columns[i];
    std::byte* values = chunk.values[i] + chunk.rows * stored_bytes(types_[i]);
    if (types_[i].text()) {
      texts_[i]->encode(worker_index, column, batch.rows, reinterpret_cast<uint32_t*>(values));
      continue;
    }
    with_width(stored_bytes(types_[i]), [&](auto width) {
      using T = decltype(width);
      if (column.constant()) {
        T value;
        std::memcpy(&value, column.values, sizeof(T));
        auto* to = reinterpret_cast<T*>(values);
        std::fill(to, to + batch.rows, value);
      } else {
        std::memcpy(values, column.values, batch.rows * sizeof(T));
      }
    });
    if (column.valid == nullptr && chunk.valid[i].data() == nullptr) continue;
    if (chunk.valid[i].data() == nullptr) {
      chunk.valid[i] = Block(chunk.capacity);
      std::memset(chunk.valid[i].data(), 1, chunk.rows);
    }
    auto* valid = reinterpret_cast<uint8_t*>(chunk.valid[i].data()) + chunk.rows;
    if (column.valid == nullptr) {
      std::memset(valid, 1, batch.rows);
    } else if (column.constant()) {
      std::memset(valid, column.valid[0], batch.rows);
    } else {
      std::memcpy(valid, column.valid, batch.rows);
    }
  }
  if (!worker.segments.empty() && worker.segments.back().sequence == batch.sequence &&
      worker.segments.back().chunk == &chunk) {
    worker.segments.back().rows += batch.rows;
  } else {
    worker.segments.push_back({batch.sequence, &chunk, chunk.rows, batch.rows});
  }
  chunk.rows += batch.rows;
}

std::vector<RowStore::Segment> RowStore::segments() const {
  std::vector<Segment> all;
  for (const auto& worker : workers_) all.insert(all.end(), worker.segments.begin(), worker.segments.end());
  std::stable_sort(all.begin(), all.end(), [](const Segment& a, const Segment& b) { return a.sequence < b.sequence; });
  return all;
}

size_t RowStore::rows() const {
  size_t rows = 0;
  for (const auto& worker : workers_) {
    for (const auto& chunk : worker.chunks) rows += chunk->rows;
  }
  return rows;
}

bool RowStore::has_nulls(size_t column) const {
  for (const auto& worker : workers_) {
    for (const auto& chunk : worker.chunks) {
      if (chunk->valid[column].data() != nullptr) return true;
    }
  }
  return false;
}

std::shared_ptr<Dictionary> RowStore::dictionary(size_t column) const {
  return texts_[column] ? texts_[column]->dictionary() : nullptr;
}

Column RowStore::view(const Segment& segment, size_t column, std::shared_ptr<const void> owner) const {
  Column view;
  view.type = types_[column];
  view.values = segment.chunk->values[column] + segment.offset * stored_bytes(types_[column]);
  view.valid = segment.valid(column);
  view.dictionary = dictionary(column);
  view.owner = std::move(owner);
  return view;
}

}  // namespace segue::engine

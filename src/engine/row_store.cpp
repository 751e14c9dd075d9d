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

RowStore::RowStore(std::vector<Type> types, size_t workers)
    : types_(std::move(types)), texts_(types_.size()), workers_(workers) {
  for (size_t i = 0; i < types_.size(); ++i) {
    SEGUE_ASSERT(!types_[i].nested());
    if (types_[i].text()) texts_[i] = std::make_unique<TextCodes>(workers);
  }
  for (Worker& worker : workers_) worker.codes.resize(types_.size());
}

// A chunk with room for rows of these spans. One whose packing is too narrow for them is left for a new one, which then
// takes its spans too: so that few are left.
RowStore::Chunk& RowStore::room(Worker& worker, size_t rows, const std::vector<Span>& spans) const {
  Chunk* last = worker.chunks.empty() ? nullptr : worker.chunks.back().get();
  bool narrow = false;
  if (last != nullptr) {
    for (size_t i = 0; i < types_.size(); ++i) narrow |= !fits(last->columns[i].packing, spans[i]);
    bool room = last->capacity - last->rows >= rows;
    if (room && !narrow) {
      for (size_t i = 0; i < types_.size(); ++i) worker.spans[i] = unite(worker.spans[i], spans[i]);
      return *last;
    }
    narrow &= room;
  }
  memory::Storing storing;
  auto chunk = std::make_unique<Chunk>();
  chunk->columns.resize(types_.size());
  size_t row_bytes = 0, paddings = types_.size() * kColumnPadding;
  std::vector<Span> taken = spans;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (narrow) taken[i] = unite(taken[i], worker.spans[i]);
    chunk->columns[i].packing = packing_for(types_[i], taken[i], last == nullptr ? 0 : last->columns[i].packing.width);
    chunk->columns[i].value_bytes = stored_bytes(types_[i]);
    row_bytes += chunk->columns[i].packing.width;
  }
  size_t most = (kChunkBytes - 2 * kPadding - std::min(paddings, kChunkBytes / 2)) / std::max<size_t>(row_bytes, 1);
  chunk->capacity = std::max(rows, last == nullptr ? kFirstChunkRows : std::min(most, last->capacity * 4));
  chunk->block = Block(chunk->capacity * row_bytes + paddings);
  std::byte* next = chunk->block.data();
  for (Stored& column : chunk->columns) {
    column.values = next;
    next += (chunk->capacity * column.packing.width + kColumnPadding) / kColumnPadding * kColumnPadding;
  }
  worker.spans = std::move(taken);
  worker.chunks.push_back(std::move(chunk));
  return *worker.chunks.back();
}

RowStore::Segment RowStore::append(size_t worker_index, const Batch& batch) {
  if (batch.rows == 0) return {batch.sequence, nullptr, 0, 0};
  Worker& worker = workers_[worker_index];
  std::vector<Span> spans(types_.size());
  std::vector<Column> columns = batch.columns;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (types_[i].text()) {
      worker.codes[i].resize(batch.rows);
      texts_[i]->encode(worker_index, columns[i], batch.rows, worker.codes[i].data());
      columns[i] = Column();
      columns[i].type = types_[i];
      columns[i].values = worker.codes[i].data();
    }
    spans[i] = span_of(columns[i], batch.rows);
  }
  Chunk& chunk = room(worker, batch.rows, spans);
  for (size_t i = 0; i < types_.size(); ++i) {
    Stored& stored = chunk.columns[i];
    const Column& column = columns[i];
    pack(stored.packing, column, batch.rows, stored.values + chunk.rows * stored.packing.width);
    if (column.valid == nullptr && stored.valid.data() == nullptr) continue;
    if (stored.valid.data() == nullptr) {
      stored.valid = Block(chunk.capacity);
      std::memset(stored.valid.data(), 1, chunk.rows);
    }
    auto* valid = reinterpret_cast<uint8_t*>(stored.valid.data()) + chunk.rows;
    if (column.valid == nullptr) {
      std::memset(valid, 1, batch.rows);
    } else if (column.constant()) {
      std::memset(valid, column.valid[0], batch.rows);
    } else {
      std::memcpy(valid, column.valid, batch.rows);
    }
  }
  Segment segment = {batch.sequence, &chunk, chunk.rows, batch.rows};
  chunk.rows += batch.rows;
  if (!worker.segments.empty() && worker.segments.back().sequence == batch.sequence &&
      worker.segments.back().chunk == &chunk) {
    worker.segments.back().rows += batch.rows;
  } else {
    worker.segments.push_back(segment);
  }
  return segment;
}

void RowStore::Segment::read(size_t column, size_t begin, size_t count, std::byte* out) const {
  const Stored& stored = chunk->columns[column];
  unpack(stored.packing, stored.value_bytes, stored.values + (offset + begin) * stored.packing.width, count, out);
}

void RowStore::Segment::read_valid(size_t column, size_t begin, size_t count, uint8_t* out) const {
  if (const uint8_t* bytes = valid(column)) {
    std::memcpy(out, bytes + begin, count);
  } else {
    std::memset(out, 1, count);
  }
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

size_t RowStore::bytes() const {
  size_t bytes = 0;
  for (const auto& worker : workers_) {
    for (const auto& chunk : worker.chunks) bytes += chunk->block.bytes();
  }
  return bytes;
}

bool RowStore::has_nulls(size_t column) const {
  for (const auto& worker : workers_) {
    for (const auto& chunk : worker.chunks) {
      if (chunk->columns[column].valid.data() != nullptr) return true;
    }
  }
  return false;
}

std::shared_ptr<Dictionary> RowStore::dictionary(size_t column) const {
  return texts_[column] ? texts_[column]->dictionary() : nullptr;
}

Column RowStore::column(const Segment& segment, size_t column) const {
  Column result;
  result.type = types_[column];
  result.dictionary = dictionary(column);
  auto values = std::make_shared<Block>(segment.rows * stored_bytes(types_[column]));
  segment.read(column, 0, segment.rows, values->data());
  result.values = values->data();
  if (segment.valid(column) == nullptr) {
    result.owner = std::move(values);
    return result;
  }
  auto valid = std::make_shared<Block>(segment.rows);
  auto* bytes = reinterpret_cast<uint8_t*>(valid->data());
  segment.read_valid(column, 0, segment.rows, bytes);
  result.valid = bytes;
  result.owner =
      std::make_shared<std::pair<std::shared_ptr<Block>, std::shared_ptr<Block>>>(std::move(values), std::move(valid));
  return result;
}

}  // namespace segue::engine

// Rows kept in memory, column by column in large chunks, in an order that does not depend on threads.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"
#include "engine/packing.h"
#include "engine/text_codes.h"

namespace segue::engine {

// Columns of plain values (text as codes of one dictionary a column). append() may be called by different workers at
// the same time; the rest by one thread after that.
class RowStore {
 public:
  // REQUIRES: no type is nested.
  RowStore(std::vector<Type> types, size_t workers);

  struct Stored {
    std::byte* values = nullptr;  // in the chunk's block
    Packing packing;
    size_t value_bytes = 0;  // of a value when it is read
    Block valid;             // empty Block: all are valid (of text always: code 0 is NULL)
  };
  struct Chunk {
    size_t capacity = 0;
    size_t rows = 0;
    Block block;
    std::vector<Stored> columns;
  };
  // Rows that lie together.
  struct Segment {
    uint64_t sequence;
    const Chunk* chunk;
    size_t offset;
    size_t rows;

    // The values of rows [begin, begin + count) to `out`.
    void read(size_t column, size_t begin, size_t count, std::byte* out) const;
    template <class T>
    T read_one(size_t column, size_t row) const {
      T value;
      read(column, row, 1, reinterpret_cast<std::byte*>(&value));
      return value;
    }
    // Whether each is valid, as bytes.
    void read_valid(size_t column, size_t begin, size_t count, uint8_t* out) const;
    // Calls visit(values as they are kept) with a pointer to unsigned integers; they differ where the values do.
    template <class Visit>
    void visit_stored(size_t column, Visit&& visit) const {
      const Stored& stored = chunk->columns[column];
      with_width(stored.packing.width,
                 [&](auto width) { visit(reinterpret_cast<const decltype(width)*>(stored.values) + offset); });
    }
    // Null: all are valid.
    const uint8_t* valid(size_t column) const {
      auto* bytes = reinterpret_cast<const uint8_t*>(chunk->columns[column].valid.data());
      return bytes == nullptr ? nullptr : bytes + offset;
    }
    const Packing& packing(size_t column) const { return chunk->columns[column].packing; }
  };

  // Returns where the rows are now.
  Segment append(size_t worker, const Batch& batch);

  // All rows, by sequence.
  std::vector<Segment> segments() const;
  size_t rows() const;
  size_t bytes() const;
  bool has_nulls(size_t column) const;  // false for text
  const std::vector<Type>& types() const { return types_; }
  std::shared_ptr<Dictionary> dictionary(size_t column) const;

  // A segment's column, which keeps its memory alive by itself.
  Column column(const Segment& segment, size_t column) const;

 private:
  struct Worker {
    std::vector<std::unique_ptr<Chunk>> chunks;
    std::vector<Segment> segments;
    std::vector<Array<uint32_t>> codes;  // of the batch's text columns
    std::vector<Span> spans;             // of the last chunk's columns
  };
  Chunk& room(Worker& worker, size_t rows, const std::vector<Span>& spans) const;

  std::vector<Type> types_;
  std::vector<std::unique_ptr<TextCodes>> texts_;
  std::vector<Worker> workers_;
};

}  // namespace segue::engine

// Rows kept in memory, column by column in large chunks, in an order that does not depend on threads.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"
#include "engine/text_codes.h"

namespace segue::engine {

// Bytes of a stored value: a code for text, else value_bytes. REQUIRES: not nested.
size_t stored_bytes(const Type& type);

// Calls function with a value of the unsigned integer type that is `bytes` wide (Int128 for 16), to choose a loop by
// width.
template <class Function>
void with_width(size_t bytes, Function&& function) {
  switch (bytes) {
    case 1: return function(uint8_t{});
    case 2: return function(uint16_t{});
    case 4: return function(uint32_t{});
    case 8: return function(uint64_t{});
    default: return function(Int128{});
  }
}

// Columns of plain values (text as codes of one dictionary a column). append() may be called by different workers at
// the same time; the rest by one thread after that.
class RowStore {
 public:
  // REQUIRES: no type is nested.
  RowStore(std::vector<Type> types, size_t workers);

  void append(size_t worker, const Batch& batch);

  struct Chunk {
    size_t capacity = 0;
    size_t rows = 0;
    Block block;
    std::vector<std::byte*> values;  // by column, in the block
    std::vector<Block> valid;        // empty Block: all are valid (of text always: code 0 is NULL)
  };
  struct Segment {
    uint64_t sequence;
    Chunk* chunk;
    size_t offset;
    size_t rows;
    template <class T>
    const T* values(size_t column) const {
      return reinterpret_cast<const T*>(chunk->values[column]) + offset;
    }
    // The same as bytes, of values that are `width` bytes wide.
    const std::byte* bytes(size_t column, size_t width) const { return chunk->values[column] + offset * width; }
    const uint8_t* valid(size_t column) const {
      auto* bytes = reinterpret_cast<const uint8_t*>(chunk->valid[column].data());
      return bytes == nullptr ? nullptr : bytes + offset;
    }
  };
  // All rows, by sequence.
  std::vector<Segment> segments() const;
  size_t rows() const;
  bool has_nulls(size_t column) const;  // false for text
  const std::vector<Type>& types() const { return types_; }
  std::shared_ptr<Dictionary> dictionary(size_t column) const;

  // A view of a segment's column; `owner` keeps this store alive.
  Column view(const Segment& segment, size_t column, std::shared_ptr<const void> owner) const;

 private:
  struct Worker {
    std::vector<std::unique_ptr<Chunk>> chunks;
    std::vector<Segment> segments;
  };
  Chunk& room(Worker& worker, size_t rows);

  std::vector<Type> types_;
  std::vector<std::unique_ptr<TextCodes>> texts_;
  std::vector<Worker> workers_;
};

}  // namespace segue::engine

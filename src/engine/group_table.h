// A hash table from keys (Keys' words) to dense numbers 0, 1, 2, … in the order of first appearance.
#pragma once

#include <cstdint>

#include "base/memory.h"

namespace segue::engine {

// Used by one thread. Open addressing, linear probing, at most half full; the slot comes from the low bits of the hash
// (partitions use the high ones).
class GroupTable {
 public:
  explicit GroupTable(size_t words) : words_(words) {}

  // Forgets all keys and makes room for about `expected` of them; memory is kept.
  void reset(size_t expected);

  // numbers[i] = number of key i, added if it is new.
  void find_or_add(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers);

  static constexpr uint32_t kAbsent = ~uint32_t{0};
  // numbers[i] = number of key i, or kAbsent.
  void find(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const;

  size_t size() const { return size_; }
  // size() * words keys, by number.
  const uint64_t* keys() const { return keys_.data(); }
  // size() hashes, by number.
  const uint64_t* hashes() const { return hashes_.data(); }

 private:
  struct Slot {
    uint64_t check;   // the key itself where it is one word, else the hash
    uint32_t number;  // + 1; 0 is empty
    uint32_t unused;
  };
  template <size_t Words>
  bool same(const Slot& slot, const uint64_t* key, uint64_t hash) const;
  template <size_t Words>
  void add_rows(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers);
  template <size_t Words>
  void find_rows(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const;
  void grow(size_t capacity);

  size_t words_;
  size_t size_ = 0;
  uint64_t mask_ = 0;
  Array<Slot> slots_;
  Array<uint64_t> keys_;
  Array<uint64_t> hashes_;
};

}  // namespace segue::engine

// The hash table of a join: keys of the build side to their rows.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/memory.h"
#include "base/workers.h"
#include "engine/group_table.h"

namespace segue::engine {

// Made once by all workers, then read by any thread. Large sides are cut by the high bits of the hash into partitions
// that fit the cache.
class JoinTable {
 public:
  explicit JoinTable(size_t words) : words_(words) {}

  // keys: rows * words; matches(key) is false for keys that nothing matches (their rows are left out). Obeys the
  // workers' cancellation.
  void build(Workers& workers, const Array<uint64_t>& keys, const Array<uint64_t>& hashes,
             const std::function<bool(const uint64_t* key)>& matches);

  // Rows that match a key are rows()[begins()[n] … begins()[n + 1]), ascending, where n is the key's number.
  const Array<uint32_t>& begins() const { return begins_; }
  const Array<uint32_t>& rows() const { return rows_; }
  // numbers[i] = number of key i, or GroupTable::kAbsent if no row matches it.
  void find(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const;
  // True if some key was left out.
  bool left_out() const { return left_out_; }

 private:
  size_t partition_of(uint64_t hash) const { return (hash >> 56) & (tables_.size() - 1); }

  size_t words_;
  std::vector<GroupTable> tables_;  // a power of two of them, at most 256
  std::vector<uint32_t> first_;     // number of each table's first key
  Array<uint32_t> begins_, rows_;
  bool left_out_ = false;
};

}  // namespace segue::engine

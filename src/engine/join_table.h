// The hash table of a join: keys of the build side to their rows.
#pragma once

#include <functional>
#include <vector>

#include "base/memory.h"
#include "base/workers.h"
#include "engine/group_table.h"
#include "engine/keys.h"

namespace segue::engine {

// Made once by all workers, then read by any thread. Where keys are one word each and lie close together (numbers that
// count something, codes of texts), they are places in an array. Else they are hashed; large sides are cut by the high
// bits of the hash into partitions that fit the cache.
class JoinTable {
 public:
  // `keys` outlives the table.
  explicit JoinTable(const Keys& keys) : keys_(keys) {}

  // words: those of `rows` keys; matches(key) is false for keys that nothing matches (their rows are left out). Obeys
  // the workers' cancellation.
  void build(Workers& workers, const Array<uint64_t>& words, size_t rows,
             const std::function<bool(const uint64_t* key)>& matches);

  // No two rows have the same key: then a key's number is its row.
  bool unique() const { return unique_; }
  // Else rows that match a key are rows()[begins()[n] … begins()[n + 1]), ascending, where n is the key's number.
  const Array<uint32_t>& begins() const { return begins_; }
  const Array<uint32_t>& rows() const { return rows_; }
  // numbers[i] = number of key i, or GroupTable::kAbsent if no row matches it.
  void find(const uint64_t* words, size_t rows, uint32_t* numbers) const;
  // True if some key was left out.
  bool left_out() const { return left_out_; }

 private:
  using Matches = std::function<bool(const uint64_t* key)>;
  bool build_places(Workers& workers, const Array<uint64_t>& words, size_t rows, const Matches& matches);
  void build_tables(Workers& workers, const Array<uint64_t>& words, size_t rows, const Matches& matches);
  void find_hashed(const uint64_t* words, size_t rows, uint32_t* numbers) const;
  size_t partition_of(uint64_t hash) const { return (hash >> 56) & (tables_.size() - 1); }

  const Keys& keys_;
  bool unique_ = false;
  // Keys as places: the key `low_ + place`.
  bool places_ = false;
  uint64_t low_ = 0, high_ = 0;
  // Keys that are hashed.
  std::vector<GroupTable> tables_;  // a power of two of them, at most 256
  std::vector<uint32_t> first_;     // number of each table's first key

  Array<uint32_t> begins_, rows_;
  Array<uint32_t> row_of_;  // unique: of a place, or of a key's number among those that are hashed
  bool left_out_ = false;
};

}  // namespace segue::engine

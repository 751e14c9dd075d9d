// Rows stored in buckets by a hash, so that each bucket can be read on its own: the radix partitions of an aggregate.
#pragma once

#include <functional>
#include <vector>

#include "engine/row_store.h"

namespace segue::engine {

// append() and flush() may be called by different workers at the same time, each for itself; then finish() once; then
// read() by many.
class BucketRows {
 public:
  static constexpr size_t kBuckets = 256;

  // REQUIRES: no type is nested.
  BucketRows(std::vector<Type> types, size_t workers);

  // Row i goes to the bucket that the top bits of hashes[i] name. Keeps the batch's columns until they are stored.
  void append(size_t worker, Batch batch, const uint64_t* hashes);
  // Stores what append() keeps. Rows are only ordered by the sequence of their batches if this is called after each.
  void flush(size_t worker);

  // Flushes all workers.
  void finish();
  size_t rows() const { return store_.rows(); }
  size_t bytes() const { return store_.bytes(); }
  // Calls visit with the rows of buckets [first, last), some thousand at a time, by sequence.
  void read(size_t first, size_t last, const std::function<void(const Batch&)>& visit) const;

 private:
  struct Worker {
    std::vector<Batch> batches;  // not stored yet
    Array<uint8_t> buckets;      // of their rows
  };
  // Rows of a segment, bucket by bucket.
  struct Piece {
    RowStore::Segment segment;
    Array<uint32_t> begins;  // and the end
  };

  std::vector<Type> types_;
  RowStore store_;
  std::vector<Worker> workers_;
  std::vector<std::vector<Piece>> pieces_;  // by worker; after finish() all of them by sequence in the first
};

}  // namespace segue::engine

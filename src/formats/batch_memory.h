// Where one worker puts the values of its batches: large blocks cut into pieces, one piece a batch. A block whose
// batches are all gone is used again from its begin, so a consumer that keeps nothing makes the scan stay in the cache,
// and one that keeps all gets huge pages filled to the end.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/memory.h"

namespace segue::formats {

class BatchMemory {
 public:
  // Begins a piece. Every allocate() until finish() comes from it. REQUIRES: they are at most `bytes` in all, each
  // rounded up to 64.
  void begin(size_t bytes) {
    if (slab_ != nullptr && slab_->pieces.load(std::memory_order_acquire) == 0) slab_->used = 0;
    if (slab_ == nullptr || slab_->used + bytes > slab_->block.bytes())
      slab_ = std::make_shared<Slab>(std::max(bytes, kSlabBytes));
  }
  std::byte* allocate(size_t bytes) {
    std::byte* piece = slab_->block.data() + slab_->used;
    slab_->used += (bytes + 63) & ~size_t{63};
    return piece;
  }
  // Takes back what was allocated last, down to here.
  void give_back(std::byte* piece) { slab_->used = static_cast<size_t>(piece - slab_->block.data()); }
  // What keeps the piece alive.
  std::shared_ptr<const void> finish() {
    slab_->pieces.fetch_add(1, std::memory_order_relaxed);
    return {slab_->block.data(), [slab = slab_](const void*) { slab->pieces.fetch_sub(1, std::memory_order_release); }};
  }

 private:
  // Just below a huge page, with the paddings of a Block: one huge page each.
  static constexpr size_t kSlabBytes = (size_t{2} << 20) - 2 * kPadding;

  struct Slab {
    explicit Slab(size_t bytes) : block(bytes) {}
    Block block;
    size_t used = 0;  // by the worker only
    std::atomic<size_t> pieces{0};
  };
  std::shared_ptr<Slab> slab_;
};

}  // namespace segue::formats

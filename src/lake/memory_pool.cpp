#include "lake/memory_pool.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include <arrow/memory_pool.h>
#include <arrow/status.h>

#include "base/error.h"
#include "base/memory.h"

namespace segue::lake {
namespace {

class TableMemory : public arrow::MemoryPool {
 public:
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    if (!large(size, alignment)) return small_->Allocate(size, alignment, out);
    try {
      *out = reinterpret_cast<uint8_t*>(memory::allocate(static_cast<size_t>(size)));
    } catch (const Failure& failure) {
      return arrow::Status::OutOfMemory(failure.what());
    }
    add(size);
    return arrow::Status::OK();
  }

  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** block) override {
    if (!large(old_size, alignment) && !large(new_size, alignment))
      return small_->Reallocate(old_size, new_size, alignment, block);
    uint8_t* bigger = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &bigger));
    std::memcpy(bigger, *block, static_cast<size_t>(std::min(old_size, new_size)));
    Free(*block, old_size, alignment);
    *block = bigger;
    return arrow::Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    if (!large(size, alignment)) return small_->Free(buffer, size, alignment);
    memory::release(reinterpret_cast<std::byte*>(buffer), static_cast<size_t>(size));
    add(-size);
  }

  int64_t bytes_allocated() const override { return bytes_ + small_->bytes_allocated(); }
  int64_t max_memory() const override { return peak_; }
  int64_t total_bytes_allocated() const override { return total_; }
  int64_t num_allocations() const override { return allocations_; }
  std::string backend_name() const override { return "segue"; }

 private:
  // Large blocks are aligned to 64 bytes, which is what Arrow asks for.
  static bool large(int64_t size, int64_t alignment) {
    return size >= static_cast<int64_t>(kLargeBlock) && alignment <= 64;
  }

  void add(int64_t size) {
    int64_t now = bytes_ += size;
    if (size < 0) return;
    total_ += size;
    ++allocations_;
    int64_t peak = peak_;
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) continue;
  }

  arrow::MemoryPool* small_ = arrow::system_memory_pool();
  std::atomic<int64_t> bytes_{0}, peak_{0}, total_{0}, allocations_{0};
};

}  // namespace

arrow::MemoryPool* table_memory() {
  static TableMemory pool;
  return &pool;
}

}  // namespace segue::lake

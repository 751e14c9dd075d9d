#include "base/memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "base/error.h"

namespace segue::memory {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

std::atomic<size_t> used_bytes{0};
std::atomic<size_t> peak_bytes{0};

void count(size_t bytes) {
  size_t now = used_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  size_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

// The bytes mapped for a large block: room for both paddings, in steps that let blocks of like sizes be exchanged (an eighth of the
// next lower power of two, at least one huge page).
size_t region_bytes(size_t bytes) {
  size_t step = std::max(kHugePage, std::bit_floor(bytes) / 8);
  return (bytes + 2 * kPadding + step - 1) / step * step;
}

// Free regions by size. Never destroyed: blocks may be released while the process ends.
struct Regions {
  std::mutex lock;
  std::map<size_t, std::vector<void*>> free;
};

Regions& regions() {
  static auto* instance = new Regions;
  return *instance;
}

std::byte* map_region(size_t bytes) {
  size_t room = bytes + kHugePage;
  void* start = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) fail(ErrorCode::kLimit, "the system gives no more memory", "use --memory or --threads to need less");
  auto begin = reinterpret_cast<uintptr_t>(start);
  uintptr_t aligned = (begin + kHugePage - 1) & ~(kHugePage - 1);
  if (aligned > begin) munmap(start, aligned - begin);
  if (aligned + bytes < begin + room) munmap(reinterpret_cast<void*>(aligned + bytes), begin + room - aligned - bytes);
  madvise(reinterpret_cast<void*>(aligned), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<std::byte*>(aligned);
}

// Unmaps free regions of other sizes, up to `bytes` in all: what the process holds stays near what it uses.
void give_back(size_t bytes) noexcept {
  std::lock_guard guard(regions().lock);
  for (auto& [size, blocks] : regions().free) {
    while (!blocks.empty() && bytes != 0) {
      munmap(blocks.back(), size);
      blocks.pop_back();
      bytes -= std::min(bytes, size);
    }
  }
}

}  // namespace

std::byte* allocate(size_t bytes) {
  if (bytes < kLargeBlock) {
    auto* block = static_cast<std::byte*>(std::malloc(bytes + 2 * kPadding));
    if (block == nullptr) fail(ErrorCode::kLimit, "the system gives no more memory");
    count(bytes);
    return block + kPadding;
  }
  size_t region = region_bytes(bytes);
  std::byte* start = nullptr;
  {
    std::lock_guard guard(regions().lock);
    auto found = regions().free.find(region);
    if (found != regions().free.end() && !found->second.empty()) {
      start = static_cast<std::byte*>(found->second.back());
      found->second.pop_back();
    }
  }
  if (start == nullptr) {
    give_back(region);
    start = map_region(region);
  }
  count(region);
  return start + kPadding;
}

void release(std::byte* block, size_t bytes) noexcept {
  if (bytes < kLargeBlock) {
    used_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    std::free(block - kPadding);
    return;
  }
  size_t region = region_bytes(bytes);
  used_bytes.fetch_sub(region, std::memory_order_relaxed);
  std::lock_guard guard(regions().lock);
  regions().free[region].push_back(block - kPadding);
}

void keep_freed() noexcept {
  mallopt(M_MMAP_THRESHOLD, 4 * kLargeBlock);
  mallopt(M_TRIM_THRESHOLD, 64 * kLargeBlock);
}

void trim() noexcept {
  std::lock_guard guard(regions().lock);
  for (auto& [bytes, blocks] : regions().free) {
    for (void* block : blocks) munmap(block, bytes);
    blocks.clear();
  }
}

size_t used() noexcept { return used_bytes.load(std::memory_order_relaxed); }
size_t peak() noexcept { return peak_bytes.load(std::memory_order_relaxed); }

}  // namespace segue::memory

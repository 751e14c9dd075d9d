#include "base/memory.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/quantity.h"

namespace segue::memory {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

std::atomic<size_t> used_bytes{0};
std::atomic<size_t> peak_bytes{0};
std::atomic<size_t> limit_bytes{0};

// Throws, and counts nothing, past the limit.
void count(size_t bytes) {
  size_t now = used_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  size_t limit = limit_bytes.load(std::memory_order_relaxed);
  if (limit != 0 && now > limit) [[unlikely]] {
    used_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    fail(ErrorCode::kLimit, "this needs more memory than the " + format_bytes(limit) + " that it may use",
         "allow more with --memory, or use fewer --threads");
  }
  size_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

// The bytes mapped for a large block: room for both paddings, in steps that let blocks of like sizes be exchanged (an
// eighth of the next lower power of two, at least one huge page).
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

// Null if the system gives no more.
std::byte* map_region(size_t bytes) {
  size_t room = bytes + kHugePage;
  void* start = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return nullptr;
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
    count(bytes);
    auto* block = static_cast<std::byte*>(std::malloc(bytes + 2 * kPadding));
    if (block != nullptr) return block + kPadding;
    used_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    fail(ErrorCode::kLimit, "the system gives no more memory");
  }
  size_t region = region_bytes(bytes);
  count(region);
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
    if (start == nullptr) {
      used_bytes.fetch_sub(region, std::memory_order_relaxed);
      fail(ErrorCode::kLimit, "the system gives no more memory", "use --memory or --threads to need less");
    }
  }
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

void set_limit(size_t bytes) noexcept { limit_bytes.store(bytes, std::memory_order_relaxed); }

size_t machine_bytes() noexcept {
  size_t bytes = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    size_t limit = 0;
    if (std::FILE* file = std::fopen(path, "r")) {
      if (std::fscanf(file, "%zu", &limit) == 1 && limit != 0) bytes = std::min(bytes, limit);
      std::fclose(file);
    }
  }
  return bytes;
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

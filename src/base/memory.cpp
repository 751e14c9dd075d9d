#include "base/memory.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <fcntl.h>
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
std::atomic<bool> may_spill{false};
thread_local int storing = 0;

// Throws, and counts nothing, past the limit, if nothing can be spilled.
void count(size_t bytes) {
  size_t now = used_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  size_t limit = limit_bytes.load(std::memory_order_relaxed);
  if (limit != 0 && now > limit && !may_spill.load(std::memory_order_relaxed)) [[unlikely]] {
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

// Free regions by size, and those that lie in files. Never destroyed: blocks may be released while the process ends.
struct Regions {
  std::mutex lock;
  std::map<size_t, std::vector<void*>> free;
  size_t free_bytes = 0;
  std::set<void*> spilled;
  size_t spilled_bytes = 0, spilled_peak = 0;
  std::string spill_folder;
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
      regions().free_bytes -= size;
      bytes -= std::min(bytes, size);
    }
  }
}

// Bytes that the process holds beside our blocks: what libraries and small objects take.
size_t other_bytes() {
  size_t pages = 0, resident = 0, shared = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu %zu %zu", &pages, &resident, &shared) != 3) resident = shared = 0;
    std::fclose(file);
  }
  size_t ours = (resident - shared) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return ours - std::min(ours, used_bytes.load(std::memory_order_relaxed));
}

bool past_limit(size_t bytes) {
  size_t limit = limit_bytes.load(std::memory_order_relaxed);
  if (limit == 0 || !may_spill.load(std::memory_order_relaxed)) return false;
  return used_bytes.load(std::memory_order_relaxed) + bytes > (storing != 0 ? limit / 4 * 3 : limit);
}

[[noreturn]] void fail_to_spill(const std::string& folder, int error) {
  fail(ErrorCode::kIo, "cannot keep rows that do not fit into memory in " + folder + ": " + std::strerror(error),
       "allow more memory with --memory");
}

int open_nameless(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  std::string name = folder + "/XXXXXX";
  file = mkostemp(name.data(), O_CLOEXEC);
  if (file >= 0) unlink(name.c_str());
  return file;
}

// A region in a file of its own.
std::byte* spill_region(size_t bytes) {
  std::string folder;
  {
    std::lock_guard guard(regions().lock);
    folder = regions().spill_folder;
  }
  int file = open_nameless(folder);
  if (file < 0) fail_to_spill(folder, errno);
  int error = posix_fallocate(file, 0, static_cast<off_t>(bytes));  // so that no write into it can fail later
  void* start = MAP_FAILED;
  if (error == 0) {
    start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    error = start == MAP_FAILED ? errno : 0;
  }
  close(file);
  if (error != 0) fail_to_spill(folder, error);
  std::lock_guard guard(regions().lock);
  regions().spilled.insert(start);
  regions().spilled_bytes += bytes;
  regions().spilled_peak = std::max(regions().spilled_peak, regions().spilled_bytes);
  return static_cast<std::byte*>(start);
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
  if (past_limit(region)) return spill_region(region) + kPadding;
  count(region);
  std::byte* start = nullptr;
  {
    std::lock_guard guard(regions().lock);
    auto found = regions().free.find(region);
    if (found != regions().free.end() && !found->second.empty()) {
      start = static_cast<std::byte*>(found->second.back());
      found->second.pop_back();
      regions().free_bytes -= region;
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
  void* start = block - kPadding;
  std::lock_guard guard(regions().lock);
  if (regions().spilled.erase(start) != 0) {
    regions().spilled_bytes -= region;
    munmap(start, region);
    return;
  }
  size_t used = used_bytes.fetch_sub(region, std::memory_order_relaxed) - region;
  size_t limit = limit_bytes.load(std::memory_order_relaxed);
  if (limit != 0 && used + regions().free_bytes + region > limit / 2) {  // what is kept counts for whoever looks
    munmap(start, region);
    return;
  }
  regions().free[region].push_back(start);
  regions().free_bytes += region;
}

void set_limit(Limit limit) {
  if (!limit.spill_folder.empty()) limit.bytes -= std::min(other_bytes(), limit.bytes / 2);
  std::lock_guard guard(regions().lock);
  may_spill.store(!limit.spill_folder.empty(), std::memory_order_relaxed);
  limit_bytes.store(limit.bytes, std::memory_order_relaxed);
  regions().spill_folder = std::move(limit.spill_folder);
  regions().spilled_peak = regions().spilled_bytes;
}

Storing::Storing() { ++storing; }
Storing::~Storing() { --storing; }

size_t spilled_peak() noexcept {
  std::lock_guard guard(regions().lock);
  return regions().spilled_peak;
}

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
    regions().free_bytes -= bytes * blocks.size();
    blocks.clear();
  }
}

size_t used() noexcept { return used_bytes.load(std::memory_order_relaxed); }
size_t peak() noexcept { return peak_bytes.load(std::memory_order_relaxed); }

}  // namespace segue::memory

// Layout
//
//   hash (64 bits)   bits 58 … 63 choose one of 64 shards, bits 0 … 31 are the tag
//   shard            an open-addressing table of slots, at most three quarters full, linear probing from tag & mask
//   slot (16 bytes)  key   = tag | code << 32
//                    entry = pointer to the string, null while the slot is free; written last
//   entry            length: uint32, then the bytes; 4-aligned, in an arena that never moves
//   directory        code -> entry, in segments of 1024, 1024, 2048, 4096 … pointers
//
// A reader loads a shard's table, then slots until one matches or is free: whatever it sees was complete when it was
// published, because entries and tables are stored with release and loaded with acquire. A grown table replaces the old
// one, which stays for readers that still hold it (all old tables together are as large as the present one). A reader
// that misses because of that looks again under the lock. Every key of a shard has the same shard bits, so the slot
// comes from other bits of the hash.
#include "columns/dictionary.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>
#include <vector>

#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
#include <emmintrin.h>
#endif

#include "base/clean_text.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

namespace segue {
namespace {

constexpr unsigned kShardBits = 6;
constexpr size_t kShards = size_t{1} << kShardBits;
constexpr unsigned kFirstTableBits = 5;  // 64 shards of 32 slots: 32 KB, what a column of few values costs

constexpr unsigned kFirstSegmentBits = 10;
constexpr size_t kSegments = 32 - kFirstSegmentBits + 1;

constexpr size_t kFirstChunk = size_t{16} << 10;
constexpr size_t kLargestChunk = size_t{8} << 20;

// Rows that go through the three passes of intern_fields together: enough to hide misses, few enough that what was
// prefetched is still there.
constexpr size_t kGroup = 128;

struct Slot {
  std::atomic<uint64_t> key{0};
  std::atomic<const char*> entry{nullptr};
};
static_assert(sizeof(Slot) == 16);

uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }
size_t shard_of(uint64_t hash) { return hash >> (64 - kShardBits); }

// Memory that only grows: chunks of doubling size, cut by an atomic counter. Pieces are zeroed by whoever needs that.
class Arena {
 public:
  // REQUIRES: bytes is a multiple of the alignment that the caller wants everywhere in this arena, at most 64.
  char* allocate(size_t bytes) {
    while (true) {
      Chunk* chunk = current_.load(std::memory_order_acquire);
      if (chunk != nullptr) {
        size_t begin = chunk->used.fetch_add(bytes, std::memory_order_relaxed);
        if (begin + bytes <= chunk->room) return chunk->data + begin;
      }
      add_chunk(chunk, bytes);
    }
  }
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Chunk {
    Block block;
    char* data = nullptr;  // 64-aligned
    size_t room = 0;
    std::atomic<size_t> used{0};
  };

  void add_chunk(Chunk* full, size_t bytes) {
    std::lock_guard guard(lock_);
    if (current_.load(std::memory_order_relaxed) != full) return;  // another thread was faster
    size_t wanted = full == nullptr ? kFirstChunk : std::min(full->room * 2, kLargestChunk);
    auto chunk = std::make_unique<Chunk>();
    chunk->room = std::max(wanted, bytes);
    chunk->block = Block(chunk->room + 64);
    auto begin = reinterpret_cast<uintptr_t>(chunk->block.data());
    chunk->data = reinterpret_cast<char*>((begin + 63) & ~uintptr_t{63});
    bytes_.fetch_add(chunk->room, std::memory_order_relaxed);
    current_.store(chunk.get(), std::memory_order_release);
    chunks_.push_back(std::move(chunk));
  }

  std::atomic<Chunk*> current_{nullptr};
  std::atomic<size_t> bytes_{0};
  std::mutex lock_;
  std::vector<std::unique_ptr<Chunk>> chunks_;  // guarded by lock_
};

std::string_view entry_text(const char* entry) {
  uint32_t length;
  std::memcpy(&length, entry, 4);
  return {entry + 4, length};
}

bool equal_text(const char* entry, std::string_view text) { return entry_text(entry) == text; }

uint32_t length_of(const char* entry) {
  uint32_t length;
  std::memcpy(&length, entry, 4);
  return length;
}

// Whether two texts are equal, where 32 bytes after each may be read (they may be after every entry; what another
// thread writes there is masked away, but the thread sanitizer cannot know). Lengths vary, so up to 32 bytes take no
// branch.
inline bool equal_padded(const char* a, size_t a_length, const char* b, size_t b_length) {
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
  auto load = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  auto low = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b))));
  auto high = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(a + 16), load(b + 16))));
  uint32_t differ = ~(low | high << 16);
  if (a_length != b_length) return false;
  if (a_length < 32) [[likely]]
    return (differ & ((uint32_t{1} << a_length) - 1)) == 0;
  return differ == 0 && std::memcmp(a + 32, b + 32, a_length - 32) == 0;
#else
  return std::string_view(a, a_length) == std::string_view(b, b_length);
#endif
}

}  // namespace

struct Dictionary::Shards {
  // A table's slots and the logarithm of their number in one word: slots are 64-aligned, so the low six bits are free.
  struct alignas(64) Shard {
    std::mutex lock;
    uint32_t used = 0;  // guarded by lock
  };

  Shards() {
    for (auto& table : tables) table.store(new_table(kFirstTableBits), std::memory_order_relaxed);
  }

  static Slot* slots_of(uint64_t table) { return reinterpret_cast<Slot*>(table & ~uint64_t{63}); }
  static uint32_t mask_of(uint64_t table) { return static_cast<uint32_t>((uint64_t{1} << (table & 63)) - 1); }

  uint64_t new_table(unsigned bits) {
    size_t count = size_t{1} << bits;
    auto* slots = reinterpret_cast<Slot*>(table_memory.allocate(count * sizeof(Slot)));
    for (size_t i = 0; i < count; ++i) new (slots + i) Slot;
    return reinterpret_cast<uint64_t>(slots) | bits;
  }

  // Where the search for a hash begins. The slot stays readable for as long as the dictionary lives, also when its
  // table is replaced.
  const Slot* first_slot(uint64_t hash) const {
    uint64_t table = table_of(hash);
    return slots_of(table) + (tag_of(hash) & mask_of(table));
  }

  // The first entry with this tag from `slot` on and its code: nearly always the string in question, if it is there.
  // Null if there is none, or if `slot` is of an older table than `table` and the search is not over at once.
  static const char* search(const Slot* slot, uint64_t table, uint32_t tag, uint32_t& code) {
    const Slot* begin = slots_of(table);
    const Slot* end = begin + mask_of(table) + 1;
    while (true) {
      const char* entry = slot->entry.load(std::memory_order_acquire);
      uint64_t key = slot->key.load(std::memory_order_relaxed);
      code = static_cast<uint32_t>(key >> 32);
      if (entry == nullptr || static_cast<uint32_t>(key) == tag) [[likely]]
        return entry;
      if (slot < begin || slot >= end) return nullptr;
      if (++slot == end) slot = begin;
    }
  }

  // The code of the string that `equal(entry)` accepts, or 0.
  template <class Equal>
  static uint32_t look_up(uint64_t table, uint64_t hash, const Equal& equal) {
    uint32_t tag = tag_of(hash), mask = mask_of(table);
    const Slot* slots = slots_of(table);
    for (uint32_t i = tag & mask;; i = (i + 1) & mask) {
      const char* entry = slots[i].entry.load(std::memory_order_acquire);
      if (entry == nullptr) return 0;
      uint64_t key = slots[i].key.load(std::memory_order_relaxed);
      if (static_cast<uint32_t>(key) == tag && equal(entry)) [[likely]]
        return static_cast<uint32_t>(key >> 32);
    }
  }

  uint64_t table_of(uint64_t hash) const { return tables[shard_of(hash)].load(std::memory_order_acquire); }

  uint32_t add(std::string_view text, uint64_t hash) {
    Shard& shard = shards[shard_of(hash)];
    std::lock_guard guard(shard.lock);
    uint64_t table = tables[shard_of(hash)].load(std::memory_order_relaxed);
    uint32_t code = look_up(table, hash, [&](const char* entry) { return equal_text(entry, text); });
    if (code != 0) return code;
    if ((shard.used + 1) * size_t{4} > (size_t{mask_of(table)} + 1) * 3) table = grow(shard_of(hash), table);
    uint64_t given = next_code.fetch_add(1, std::memory_order_relaxed);
    if (given >= kInvalid) {
      next_code.store(kInvalid, std::memory_order_relaxed);
      fail(ErrorCode::kLimit, "a column has more than 4,294,967,294 distinct strings");
    }
    code = static_cast<uint32_t>(given);
    const char* entry = store(text);
    *directory_slot(code) = entry;
    put(table, tag_of(hash), code, entry);
    ++shard.used;
    return code;
  }

  static void put(uint64_t table, uint32_t tag, uint32_t code, const char* entry) {
    uint32_t mask = mask_of(table);
    Slot* slots = slots_of(table);
    uint32_t i = tag & mask;
    while (slots[i].entry.load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask;
    slots[i].key.store(tag | uint64_t{code} << 32, std::memory_order_relaxed);
    slots[i].entry.store(entry, std::memory_order_release);
  }

  uint64_t grow(size_t shard, uint64_t old) {
    uint64_t bigger = new_table(static_cast<unsigned>(old & 63) + 1);
    const Slot* slots = slots_of(old);
    for (size_t i = 0; i <= mask_of(old); ++i) {
      const char* entry = slots[i].entry.load(std::memory_order_relaxed);
      if (entry == nullptr) continue;
      uint64_t key = slots[i].key.load(std::memory_order_relaxed);
      put(bigger, static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), entry);
    }
    tables[shard].store(bigger, std::memory_order_release);
    return bigger;
  }

  const char* store(std::string_view text) {
    if (text.size() > UINT32_MAX) fail(ErrorCode::kLimit, "a string is longer than 4 GiB");
    auto length = static_cast<uint32_t>(text.size());
    char* entry = strings.allocate((size_t{4} + length + 3) & ~size_t{3});
    std::memcpy(entry, &length, 4);
    if (length != 0) std::memcpy(entry + 4, text.data(), length);
    return entry;
  }

  // Where the directory keeps the entry of a code; adds the segment if it is new.
  const char** directory_slot(uint32_t code) {
    auto [segment, offset] = place_of(code);
    const char** entries = segments[segment].load(std::memory_order_acquire);
    if (entries == nullptr) {
      std::lock_guard guard(directory_lock);
      entries = segments[segment].load(std::memory_order_relaxed);
      if (entries == nullptr) {
        size_t count = size_t{1} << (kFirstSegmentBits + (segment == 0 ? 0 : segment - 1));
        segment_blocks.emplace_back(count * sizeof(const char*));
        entries = reinterpret_cast<const char**>(segment_blocks.back().data());
        directory_bytes.fetch_add(count * sizeof(const char*), std::memory_order_relaxed);
        segments[segment].store(entries, std::memory_order_release);
      }
    }
    return entries + offset;
  }

  static std::pair<size_t, size_t> place_of(uint32_t code) {
    size_t segment = std::bit_width(code >> kFirstSegmentBits);
    return {segment, segment == 0 ? code : code - (size_t{1} << (kFirstSegmentBits + segment - 1))};
  }

  std::array<std::atomic<uint64_t>, kShards> tables{};
  std::array<Shard, kShards> shards;
  Arena table_memory;
  Arena strings;
  std::atomic<uint64_t> next_code{1};
  std::array<std::atomic<const char**>, kSegments> segments{};
  std::atomic<size_t> directory_bytes{0};
  std::mutex directory_lock;
  std::vector<Block> segment_blocks;  // guarded by directory_lock
};

Dictionary::Dictionary() : shards_(std::make_unique<Shards>()) {}
Dictionary::~Dictionary() = default;

uint64_t Dictionary::hash(std::string_view text) { return hash_text(text.data(), text.size()); }

uint32_t Dictionary::intern(std::string_view text, uint64_t hash) {
  uint32_t code =
      Shards::look_up(shards_->table_of(hash), hash, [&](const char* entry) { return equal_text(entry, text); });
  return code != 0 ? code : shards_->add(text, hash);
}

uint32_t Dictionary::find(std::string_view text) const {
  uint64_t hash = Dictionary::hash(text);
  return Shards::look_up(shards_->table_of(hash), hash, [&](const char* entry) { return equal_text(entry, text); });
}

size_t Dictionary::intern_fields(const TextFields& fields, bool repeats, uint32_t* codes) {
  Shards& shards = *shards_;
  size_t invalid = 0;
  auto add = [&](size_t row, uint64_t hash) -> uint32_t {
    uint32_t code = Shards::look_up(shards.table_of(hash), hash,
                                    [&](const char* entry) { return equal_text(entry, fields.text(row)); });
    if (code != 0) return code;
    if (!clean_text(fields.text(row))) {
      ++invalid;
      return kInvalid;
    }
    return shards.add(fields.text(row), hash);
  };
  if (repeats) {
    for (size_t row = 0; row < fields.rows; ++row) {
      if (!fields.is_valid(row)) {
        codes[row] = 0;
      } else if (row != 0 && codes[row - 1] - 1 < kInvalid - 1 &&
                 equal_padded(fields.data(row), fields.lengths[row], fields.data(row - 1), fields.lengths[row - 1])) {
        codes[row] = codes[row - 1];
      } else {
        codes[row] = add(row, hash_padded(fields.data(row), fields.lengths[row]));
      }
    }
    return invalid;
  }
  // Three passes, each touching what the one before has prefetched: the slot, then the entry.
  uint64_t hashes[kGroup];
  const Slot* slots[kGroup];
  const char* entries[kGroup];
  for (size_t first = 0; first < fields.rows; first += kGroup) {
    size_t count = std::min(kGroup, fields.rows - first);
    uint32_t* group = codes + first;
    for (size_t i = 0; i < count; ++i) {
      hashes[i] = hash_padded(fields.data(first + i), fields.lengths[first + i]);
      slots[i] = shards.first_slot(hashes[i]);
      __builtin_prefetch(slots[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      entries[i] = Shards::search(slots[i], shards.table_of(hashes[i]), tag_of(hashes[i]), group[i]);
      __builtin_prefetch(entries[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      size_t row = first + i;
      if (!fields.is_valid(row)) {
        group[i] = 0;
      } else if (entries[i] == nullptr || !equal_padded(entries[i] + 4, length_of(entries[i]), fields.data(row),
                                                        fields.lengths[row])) [[unlikely]] {
        group[i] = add(row, hashes[i]);
      }
    }
  }
  return invalid;
}

std::string_view Dictionary::text(uint32_t code) const {
  auto [segment, offset] = Shards::place_of(code);
  return entry_text(shards_->segments[segment].load(std::memory_order_acquire)[offset]);
}

uint32_t Dictionary::size() const {
  return static_cast<uint32_t>(std::min<uint64_t>(shards_->next_code.load(std::memory_order_acquire), kInvalid) - 1);
}

size_t Dictionary::bytes() const {
  return sizeof(Shards) + shards_->table_memory.bytes() + shards_->strings.bytes() +
         shards_->directory_bytes.load(std::memory_order_relaxed);
}

}  // namespace segue

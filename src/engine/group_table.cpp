#include "engine/group_table.h"

#include <bit>
#include <cstring>

#include "base/error.h"

namespace segue::engine {
namespace {

constexpr size_t kPrefetch = 16;  // rows ahead

size_t capacity_for(size_t keys) { return std::bit_ceil(std::max<size_t>(keys * 2, 64)); }

}  // namespace

void GroupTable::reset(size_t expected) {
  size_ = 0;
  keys_.clear();
  hashes_.clear();
  slots_.resize(capacity_for(expected));
  mask_ = slots_.size() - 1;
  std::memset(static_cast<void*>(slots_.data()), 0, slots_.size() * sizeof(Slot));
}

void GroupTable::grow(size_t capacity) {
  Array<Slot> bigger(capacity);
  std::memset(static_cast<void*>(bigger.data()), 0, capacity * sizeof(Slot));
  mask_ = capacity - 1;
  for (size_t number = 0; number < size_; ++number) {
    uint64_t i = hashes_[number] & mask_;
    while (bigger[i].number != 0) i = (i + 1) & mask_;
    bigger[i] = {words_ == 1 ? keys_[number] : hashes_[number], static_cast<uint32_t>(number + 1), 0};
  }
  slots_ = std::move(bigger);
}

template <size_t Words>
bool GroupTable::same(const Slot& slot, const uint64_t* key, uint64_t hash) const {
  if constexpr (Words == 1) {
    return slot.check == key[0];
  } else {
    if (slot.check != hash) return false;
    const uint64_t* theirs = keys_.data() + (slot.number - 1) * words_;
    if constexpr (Words == 2) return theirs[0] == key[0] && theirs[1] == key[1];
    return words_ == 0 || std::memcmp(theirs, key, words_ * sizeof(uint64_t)) == 0;
  }
}

template <size_t Words>
void GroupTable::add_rows(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) {
  const size_t words = Words == 0 ? words_ : Words;
  for (size_t row = 0; row < rows; ++row) {
    if (row + kPrefetch < rows) __builtin_prefetch(&slots_[hashes[row + kPrefetch] & mask_]);
    const uint64_t* key = keys + row * words;
    uint64_t hash = hashes[row];
    uint64_t i = hash & mask_;
    while (slots_[i].number != 0 && !same<Words>(slots_[i], key, hash)) i = (i + 1) & mask_;
    if (slots_[i].number == 0) {
      if (size_ * 2 >= slots_.size()) {
        grow(slots_.size() * 4);
        i = hash & mask_;
        while (slots_[i].number != 0) i = (i + 1) & mask_;
      }
      SEGUE_ASSERT(size_ < kAbsent - 1);
      slots_[i] = {Words == 1 ? key[0] : hash, static_cast<uint32_t>(++size_), 0};
      keys_.append(key, words);
      hashes_.push_back(hash);
    }
    numbers[row] = slots_[i].number - 1;
  }
}

template <size_t Words>
void GroupTable::find_rows(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const {
  const size_t words = Words == 0 ? words_ : Words;
  for (size_t row = 0; row < rows; ++row) {
    if (row + kPrefetch < rows) __builtin_prefetch(&slots_[hashes[row + kPrefetch] & mask_]);
    uint64_t i = hashes[row] & mask_;
    while (slots_[i].number != 0 && !same<Words>(slots_[i], keys + row * words, hashes[row])) i = (i + 1) & mask_;
    numbers[row] = slots_[i].number - 1;  // 0 - 1 is kAbsent
  }
}

void GroupTable::find_or_add(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) {
  if (slots_.empty()) reset(0);
  if (words_ == 1) return add_rows<1>(keys, hashes, rows, numbers);
  if (words_ == 2) return add_rows<2>(keys, hashes, rows, numbers);
  add_rows<0>(keys, hashes, rows, numbers);
}

void GroupTable::find(const uint64_t* keys, const uint64_t* hashes, size_t rows, uint32_t* numbers) const {
  if (slots_.empty()) {
    std::memset(numbers, 0xFF, rows * sizeof(uint32_t));
    return;
  }
  if (words_ == 1) return find_rows<1>(keys, hashes, rows, numbers);
  if (words_ == 2) return find_rows<2>(keys, hashes, rows, numbers);
  find_rows<0>(keys, hashes, rows, numbers);
}

}  // namespace segue::engine

#include "engine/order.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "engine/expressions/compare.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

// True for types that one unsigned word can order.
bool one_word(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kDate:
    case TypeId::kTimestamp:
      return true;
    case TypeId::kDecimal:
      return !type.wide_decimal();
    default:
      return false;
  }
}

template <class T>
void signed_keys(const Column& column, size_t rows, uint64_t* keys) {
  for (size_t i = 0; i < rows; ++i) {
    keys[i] = static_cast<uint64_t>(static_cast<int64_t>(column.as<T>()[i * column.stride])) ^ (uint64_t{1} << 63);
  }
}

// Unsigned keys that order like the column; false if NULLs or the type forbid it.
bool ordering_keys(const OrderColumn& order, size_t rows, Array<uint64_t>& keys) {
  const Column& column = order.column;
  if (!one_word(column.type)) return false;
  if (column.valid != nullptr) {
    for (size_t i = 0; i < rows; ++i) {
      if (!column.is_valid(i)) return false;
    }
  }
  keys.resize(rows);
  switch (stored_bytes(column.type)) {
    case 1: signed_keys<int8_t>(column, rows, keys.data()); break;
    case 2: signed_keys<int16_t>(column, rows, keys.data()); break;
    case 4: signed_keys<int32_t>(column, rows, keys.data()); break;
    default: signed_keys<int64_t>(column, rows, keys.data()); break;
  }
  if (order.descending) {
    for (size_t i = 0; i < rows; ++i) keys[i] = ~keys[i];
  }
  return true;
}

// Stable LSD radix sort of keys - minimum, 11 bits a pass.
void radix_sort(size_t rows, OrderScratch& scratch) {
  auto [low, high] = std::minmax_element(scratch.keys.begin(), scratch.keys.end());
  uint64_t minimum = *low;
  int bits = std::bit_width(*high - minimum);
  scratch.entries.resize(rows);
  scratch.other.resize(rows);
  for (size_t i = 0; i < rows; ++i) scratch.entries[i] = {scratch.keys[i] - minimum, static_cast<uint32_t>(i)};
  constexpr int kBits = 11;
  constexpr size_t kDigits = size_t{1} << kBits;
  for (int shift = 0; shift < bits; shift += kBits) {
    uint32_t positions[kDigits] = {};
    for (const auto& entry : scratch.entries) ++positions[entry.key >> shift & (kDigits - 1)];
    uint32_t next = 0;
    for (uint32_t& position : positions) next += std::exchange(position, next);
    for (const auto& entry : scratch.entries) scratch.other[positions[entry.key >> shift & (kDigits - 1)]++] = entry;
    std::swap(scratch.entries, scratch.other);
  }
  scratch.permutation.resize(rows);
  for (size_t i = 0; i < rows; ++i) scratch.permutation[i] = scratch.entries[i].row;
}

}  // namespace

int compare_rows(std::span<const OrderColumn> columns, size_t i, size_t j) {
  for (const auto& order : columns) {
    bool valid_i = order.column.is_valid(i), valid_j = order.column.is_valid(j);
    if (!valid_i || !valid_j) {
      if (valid_i == valid_j) continue;
      return valid_j == order.nulls_first ? -1 : 1;
    }
    int result = compare(order.column, i, order.column, j);
    if (result != 0) return order.descending ? -result : result;
  }
  return 0;
}

Ordered sort_rows(std::span<const OrderColumn> columns, size_t rows, OrderScratch& scratch) {
  if (rows < 2) return Ordered::kAlready;
  bool keyed = ordering_keys(columns[0], rows, scratch.keys);
  if (keyed && columns.size() == 1) {
    bool ascends = true, descends = true;
    const uint64_t* keys = scratch.keys.data();
    for (size_t i = 1; i < rows; ++i) {
      ascends &= keys[i - 1] <= keys[i];
      descends &= keys[i - 1] >= keys[i];
    }
    if (ascends) return Ordered::kAlready;
    if (descends) return Ordered::kReversed;
    radix_sort(rows, scratch);
    return Ordered::kPermuted;
  }
  scratch.permutation.resize(rows);
  std::iota(scratch.permutation.begin(), scratch.permutation.end(), 0);
  auto before = [&](uint32_t i, uint32_t j) { return compare_rows(columns, i, j) < 0; };
  if (keyed) {
    auto rest = columns.subspan(1);
    std::stable_sort(scratch.permutation.begin(), scratch.permutation.end(), [&](uint32_t i, uint32_t j) {
      uint64_t a = scratch.keys[i], b = scratch.keys[j];
      return a != b ? a < b : compare_rows(rest, i, j) < 0;
    });
  } else {
    std::stable_sort(scratch.permutation.begin(), scratch.permutation.end(), before);
  }
  return Ordered::kPermuted;
}

}  // namespace segue::engine

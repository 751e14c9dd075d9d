// Columns kept in fewer bytes. Fewer bytes touched is less time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "columns/column.h"

namespace segue::engine {

// Bytes of a value in memory: a code for text, else value_bytes. REQUIRES: not nested.
size_t stored_bytes(const Type& type);

// Calls function with a value of the unsigned integer type that is `bytes` wide (Int128 for 16), to choose a loop by
// width.
template <class Function>
void with_width(size_t bytes, Function&& function) {
  switch (bytes) {
    case 1: return function(uint8_t{});
    case 2: return function(uint16_t{});
    case 4: return function(uint32_t{});
    case 8: return function(uint64_t{});
    default: return function(Int128{});
  }
}

// How values are kept: as they are, or integers (numbers, times, codes of text) v as (v - base) / unit in `width`
// bytes.
struct Packing {
  size_t width = 0;
  bool plain = true;
  uint64_t base = 0;  // in the arithmetic of 64 bits that wraps around
  uint64_t unit = 1;  // 1 or kSecond
  static constexpr uint64_t kSecond = 1'000'000;
};

// What some values need of a packing.
struct Span {
  int64_t low = INT64_MAX, high = INT64_MIN;  // of those that are no NULL
  bool seconds = false;                       // timestamps without fractions

  bool empty() const { return low > high; }
};

// REQUIRES: text is coded.
Span span_of(const Column& column, size_t rows);
Span unite(const Span& a, const Span& b);

// The narrowest packing of at least `width` bytes that takes `span`, with as much room below it as above.
Packing packing_for(const Type& type, const Span& span, size_t width);
bool fits(const Packing& packing, const Span& span);

// `out` has room for rows of packing.width bytes; values under NULL come out as anything. A column may be constant.
void pack(const Packing& packing, const Column& column, size_t rows, std::byte* out);
// `out` has room for rows of value_bytes.
void unpack(const Packing& packing, size_t value_bytes, const std::byte* packed, size_t rows, std::byte* out);

}  // namespace segue::engine

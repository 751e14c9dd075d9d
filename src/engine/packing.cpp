#include "engine/packing.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace segue::engine {
namespace {

bool integers(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kVarchar:
    case TypeId::kBlob: return true;
    case TypeId::kDecimal: return !type.wide_decimal();
    default: return false;
  }
}

// Calls function with a value of the integer type that a column's values have.
template <class Function>
void with_integer(const Type& type, Function&& function) {
  if (type.text()) return function(uint32_t{});
  switch (stored_bytes(type)) {
    case 1: return function(int8_t{});
    case 2: return function(int16_t{});
    case 4: return function(int32_t{});
    default: return function(int64_t{});
  }
}

uint64_t range(const Span& span) { return static_cast<uint64_t>(span.high) - static_cast<uint64_t>(span.low); }

// The largest number of `width` bytes.
uint64_t most(size_t width) { return ~uint64_t{0} >> (64 - 8 * width); }

template <uint64_t Unit, class From, class To>
void pack_values(const From* from, size_t rows, uint64_t base, To* to) {
  for (size_t i = 0; i < rows; ++i)
    to[i] = static_cast<To>((static_cast<uint64_t>(static_cast<int64_t>(from[i])) - base) / Unit);
}

template <uint64_t Unit, class From, class To>
void unpack_values(const From* from, size_t rows, uint64_t base, To* to) {
  for (size_t i = 0; i < rows; ++i) to[i] = static_cast<To>(base + from[i] * Unit);
}

bool whole_seconds(const int64_t* values, const uint8_t* valid, size_t rows) {
  constexpr auto kSecond = static_cast<int64_t>(Packing::kSecond);
  for (size_t i = 0; i < rows; ++i) {
    if (values[i] % kSecond != 0 && (valid == nullptr || valid[i] != 0)) return false;
  }
  return true;
}

}  // namespace

size_t stored_bytes(const Type& type) { return type.text() ? sizeof(uint32_t) : value_bytes(type); }

Span span_of(const Column& column, size_t rows) {
  Span span;
  if (!integers(column.type)) return span;
  if (column.constant()) rows = 1;
  with_integer(column.type, [&](auto integer) {
    using T = decltype(integer);
    const T* from = column.as<T>();
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
    bool any = column.valid == nullptr && rows != 0;
    if (column.valid == nullptr) {
      for (size_t i = 0; i < rows; ++i) {
        low = std::min(low, from[i]);
        high = std::max(high, from[i]);
      }
    } else {
      for (size_t i = 0; i < rows; ++i) {
        if (column.valid[i] == 0) continue;
        any = true;
        low = std::min(low, from[i]);
        high = std::max(high, from[i]);
      }
    }
    if (any) span = {static_cast<int64_t>(low), static_cast<int64_t>(high), false};
  });
  if (column.type.id == TypeId::kTimestamp) span.seconds = whole_seconds(column.as<int64_t>(), column.valid, rows);
  return span;
}

Span unite(const Span& a, const Span& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.seconds && b.seconds};
}

Packing packing_for(const Type& type, const Span& span, size_t width) {
  size_t full = stored_bytes(type);
  if (!integers(type)) return {.width = full};
  uint64_t unit = span.seconds ? Packing::kSecond : 1;
  uint64_t needed = span.empty() ? 0 : range(span) / unit;
  width = std::max<size_t>(width, 1);
  while (width < 8 && needed > most(width)) width *= 2;
  if (width >= full) return {.width = full};
  uint64_t below = (most(width) - needed) / 2 * unit;
  uint64_t base = span.empty() ? 0 : static_cast<uint64_t>(span.low) - below;
  // Codes and the like begin at 0 and grow.
  if (!span.empty() && span.low >= 0 && static_cast<uint64_t>(span.low) < below) base = 0;
  return {width, false, base, unit};
}

bool fits(const Packing& packing, const Span& span) {
  if (span.empty() || packing.plain) return true;
  if (packing.unit != 1 && !span.seconds) return false;
  uint64_t low = static_cast<uint64_t>(span.low) - packing.base;
  uint64_t last = most(packing.width) * packing.unit;
  return low <= last && range(span) <= last - low;
}

void pack(const Packing& packing, const Column& column, size_t rows, std::byte* out) {
  size_t full = stored_bytes(column.type);
  size_t count = column.constant() ? std::min<size_t>(rows, 1) : rows;
  if (packing.plain) {
    std::memcpy(out, column.values, count * full);
  } else {
    with_integer(column.type, [&](auto integer) {
      const auto* from = column.as<decltype(integer)>();
      with_width(packing.width, [&](auto narrow) {
        using To = decltype(narrow);
        if constexpr (sizeof(To) <= 8) {
          auto* to = reinterpret_cast<To*>(out);
          if (packing.unit == 1) {
            pack_values<1>(from, count, packing.base, to);
          } else {
            pack_values<Packing::kSecond>(from, count, packing.base, to);
          }
        }
      });
    });
  }
  if (count == rows) return;
  with_width(packing.width, [&](auto width) {
    auto* to = reinterpret_cast<decltype(width)*>(out);
    std::fill(to + 1, to + rows, to[0]);
  });
}

void unpack(const Packing& packing, size_t value_bytes, const std::byte* packed, size_t rows, std::byte* out) {
  if (packing.plain) {
    std::memcpy(out, packed, rows * value_bytes);
    return;
  }
  with_width(packing.width, [&](auto narrow) {
    with_width(value_bytes, [&](auto wide) {
      using From = decltype(narrow);
      using To = decltype(wide);
      if constexpr (sizeof(From) <= 8 && sizeof(To) <= 8) {
        const auto* from = reinterpret_cast<const From*>(packed);
        auto* to = reinterpret_cast<To*>(out);
        if (packing.unit == 1) {
          unpack_values<1>(from, rows, packing.base, to);
        } else {
          unpack_values<Packing::kSecond>(from, rows, packing.base, to);
        }
      }
    });
  });
}

}  // namespace segue::engine

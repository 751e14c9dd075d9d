#include "engine/expressions/compare.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/order.h"

namespace segue::engine {
namespace {

template <class T>
int compare_values(const Column& a, size_t i, const Column& b, size_t j) {
  return order(a.as<T>()[i * a.stride], b.as<T>()[j * b.stride]);
}

int compare_lists(const Column& a, size_t i, const Column& b, size_t j) {
  const uint64_t* from_a = a.as<uint64_t>() + i * a.stride;
  const uint64_t* from_b = b.as<uint64_t>() + j * b.stride;
  uint64_t count_a = from_a[1] - from_a[0];
  uint64_t count_b = from_b[1] - from_b[0];
  for (uint64_t k = 0; k < std::min(count_a, count_b); ++k) {
    int result = compare(a.children[0], from_a[0] + k, b.children[0], from_b[0] + k);
    if (result != 0) return result;
  }
  return order(count_a, count_b);
}

}  // namespace

int compare(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.type.id == TypeId::kNull) return 0;
  bool valid_a = a.is_valid(i);
  bool valid_b = b.is_valid(j);
  if (!valid_a || !valid_b) return static_cast<int>(valid_b) - static_cast<int>(valid_a);
  switch (a.type.id) {
    case TypeId::kNull: return 0;
    case TypeId::kBoolean: return compare_values<uint8_t>(a, i, b, j);
    case TypeId::kTinyint: return compare_values<int8_t>(a, i, b, j);
    case TypeId::kSmallint: return compare_values<int16_t>(a, i, b, j);
    case TypeId::kInteger:
    case TypeId::kDate: return compare_values<int32_t>(a, i, b, j);
    case TypeId::kBigint:
    case TypeId::kTimestamp: return compare_values<int64_t>(a, i, b, j);
    case TypeId::kHugeint: return compare_values<Int128>(a, i, b, j);
    case TypeId::kFloat: return compare_values<float>(a, i, b, j);
    case TypeId::kDouble: return compare_values<double>(a, i, b, j);
    case TypeId::kDecimal:
      return a.type.wide_decimal() ? compare_values<Int128>(a, i, b, j) : compare_values<int64_t>(a, i, b, j);
    case TypeId::kInterval: return compare_values<Interval>(a, i, b, j);
    case TypeId::kVarchar:
    case TypeId::kBlob:
      if (a.coded() && a.dictionary == b.dictionary && a.as<uint32_t>()[i * a.stride] == b.as<uint32_t>()[j * b.stride])
        return 0;
      return order(a.text(i), b.text(j));
    case TypeId::kList: return compare_lists(a, i, b, j);
    case TypeId::kStruct:
      for (size_t field = 0; field < a.children.size(); ++field) {
        int result = compare(a.children[field], i, b.children[field], j);
        if (result != 0) return result;
      }
      return 0;
  }
  return 0;
}

bool equal(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.type.text() && a.type.id != TypeId::kNull) {
    bool valid_a = a.is_valid(i);
    bool valid_b = b.is_valid(j);
    if (!valid_a || !valid_b) return valid_a == valid_b;
    if (a.coded() && a.dictionary == b.dictionary)
      return a.as<uint32_t>()[i * a.stride] == b.as<uint32_t>()[j * b.stride];
    return a.text(i) == b.text(j);
  }
  return compare(a, i, b, j) == 0;
}

namespace {

// What of `parts` is past 32 bits moves to the next smaller unit.
int32_t borrow(int64_t parts, int64_t& smaller, int64_t scale) {
  auto kept = static_cast<int32_t>(std::clamp<int64_t>(parts, INT32_MIN, INT32_MAX));
  smaller += (parts - kept) * scale;
  return kept;
}

}  // namespace

// Microseconds carry into days, days into months of 30 days, towards zero; DuckDB's normalized_interval.
Interval normalise(const Interval& interval) {
  IntervalParts parts = carried(interval);
  Interval whole;
  whole.months = borrow(parts.months, parts.days, 30);
  whole.days = borrow(parts.days, parts.micros, int64_t{86400} * 1'000'000);
  whole.micros = parts.micros;
  return whole;
}

}  // namespace segue::engine

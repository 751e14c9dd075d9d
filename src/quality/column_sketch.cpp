#include "quality/column_sketch.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "quality/sketched_value.h"

namespace segue::quality {

bool measurable(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTimestamp: return true;
    default: return false;
  }
}

std::optional<double> measure(const Value& value) {
  if (auto whole = std::get_if<int64_t>(&value.data)) return measure_of(*whole, infinity_of(value.type));
  if (auto wide = std::get_if<Int128>(&value.data)) return measure_of(*wide, 0);
  return measure_of(std::get<double>(value.data), 0);
}

std::string cut_text(std::string_view text, const Type& type) {
  constexpr size_t kTextBytes = 256;
  if (text.size() <= kTextBytes) return std::string(text);
  size_t end = kTextBytes;
  if (type.id == TypeId::kBlob) return std::string(text.substr(0, end));
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

bool value_less(const Value& a, const Value& b) {
  if (auto whole = std::get_if<int64_t>(&a.data)) return less(*whole, std::get<int64_t>(b.data));
  if (auto wide = std::get_if<Int128>(&a.data)) return less(*wide, std::get<Int128>(b.data));
  if (auto real = std::get_if<double>(&a.data)) return less(*real, std::get<double>(b.data));
  return std::get<std::string>(a.data) < std::get<std::string>(b.data);
}

ColumnSketch merge(const ColumnSketch& a, const ColumnSketch& b) {
  SEGUE_ASSERT(a.type == b.type);
  ColumnSketch sum = a;
  sum.rows += b.rows;
  sum.nulls += b.nulls;
  if (sum.type.nested()) return sum;
  SEGUE_ASSERT(a.distinct && b.distinct && a.quantiles.has_value() == b.quantiles.has_value());
  sum.distinct->merge(*b.distinct);
  if (sum.quantiles) sum.quantiles->merge(*b.quantiles);
  if (a.min.null() || (!b.min.null() && value_less(b.min, a.min))) sum.min = b.min;
  if (a.max.null() || (!b.max.null() && value_less(a.max, b.max))) sum.max = b.max;

  struct Less {
    bool operator()(const FrequentValue& x, const FrequentValue& y) const { return value_less(x.value, y.value); }
  };
  std::vector<FrequentValue> ours = a.frequent, theirs = b.frequent, all;
  std::sort(ours.begin(), ours.end(), Less());
  std::sort(theirs.begin(), theirs.end(), Less());
  // A value that one side does not list has as many rows there as `others` says, at the most.
  for (auto x = ours.begin(), y = theirs.begin(); x != ours.end() || y != theirs.end();) {
    bool take_x = y == theirs.end() || (x != ours.end() && !Less()(*y, *x));
    bool take_y = x == ours.end() || (y != theirs.end() && !Less()(*x, *y));
    FrequentValue& value = all.emplace_back(take_x ? *x : *y);
    if (take_x && take_y) {
      value.rows += y->rows;
      value.more += y->more;
    } else {
      value.more += take_x ? b.others : a.others;
    }
    x += take_x ? 1 : 0;
    y += take_y ? 1 : 0;
  }
  sum.others = a.others + b.others;
  sum.exact_distinct = sum.others == 0 ? std::optional<uint64_t>(all.size()) : std::nullopt;
  std::stable_sort(all.begin(), all.end(),
                   [](const FrequentValue& x, const FrequentValue& y) { return x.rows > y.rows; });
  for (size_t i = kFrequentValues; i < all.size(); ++i) sum.others = std::max(sum.others, all[i].rows + all[i].more);
  if (all.size() > kFrequentValues) all.resize(kFrequentValues);
  sum.frequent = std::move(all);
  return sum;
}

}  // namespace segue::quality

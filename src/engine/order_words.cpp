#include "engine/order_words.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/stop_point.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

using Digit = OrderWords::Digit;

constexpr size_t kTextBytes = 7;    // of a text in one word
constexpr uint64_t kTextMore = 9;   // low byte of a word whose text goes on
constexpr size_t kRadixRows = 768;  // fewer are sorted by comparing words
constexpr size_t kCompareRows = 6;  // fewer of equal words are compared as rows
constexpr uint64_t kSign = uint64_t{1} << 63;

uint64_t word_of(int64_t value) { return static_cast<uint64_t>(value) ^ kSign; }

// NaN is equal to itself and above all numbers; the zeros are equal.
uint64_t word_of(double value) {
  if (std::isnan(value)) return ~uint64_t{0};
  auto bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  return bits & kSign ? ~bits : bits | kSign;
}

uint64_t text_word(std::string_view text, size_t skip) {
  size_t rest = text.size() > skip ? text.size() - skip : 0;
  uint64_t word = 0;
  for (size_t i = 0; i < std::min(rest, kTextBytes); ++i)
    word |= uint64_t{static_cast<uint8_t>(text[skip + i])} << (56 - 8 * i);
  return word | (rest > kTextBytes ? kTextMore : rest + 1);
}

// entries[i].word = word(index of its value) where the row is valid; a NULL's word is 0, since rows of NULL and of a
// value never meet here.
template <class Word>
void fill_values(const OrderColumn& order, std::span<OrderEntry> entries, Word&& word) {
  uint64_t flip = order.descending ? ~uint64_t{0} : 0;
  const Column& column = order.column;
  if (column.valid == nullptr) {
    for (OrderEntry& entry : entries) entry.word = word(entry.row * column.stride) ^ flip;
  } else {
    for (OrderEntry& entry : entries) {
      size_t i = entry.row * column.stride;
      entry.word = column.valid[i] ? word(i) ^ flip : 0;
    }
  }
}

template <class T>
void fill_numbers(const OrderColumn& order, std::span<OrderEntry> entries) {
  const T* values = order.column.as<T>();
  fill_values(order, entries, [&](size_t i) {
    if constexpr (std::is_floating_point_v<T>) {
      return word_of(static_cast<double>(values[i]));
    } else {
      return word_of(static_cast<int64_t>(values[i]));
    }
  });
}

void fill_wide(const OrderColumn& order, bool high, std::span<OrderEntry> entries) {
  const Int128* values = order.column.as<Int128>();
  fill_values(order, entries, [&](size_t i) {
    return high ? word_of(static_cast<int64_t>(values[i] >> 64)) : static_cast<uint64_t>(values[i]);
  });
}

// Words of values are neither 0 nor all ones, so these are NULL's.
void fill_text(const OrderColumn& order, size_t skip, std::span<OrderEntry> entries) {
  uint64_t flip = order.descending ? ~uint64_t{0} : 0;
  uint64_t null = order.nulls_first ? 0 : ~uint64_t{0};
  for (OrderEntry& entry : entries) {
    entry.word = order.column.is_valid(entry.row) ? text_word(order.column.text(entry.row), skip) ^ flip : null;
  }
}

bool wide(const Type& type) { return type.id == TypeId::kHugeint || type.wide_decimal(); }

bool has_null(const Column& column, size_t rows) {
  if (column.valid == nullptr || column.type.text()) return false;
  return std::memchr(column.valid, 0, column.constant() ? std::min<size_t>(rows, 1) : rows) != nullptr;
}

// By word, equal ones by row, which is their order already.
void compare_sort(std::span<OrderEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const OrderEntry& a, const OrderEntry& b) {
    return a.word != b.word ? a.word < b.word : a.row < b.row;
  });
}

// Stable LSD radix sort by the highest bits of word - least, as many as are likely to tell so many entries apart, 11 a
// pass; then what is equal in these by the others.
void radix_sort(std::span<OrderEntry> entries, uint64_t least, uint64_t greatest, Array<OrderEntry>& other) {
  if (other.size() < entries.size()) other.resize(entries.size());
  constexpr int kBits = 11;
  constexpr size_t kDigits = size_t{1} << kBits;
  OrderEntry* from = entries.data();
  OrderEntry* to = other.data();
  int bits = std::bit_width(greatest - least);
  int wanted = std::bit_width(entries.size()) + kBits / 2;
  int passes = (std::min(bits, wanted) + kBits - 1) / kBits;
  int lowest = std::max(0, bits - passes * kBits);
  for (int shift = lowest; shift < bits; shift += kBits) {
    stop_point();
    uint32_t positions[kDigits] = {};
    for (size_t i = 0; i < entries.size(); ++i) ++positions[(from[i].word - least) >> shift & (kDigits - 1)];
    uint32_t next = 0;
    for (uint32_t& position : positions) next += std::exchange(position, next);
    for (size_t i = 0; i < entries.size(); ++i)
      to[positions[(from[i].word - least) >> shift & (kDigits - 1)]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries.data()) std::memcpy(entries.data(), from, entries.size_bytes());
  if (lowest == 0) return;
  for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    uint64_t high = (entries[begin].word - least) >> lowest;
    while (end < entries.size() && (entries[end].word - least) >> lowest == high) ++end;
    if (end - begin < 2) continue;
    std::span<OrderEntry> equal = entries.subspan(begin, end - begin);
    if (equal.size() < kRadixRows) {
      compare_sort(equal);
    } else {
      uint64_t from_here = least + (high << lowest);
      radix_sort(equal, from_here, from_here + ((uint64_t{1} << lowest) - 1), other);
    }
  }
}

// By word; entries of equal words keep their order.
void sort_by_word(std::span<OrderEntry> entries, Array<OrderEntry>& other) {
  bool ascends = true;
  uint64_t least = entries[0].word, greatest = least;
  for (size_t i = 1; i < entries.size(); ++i) {
    ascends &= entries[i - 1].word <= entries[i].word;
    least = std::min(least, entries[i].word);
    greatest = std::max(greatest, entries[i].word);
  }
  if (ascends) return;
  if (entries.size() >= kRadixRows) return radix_sort(entries, least, greatest, other);
  compare_sort(entries);
}

}  // namespace

OrderWords::OrderWords(std::span<const OrderColumn> columns, size_t rows) : columns_(columns) {
  for (const OrderColumn& order : columns) nulls_.push_back(has_null(order.column, rows));
}

std::optional<Digit> OrderWords::usable(Digit digit) const {
  // All rows of a constant are equal.
  while (digit.column < columns_.size() && columns_[digit.column].column.constant()) digit = {digit.column + 1, 0};
  if (digit.column == columns_.size()) return std::nullopt;
  return digit;
}

std::optional<Digit> OrderWords::next(Digit digit, uint64_t word) const {
  const OrderColumn& order = columns_[digit.column];
  if (order.column.type.text()) {
    uint64_t plain = order.descending ? ~word : word;
    bool null = word == 0 || word == ~uint64_t{0};
    if (!null && (plain & 0xFF) == kTextMore) return Digit{digit.column, digit.part + kTextBytes};
  } else if (digit.part + 1 < size_t{nulls_[digit.column]} + (wide(order.column.type) ? 2 : 1)) {
    return Digit{digit.column, digit.part + 1};
  }
  return usable({digit.column + 1, 0});
}

bool OrderWords::has_words(Digit digit) const {
  const Type& type = columns_[digit.column].column.type;
  return !type.nested() && type.id != TypeId::kInterval;
}

void OrderWords::fill(Digit digit, std::span<OrderEntry> entries) const {
  const OrderColumn& order = columns_[digit.column];
  const Type& type = order.column.type;
  if (type.text()) return fill_text(order, digit.part, entries);
  if (nulls_[digit.column] && digit.part == 0) {
    for (OrderEntry& entry : entries) entry.word = order.column.is_valid(entry.row) == order.nulls_first;
    return;
  }
  if (wide(type)) return fill_wide(order, digit.part == nulls_[digit.column], entries);
  switch (type.id) {
    case TypeId::kBoolean: return fill_numbers<uint8_t>(order, entries);
    case TypeId::kFloat: return fill_numbers<float>(order, entries);
    case TypeId::kDouble: return fill_numbers<double>(order, entries);
    case TypeId::kNull:
      for (OrderEntry& entry : entries) entry.word = 0;
      return;
    default: break;
  }
  switch (stored_bytes(type)) {
    case 1: return fill_numbers<int8_t>(order, entries);
    case 2: return fill_numbers<int16_t>(order, entries);
    case 4: return fill_numbers<int32_t>(order, entries);
    default: return fill_numbers<int64_t>(order, entries);
  }
}

void sort_entries(const OrderWords& words, Digit digit, bool filled, std::span<OrderEntry> entries,
                  Array<OrderEntry>& other) {
  struct Run {
    Digit digit;
    std::span<OrderEntry> entries;
    bool filled;
  };
  Run run = {digit, entries, filled};
  std::vector<Run> runs;  // after this one
  while (true) {
    bool many = run.entries.size() >= kRadixRows;
    if (many) stop_point();
    if (!words.has_words(run.digit) || (run.entries.size() < kCompareRows && !run.filled)) {
      auto columns = words.columns_from(run.digit);
      std::stable_sort(run.entries.begin(), run.entries.end(), [&](const OrderEntry& a, const OrderEntry& b) {
        if (many) stop_point();
        return compare_rows(columns, a.row, b.row) < 0;
      });
    } else {
      if (!run.filled) words.fill(run.digit, run.entries);
      sort_by_word(run.entries, other);
      for (size_t begin = 0, end = 0; begin < run.entries.size(); begin = end) {
        uint64_t word = run.entries[begin].word;
        while (end < run.entries.size() && run.entries[end].word == word) ++end;
        if (end - begin < 2) continue;
        if (auto next = words.next(run.digit, word))
          runs.push_back({*next, run.entries.subspan(begin, end - begin), false});
      }
    }
    if (runs.empty()) return;
    run = runs.back();
    runs.pop_back();
  }
}

}  // namespace segue::engine

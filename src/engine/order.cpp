#include "engine/order.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/expressions/compare.h"
#include "engine/order_words.h"

namespace segue::engine {
namespace {

using Digit = OrderWords::Digit;

constexpr size_t kTaskRows = size_t{1} << 16;  // rows that one worker sorts at a time
constexpr size_t kSplitRows = 4 * kTaskRows;   // more are split among the workers
constexpr size_t kMostSplitters = 1024;
constexpr size_t kSamples = 32;  // for each splitter

// How far the words of all entries ascend or descend.
struct Trend {
  bool ascends = true;   // no word is less than the one before
  bool falls = true;     // no word is greater than the one before
  bool strictly = true;  // no two neighbours are equal
};

Trend trend_of(std::span<const OrderEntry> entries) {
  Trend trend;
  for (size_t i = 1; i < entries.size(); ++i) {
    uint64_t before = entries[i - 1].word, here = entries[i].word;
    trend.ascends &= before <= here;
    trend.falls &= before >= here;
    trend.strictly &= before != here;
  }
  return trend;
}

void take_rows(std::span<const OrderEntry> entries, Array<uint32_t>& rows) {
  rows.resize(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) rows[i] = entries[i].row;
}

// Splits one range of rows after the other among the workers until each piece is small, then has them sort the pieces.
class ParallelSort {
 public:
  ParallelSort(const OrderWords& words, size_t rows, Workers& workers)
      : words_(words), workers_(workers), entries_(rows), scratch_(workers.count()) {}

  Array<uint32_t> sort(Digit first) {
    size_t count = entries_.size();
    if (count < kSplitRows || !words_.has_words(first)) {
      for (size_t i = 0; i < count; ++i) entries_[i].row = static_cast<uint32_t>(i);
      small_.push_back({first, 0, count, false});
    } else {
      split({first, 0, count}, [](size_t i) { return static_cast<uint32_t>(i); });
      while (!large_.empty()) {
        Range range = large_.back();
        large_.pop_back();
        split_again(range);
      }
    }
    workers_.for_each(small_.size(), [&](size_t worker, size_t task) {
      const Range& range = small_[task];
      std::span<OrderEntry> entries(entries_.data() + range.begin, range.end - range.begin);
      sort_entries(words_, range.digit, range.filled, entries, scratch_[worker]);
    });
    scratch_.clear();
    Array<uint32_t> rows(count);
    in_ranges(0, count, [&](size_t, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) rows[i] = entries_[i].row;
    });
    return rows;
  }

 private:
  struct Range {
    Digit digit;
    size_t begin, end;
    bool filled = false;  // the entries have the words of this digit
  };

  template <class Body>
  void in_ranges(size_t begin, size_t end, const Body& body) {
    workers_.for_each((end - begin + kTaskRows - 1) / kTaskRows, [&](size_t worker, size_t task) {
      body(worker, begin + task * kTaskRows, std::min(end, begin + (task + 1) * kTaskRows));
    });
  }

  // Words between which pieces are cut; each appears once.
  template <class RowAt>
  std::vector<uint64_t> splitters(const Range& range, const RowAt& row_at) const {
    size_t count = std::min(kMostSplitters, (range.end - range.begin) / kTaskRows);
    size_t step = (range.end - range.begin) / (count * kSamples);
    std::vector<OrderEntry> samples;
    // A step that is no multiple of a period in the rows would be better still; a skewed sample only makes uneven
    // pieces.
    for (size_t i = step / 2; i < range.end - range.begin; i += step) samples.push_back({0, row_at(i)});
    words_.fill(range.digit, samples);
    std::ranges::sort(samples, {}, &OrderEntry::word);
    std::vector<uint64_t> result;
    for (size_t i = kSamples; i < samples.size(); i += kSamples) result.push_back(samples[i].word);
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  void split_again(const Range& range) {
    if (range.end - range.begin < kSplitRows || !words_.has_words(range.digit)) {
      small_.push_back(range);
      return;
    }
    Array<uint32_t> rows(range.end - range.begin);
    in_ranges(0, rows.size(), [&](size_t, size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) rows[i] = entries_[range.begin + i].row;
    });
    split(range, [&](size_t i) { return rows[i]; });
  }

  // Puts the range's rows, of which row_at(i) is number i, into its entries by piece. The words are found twice, which
  // takes less than to keep them in between.
  template <class RowAt>
  void split(const Range& range, const RowAt& row_at) {
    size_t size = range.end - range.begin;
    // Piece 2s holds words below splitter s and above the one before, piece 2s + 1 the splitter itself: of these all
    // are equal.
    std::vector<uint64_t> cuts = splitters(range, row_at);
    size_t pieces = 2 * cuts.size() + 1;
    size_t tasks = (size + kTaskRows - 1) / kTaskRows;
    Array<uint32_t> counts(tasks * pieces, 0);
    Array<uint16_t> piece_of(size);
    auto load = [&](size_t worker, size_t begin, size_t end) {
      Array<OrderEntry>& entries = scratch_[worker];
      entries.resize(end - begin);
      for (size_t i = begin; i < end; ++i) entries[i - begin].row = row_at(i);
      words_.fill(range.digit, {entries.data(), entries.size()});
      return entries.data() - begin;
    };
    in_ranges(0, size, [&](size_t worker, size_t begin, size_t end) {
      const OrderEntry* entries = load(worker, begin, end);
      uint32_t* count = counts.data() + begin / kTaskRows * pieces;
      for (size_t i = begin; i < end; ++i) {
        uint64_t word = entries[i].word;
        size_t cut = static_cast<size_t>(std::lower_bound(cuts.begin(), cuts.end(), word) - cuts.begin());
        size_t piece = 2 * cut + (cut < cuts.size() && cuts[cut] == word ? 1 : 0);
        piece_of[i] = static_cast<uint16_t>(piece);
        ++count[piece];
      }
    });
    std::vector<size_t> begins = {range.begin};
    for (size_t piece = 0; piece < pieces; ++piece) {
      size_t next = begins.back();
      for (size_t task = 0; task < tasks; ++task) {
        uint32_t& count = counts[task * pieces + piece];
        next += std::exchange(count, static_cast<uint32_t>(next));
      }
      begins.push_back(next);
    }
    in_ranges(0, size, [&](size_t worker, size_t begin, size_t end) {
      const OrderEntry* entries = load(worker, begin, end);
      uint32_t* next = counts.data() + begin / kTaskRows * pieces;
      for (size_t i = begin; i < end; ++i) entries_[next[piece_of[i]]++] = entries[i];
    });
    for (size_t piece = 0; piece < pieces; ++piece) {
      Range part{range.digit, begins[piece], begins[piece + 1], true};
      if (part.end - part.begin < 2) continue;
      if (piece % 2 == 0) {
        small_.push_back(part);
      } else if (auto next = words_.next(range.digit, cuts[piece / 2])) {
        large_.push_back({*next, part.begin, part.end, false});
      }
    }
  }

  const OrderWords& words_;
  Workers& workers_;
  Array<OrderEntry> entries_;
  std::vector<Array<OrderEntry>> scratch_;  // one a worker
  std::vector<Range> large_, small_;
};

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
  OrderWords words(columns, rows);
  auto first = words.first();
  if (rows < 2 || !first) return Ordered::kAlready;
  scratch.entries.resize(rows);
  for (size_t i = 0; i < rows; ++i) scratch.entries[i].row = static_cast<uint32_t>(i);
  std::span<OrderEntry> entries(scratch.entries.data(), rows);
  if (words.has_words(*first)) {
    words.fill(*first, entries);
    Trend trend = trend_of(entries);
    if (trend.strictly && trend.falls) return Ordered::kReversed;
    if (trend.ascends && (trend.strictly || (columns.size() == 1 && !columns[0].column.type.text() &&
                                             !words.next(*first, entries[0].word))))
      return Ordered::kAlready;
    if (trend.falls) std::reverse(entries.begin(), entries.end());
    if (trend.falls || trend.ascends) {  // what is left is to sort among equal words
      for (size_t begin = 0, end = 0; begin < rows; begin = end) {
        uint64_t word = entries[begin].word;
        while (end < rows && entries[end].word == word) ++end;
        if (trend.falls) std::reverse(entries.begin() + begin, entries.begin() + end);
        auto next = end - begin < 2 ? std::nullopt : words.next(*first, word);
        if (next) sort_entries(words, *next, false, entries.subspan(begin, end - begin), scratch.other);
      }
      take_rows(entries, scratch.permutation);
      return Ordered::kPermuted;
    }
  }
  sort_entries(words, *first, words.has_words(*first), entries, scratch.other);
  take_rows(entries, scratch.permutation);
  return Ordered::kPermuted;
}

Array<uint32_t> sort_rows(std::span<const OrderColumn> columns, size_t rows, Workers& workers) {
  OrderWords words(columns, rows);
  auto first = words.first();
  if (first && rows > 1) return ParallelSort(words, rows, workers).sort(*first);
  Array<uint32_t> same(rows);
  std::iota(same.begin(), same.end(), 0);
  return same;
}

void sort_parts(std::span<const OrderColumn> columns, size_t rows, std::span<uint32_t> order,
                std::span<const uint32_t> ends, size_t most, OrderScratch& scratch) {
  OrderWords words(columns, rows);
  auto first = words.first();
  if (!first) return;
  scratch.entries.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) scratch.entries[i].row = order[i];
  std::span<OrderEntry> entries(scratch.entries.data(), order.size());
  bool filled = words.has_words(*first);
  if (filled) words.fill(*first, entries);
  size_t begin = 0;
  for (size_t end : ends) {
    if (end - begin > 1 && end - begin < most) {
      sort_entries(words, *first, filled, entries.subspan(begin, end - begin), scratch.other);
      for (size_t i = begin; i < end; ++i) order[i] = entries[i].row;
    }
    begin = end;
  }
}

SelectFirst::SelectFirst(std::span<const OrderColumn> columns, size_t rows)
    : words_(std::make_unique<OrderWords>(columns, rows)) {}
SelectFirst::~SelectFirst() = default;

// Digit by digit: what is less than the digit of row `count` is among the first, what is equal is told apart by the
// next.
void SelectFirst::operator()(std::span<OrderEntry> entries, size_t count) const {
  std::optional<Digit> digit = words_->first();
  while (count != 0 && count < entries.size()) {
    auto last = entries.begin() + static_cast<ptrdiff_t>(count - 1);
    if (!digit || !words_->has_words(*digit)) {
      auto columns = digit ? words_->columns_from(*digit) : std::span<const OrderColumn>();
      std::nth_element(entries.begin(), last, entries.end(), [&](const OrderEntry& a, const OrderEntry& b) {
        int order = columns.empty() ? 0 : compare_rows(columns, a.row, b.row);
        return order != 0 ? order < 0 : a.row < b.row;
      });
      return;
    }
    words_->fill(*digit, entries);
    std::nth_element(entries.begin(), last, entries.end(),
                     [](const OrderEntry& a, const OrderEntry& b) { return a.word < b.word; });
    uint64_t word = last->word;
    auto equal =
        std::partition(entries.begin(), entries.end(), [&](const OrderEntry& entry) { return entry.word < word; });
    auto greater = std::partition(equal, entries.end(), [&](const OrderEntry& entry) { return entry.word == word; });
    count -= static_cast<size_t>(equal - entries.begin());
    entries = {equal, greater};
    digit = words_->next(*digit, word);
  }
}

}  // namespace segue::engine

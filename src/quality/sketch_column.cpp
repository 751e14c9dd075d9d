#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "quality/column_sketch.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "quality/sketched_value.h"

namespace segue::quality {
namespace {

constexpr size_t kTaskRows = 65536;
// Counters that tell which values may be frequent: enough that few values share one, and all fit into a cache.
constexpr int kLeastCounterBits = 10, kMostCounterBits = 17;
static_assert(size_t{1} << kLeastCounterBits >= kFrequentValues);

// Hashes are kept in files, so they are of a kind that stays as it is: XXH3, and the last step of MurmurHash3 for words.
uint64_t hash_word(uint64_t word) {
  word += 0x9E3779B97F4A7C15ull;  // 0 would stay 0
  word = (word ^ word >> 33) * 0xFF51AFD7ED558CCDull;
  word = (word ^ word >> 33) * 0xC4CEB9FE1A85EC53ull;
  return word ^ word >> 33;
}

uint64_t hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

// How values of a column are read. Value: what they are computed with.
template <class Stored>
struct WholeAccess {
  using Value = int64_t;
  static Value get(const Column& column, size_t i) { return static_cast<int64_t>(column.as<Stored>()[i]); }
  static uint64_t hash(Value value) { return hash_word(static_cast<uint64_t>(value)); }
};
struct WideAccess {
  using Value = Int128;
  static Value get(const Column& column, size_t i) { return column.as<Int128>()[i]; }
  static uint64_t hash(Value value) {
    return hash_word(static_cast<uint64_t>(value) ^ hash_word(static_cast<uint64_t>(value >> 64)));
  }
};
template <class Stored>
struct RealAccess {
  using Value = double;
  // -0 equals 0, and all NaN are one.
  static Value get(const Column& column, size_t i) {
    auto value = static_cast<double>(column.as<Stored>()[i]);
    return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value + 0.0;
  }
  static uint64_t hash(Value value) { return hash_word(std::bit_cast<uint64_t>(value)); }
};
struct TextAccess {
  using Value = std::string_view;
  static Value get(const Column& column, size_t i) {
    return column.coded() ? column.dictionary->text(column.as<uint32_t>()[i]) : column.as<std::string_view>()[i];
  }
  static uint64_t hash(Value value) { return hash_text(value); }
};

Value make_value(const Type& type, int64_t value) { return {type, value}; }
Value make_value(const Type& type, Int128 value) { return {type, value}; }
Value make_value(const Type& type, double value) { return {type, value}; }
Value make_value(const Type& type, std::string_view value) { return {type, cut_text(value, type)}; }

// Rows [begin, end) of one column.
struct Rows {
  const Column* column;
  size_t begin, end;
};
using Task = std::vector<Rows>;

std::vector<Task> share_out(const Relation& relation) {
  std::vector<Task> tasks;
  size_t room = 0;
  for (const Batch& batch : relation.batches) {
    for (size_t begin = 0; begin < batch.rows;) {
      if (room == 0) {
        tasks.emplace_back();
        room = kTaskRows;
      }
      size_t end = std::min(batch.rows, begin + room);
      tasks.back().push_back({&batch.columns.at(0), begin, end});
      room -= end - begin;
      begin = end;
    }
  }
  return tasks;
}

// One state a worker, made by who needs it; then merged into one.
template <class State, class Make, class Use>
State in_parallel(Workers& workers, size_t tasks, const Make& make, const Use& use) {
  std::vector<std::unique_ptr<State>> states(workers.count());
  workers.for_each(tasks, [&](size_t worker, size_t task) {
    if (!states[worker]) states[worker] = std::make_unique<State>(make());
    use(*states[worker], task);
  });
  std::unique_ptr<State> all;
  for (std::unique_ptr<State>& state : states) {
    if (!state) continue;
    if (all)
      all->merge(*state);
    else
      all = std::move(state);
  }
  return all ? std::move(*all) : make();
}

template <class V>
struct Ends {
  std::optional<V> min, max;
  void add(const V& value) {
    if (!min) {
      min = max = value;
    } else if (less(value, *min)) {
      min = value;
    } else if (less(*max, value)) {
      max = value;
    }
  }
  void merge(const Ends& other) {
    if (!other.min) return;
    add(*other.min);
    add(*other.max);
  }
};

template <class V>
struct Counted {
  V value;
  uint64_t rows;
};

// The most frequent first, and of equally frequent ones the least.
template <class V>
bool before(const Counted<V>& a, const Counted<V>& b) {
  return a.rows != b.rows ? a.rows > b.rows : less(a.value, b.value);
}

// Puts the counted values into the sketch, as many as it holds.
template <class V>
void list_frequent(ColumnSketch& sketch, std::vector<Counted<V>>& counted) {
  size_t kept = std::min(counted.size(), kFrequentValues);
  std::partial_sort(counted.begin(), counted.begin() + static_cast<ptrdiff_t>(kept), counted.end(), before<V>);
  uint64_t left = 0;
  for (size_t i = kept; i < counted.size(); ++i) left = std::max(left, counted[i].rows);
  sketch.others = std::max(sketch.others, left);
  for (size_t i = 0; i < kept; ++i)
    sketch.frequent.push_back({make_value(sketch.type, counted[i].value), counted[i].rows, 0});
}

// First pass: everything but which values are frequent.
template <class V>
struct Survey {
  uint64_t nulls = 0;
  Ends<V> ends;
  DistinctSketch distinct;
  std::vector<uint64_t> counters;
  std::optional<QuantileSketch> quantiles;

  void merge(const Survey& other) {
    nulls += other.nulls;
    ends.merge(other.ends);
    distinct.merge(other.distinct);
    for (size_t i = 0; i < counters.size(); ++i) counters[i] += other.counters[i];
    if (quantiles) quantiles->merge(*other.quantiles);
  }
};

// Second pass: rows of each value, by its hash.
template <class V>
class Counts {
 public:
  Counts() : slots_(2048) {}
  void add(uint64_t hash, const V& value, uint64_t rows) {
    hash += hash == 0;  // 0 is an empty slot
    size_t mask = slots_.size() - 1, at = hash & mask;
    while (slots_[at].hash != hash && slots_[at].hash != 0) at = (at + 1) & mask;
    Slot& slot = slots_[at];
    slot.counted.rows += rows;
    if (slot.hash != 0) return;
    slot.hash = hash;
    slot.counted.value = value;
    if (++used_ * 2 > slots_.size()) grow();
  }
  void merge(const Counts& other) {
    for (const Slot& slot : other.slots_)
      if (slot.hash != 0) add(slot.hash, slot.counted.value, slot.counted.rows);
  }
  std::vector<Counted<V>> take() {
    std::vector<Counted<V>> counted;
    for (const Slot& slot : slots_)
      if (slot.hash != 0) counted.push_back(slot.counted);
    return counted;
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    Counted<V> counted{};
  };
  void grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    used_ = 0;
    for (const Slot& slot : old)
      if (slot.hash != 0) add(slot.hash, slot.counted.value, slot.counted.rows);
  }
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

// The frequent values are found in two passes. The first counts rows by hash, in few counters. No value has more rows
// than its counter says, so the values behind the kFrequentValues highest counters are those to look at; the second
// pass counts their rows exactly, and the next counter bounds those of all others.
template <class Access>
void scan(ColumnSketch& sketch, const std::vector<Task>& tasks, Workers& workers, bool mergeable) {
  using V = typename Access::Value;
  const int bits = std::clamp(static_cast<int>(std::bit_width(2 * sketch.rows)), kLeastCounterBits, kMostCounterBits);
  const int shift = 64 - bits;
  const bool few = sketch.rows <= kFrequentValues;  // all will be listed
  const bool measured = measurable(sketch.type) && (mergeable || !few);
  const int64_t infinity = infinity_of(sketch.type);
  const bool whole = sketch.type.id != TypeId::kFloat && sketch.type.id != TypeId::kDouble;
  auto survey = in_parallel<Survey<V>>(
      workers, tasks.size(),
      [&] {
        Survey<V> made;
        made.counters.resize(size_t{1} << bits);
        if (measured) made.quantiles.emplace(whole);
        return made;
      },
      [&](Survey<V>& into, size_t task) {
        for (const Rows& rows : tasks[task]) {
          const Column& column = *rows.column;
          for (size_t row = rows.begin; row < rows.end; ++row) {
            if (!column.is_valid(row)) {
              ++into.nulls;
              continue;
            }
            V value = Access::get(column, row * column.stride);
            uint64_t hash = Access::hash(value);
            into.ends.add(value);
            into.distinct.add(hash);
            ++into.counters[hash >> shift];
            if (into.quantiles)
              if (std::optional<double> number = measure_of(value, infinity)) into.quantiles->add(*number);
          }
        }
      });
  sketch.nulls = survey.nulls;
  if (!survey.ends.min) {
    sketch.exact_distinct = 0;
  } else {
    sketch.min = make_value(sketch.type, *survey.ends.min);
    sketch.max = make_value(sketch.type, *survey.ends.max);
  }
  std::vector<uint64_t> highest = survey.counters;
  uint64_t most_of_others = 0;
  if (highest.size() > kFrequentValues) {
    auto next = highest.begin() + kFrequentValues;
    std::nth_element(highest.begin(), next, highest.end(), std::greater<>());
    most_of_others = *next;
  }
  sketch.others = most_of_others;
  auto counts = in_parallel<Counts<V>>(
      workers, tasks.size(), [] { return Counts<V>(); },
      [&](Counts<V>& into, size_t task) {
        for (const Rows& rows : tasks[task]) {
          const Column& column = *rows.column;
          for (size_t row = rows.begin; row < rows.end; ++row) {
            if (!column.is_valid(row)) continue;
            V value = Access::get(column, row * column.stride);
            uint64_t hash = Access::hash(value);
            if (survey.counters[hash >> shift] > most_of_others) into.add(hash, value, 1);
          }
        }
      });
  std::vector<Counted<V>> counted = counts.take();
  if (most_of_others == 0) sketch.exact_distinct = counted.size();
  list_frequent(sketch, counted);
  if (mergeable || !sketch.exact_distinct) sketch.distinct = survey.distinct;
  sketch.quantiles = std::move(survey.quantiles);
}

struct CodeCounts {
  std::vector<uint64_t> rows;
  void merge(const CodeCounts& other) {
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += other.rows[i];
  }
};

struct CodeSurvey {
  Ends<std::string_view> ends;
  DistinctSketch distinct;
  std::vector<Counted<std::string_view>> counted;
  void merge(const CodeSurvey& other) {
    ends.merge(other.ends);
    distinct.merge(other.distinct);
    counted.insert(counted.end(), other.counted.begin(), other.counted.end());
  }
};

// Codes are counted one by one, and texts are looked at once each.
void scan_codes(ColumnSketch& sketch, const Dictionary& dictionary, const std::vector<Task>& tasks, Workers& workers,
                bool mergeable) {
  size_t codes = size_t{dictionary.size()} + 1;
  auto counts = in_parallel<CodeCounts>(
      workers, tasks.size(), [&] { return CodeCounts{std::vector<uint64_t>(codes)}; },
      [&](CodeCounts& into, size_t task) {
        for (const Rows& rows : tasks[task]) {
          const auto* values = rows.column->as<uint32_t>();
          for (size_t row = rows.begin; row < rows.end; ++row) ++into.rows[values[row * rows.column->stride]];
        }
      });
  auto survey = in_parallel<CodeSurvey>(
      workers, (codes + kTaskRows - 1) / kTaskRows, [] { return CodeSurvey(); },
      [&](CodeSurvey& into, size_t task) {
        for (size_t code = std::max<size_t>(1, task * kTaskRows); code < std::min(codes, (task + 1) * kTaskRows);
             ++code) {
          if (counts.rows[code] == 0) continue;
          std::string_view text = dictionary.text(static_cast<uint32_t>(code));
          into.ends.add(text);
          if (mergeable) into.distinct.add(hash_text(text));
          into.counted.push_back({text, counts.rows[code]});
        }
      });
  sketch.nulls = counts.rows[0];
  sketch.exact_distinct = survey.counted.size();
  if (mergeable) sketch.distinct = survey.distinct;
  if (!survey.ends.min) return;
  sketch.min = make_value(sketch.type, *survey.ends.min);
  sketch.max = make_value(sketch.type, *survey.ends.max);
  list_frequent(sketch, survey.counted);
}

// The dictionary of all batches, if there is one whose codes can well be counted.
const Dictionary* one_dictionary(const Relation& relation, uint64_t rows) {
  const Dictionary* one = nullptr;
  for (const Batch& batch : relation.batches) {
    const Dictionary* each = batch.columns.at(0).dictionary.get();
    if (each == nullptr || (one != nullptr && one != each)) return nullptr;
    one = each;
  }
  return one != nullptr && one->size() <= 4 * rows + kTaskRows ? one : nullptr;
}

}  // namespace

ColumnSketch sketch_column(const Relation& relation, Workers& workers, bool mergeable) {
  ColumnSketch sketch;
  sketch.type = relation.fields.at(0).type;
  sketch.rows = relation.rows();
  std::vector<Task> tasks = share_out(relation);
  if (sketch.type.nested()) {
    for (const Task& task : tasks)
      for (const Rows& rows : task)
        for (size_t row = rows.begin; row < rows.end; ++row) sketch.nulls += rows.column->is_valid(row) ? 0 : 1;
    return sketch;
  }
  if (const Dictionary* dictionary = one_dictionary(relation, sketch.rows)) {
    scan_codes(sketch, *dictionary, tasks, workers, mergeable);
    return sketch;
  }
  switch (sketch.type.id) {
    case TypeId::kBoolean: scan<WholeAccess<uint8_t>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kTinyint: scan<WholeAccess<int8_t>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kSmallint: scan<WholeAccess<int16_t>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kInteger:
    case TypeId::kDate: scan<WholeAccess<int32_t>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kBigint:
    case TypeId::kTimestamp: scan<WholeAccess<int64_t>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kDecimal:
      if (sketch.type.wide_decimal())
        scan<WideAccess>(sketch, tasks, workers, mergeable);
      else
        scan<WholeAccess<int64_t>>(sketch, tasks, workers, mergeable);
      break;
    case TypeId::kFloat: scan<RealAccess<float>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kDouble: scan<RealAccess<double>>(sketch, tasks, workers, mergeable); break;
    case TypeId::kVarchar:
    case TypeId::kBlob: scan<TextAccess>(sketch, tasks, workers, mergeable); break;
    default: fail(ErrorCode::kInternal, "no statistics of " + to_string(sketch.type));
  }
  return sketch;
}

}  // namespace segue::quality

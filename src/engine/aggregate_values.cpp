// Aggregates that keep one value a group: min, max, first, any_value, bool_and, bool_or.
#include <cmath>

#include "engine/aggregate_make.h"
#include "engine/expressions/compare.h"
#include "engine/expressions/gather.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

// Orders as compare() does, for values in columns of plain T.
template <class T>
struct Before {
  bool operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return a < b || (std::isnan(b) && !std::isnan(a));
    } else {
      return a < b;
    }
  }
};
template <>
struct Before<Interval> {
  bool operator()(const Interval& a, const Interval& b) const {
    Interval x = normalise(a), y = normalise(b);
    if (x.months != y.months) return x.months < y.months;
    return x.days != y.days ? x.days < y.days : x.micros < y.micros;
  }
};

enum class Rule { kMinimum, kMaximum, kFirst, kAnd, kOr };

// One value of T a group; `set` says whether there is one: 0 none, 1 a value, 2 NULL (first only).
template <class T>
class One : public AggregateState {
 public:
  One(Type type, Rule rule, bool skip_nulls) : type_(std::move(type)), rule_(rule), skip_nulls_(skip_nulls) {}
  void resize(size_t groups) override {
    size_t old = set_.size();
    if (groups <= old) return;
    if (groups > set_.capacity()) {
      set_.reserve(std::max(groups, old * 2));
      values_.reserve(std::max(groups, old * 2));
    }
    set_.resize(groups);
    values_.resize(groups);
    std::fill(set_.begin() + old, set_.end(), uint8_t{0});
    std::fill(values_.begin() + old, values_.end(), T{});
  }
  void reset() override {
    set_.clear();
    values_.clear();
  }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    switch (rule_) {
      case Rule::kMinimum:
        return fold(arguments[0], numbers, rows, [](T kept, T value) { return Before<T>()(value, kept); });
      case Rule::kMaximum:
        return fold(arguments[0], numbers, rows, [](T kept, T value) { return Before<T>()(kept, value); });
      case Rule::kFirst: return fold(arguments[0], numbers, rows, [](T, T) { return false; });
      case Rule::kAnd:
      case Rule::kOr:
        if constexpr (std::is_same_v<T, uint8_t>) {
          bool any = rule_ == Rule::kOr;
          return fold(arguments[0], numbers, rows, [any](T, T value) { return (value != 0) == any; });
        }
        return;
    }
  }
  std::vector<Type> partial_types() const override { return {type_, TypeId::kTinyint}; }
  std::vector<Column> partial() override {
    auto set = share(Array<uint8_t>(set_.size()));
    std::copy(set_.begin(), set_.end(), const_cast<uint8_t*>(set->data()));
    Column state;
    state.type = TypeId::kTinyint;
    state.values = set->data();
    state.owner = set;
    return {finish(), state};
  }
  void merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows) override {
    // Groups without a value are left out; what is left is folded like any rows.
    const auto* set = partial[1].as<uint8_t>();
    Array<uint32_t> picked, picked_numbers;
    for (size_t i = 0; i < rows; ++i) {
      if (set[i] == 0) continue;
      picked.push_back(static_cast<uint32_t>(i));
      picked_numbers.push_back(numbers[i]);
    }
    if (picked.size() == rows) return update(partial.first(1), numbers, rows);
    Column values = gather(partial[0], {picked.data(), picked.size()});
    update({&values, 1}, picked_numbers.data(), picked.size());
  }
  void accumulate(const uint8_t* restarts) override {
    for (size_t i = 1; i < set_.size(); ++i) {
      if (restarts[i] || set_[i - 1] == 0) continue;
      bool keeps_own = set_[i] == 1 && set_[i - 1] == 1 &&
                       ((rule_ == Rule::kMinimum && Before<T>()(values_[i], values_[i - 1])) ||
                        (rule_ == Rule::kMaximum && Before<T>()(values_[i - 1], values_[i])));
      if (keeps_own) continue;
      values_[i] = values_[i - 1];
      set_[i] = set_[i - 1];
    }
  }
  Column finish() override {
    struct Memory {
      Array<T> values;
      Array<uint8_t> valid;
    };
    auto memory = std::make_shared<Memory>();
    bool all = true;
    for (uint8_t& set : set_) {
      set = set == 1;
      all = all && set;
    }
    memory->values = std::move(values_);
    memory->valid = std::move(set_);
    Column column;
    column.type = type_;
    column.values = memory->values.data();
    column.valid = all ? nullptr : memory->valid.data();
    column.owner = std::move(memory);
    return column;
  }

 private:
  template <class Replaces>
  void fold(const Column& column, const uint32_t* numbers, size_t rows, Replaces replaces) {
    const T* values = column.as<T>();
    uint8_t* set = set_.data();
    T* kept = values_.data();
    for (size_t i = 0; i < rows; ++i) {
      uint32_t number = numbers[i];
      if (!column.is_valid(i)) {
        if (!skip_nulls_ && set[number] == 0) set[number] = 2;
        continue;
      }
      T value = values[i * column.stride];
      if (set[number] == 0 || (set[number] == 1 && replaces(kept[number], value))) {
        kept[number] = value;
        set[number] = 1;
      }
    }
  }

  Type type_;
  Rule rule_;
  bool skip_nulls_;
  Array<uint8_t> set_;
  Array<T> values_;
};

// The same for text. Kept values are codes of a dictionary of our own.
class OneText : public AggregateState {
 public:
  OneText(Type type, Rule rule, bool skip_nulls) : type_(std::move(type)), rule_(rule), skip_nulls_(skip_nulls) {}
  void resize(size_t groups) override {
    size_t old = set_.size();
    if (groups <= old) return;
    set_.resize(groups);
    kept_.resize(groups);
    std::fill(set_.begin() + old, set_.end(), uint8_t{0});
    std::fill(kept_.begin() + old, kept_.end(), uint32_t{0});
  }
  void reset() override {
    set_.clear();
    kept_.clear();
  }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    const Column& column = arguments[0];
    for (size_t i = 0; i < rows; ++i) {
      uint32_t number = numbers[i];
      if (!column.is_valid(i)) {
        if (!skip_nulls_ && set_[number] == 0) set_[number] = 1;
        continue;
      }
      if (set_[number] != 0 && (rule_ == Rule::kFirst || !replaces(number, column.text(i)))) continue;
      kept_[number] = texts_->intern(column.text(i));
      set_[number] = 1;
    }
  }
  std::vector<Type> partial_types() const override { return {type_, TypeId::kTinyint}; }
  std::vector<Column> partial() override {
    auto set = share(std::move(set_));
    Column state;
    state.type = TypeId::kTinyint;
    state.values = set->data();
    state.owner = set;
    return {finish(), state};
  }
  void merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows) override {
    for (size_t i = 0; i < rows; ++i) {
      if (partial[1].as<uint8_t>()[i] == 0) continue;
      Column value = partial[0].slice(i);
      update({&value, 1}, numbers + i, 1);
    }
  }
  void accumulate(const uint8_t* restarts) override {
    for (size_t i = 1; i < set_.size(); ++i) {
      if (restarts[i] || set_[i - 1] == 0) continue;
      bool keeps_own = set_[i] != 0 && rule_ != Rule::kFirst && kept_[i] != 0 &&
                       replaces(static_cast<uint32_t>(i - 1), texts_->text(kept_[i]));
      if (keeps_own) continue;
      kept_[i] = kept_[i - 1];
      set_[i] = 1;
    }
  }
  Column finish() override {
    auto codes = share(std::move(kept_));
    Column column;
    column.type = type_;
    column.values = codes->data();
    column.dictionary = texts_;
    column.owner = codes;
    return column;
  }

 private:
  bool replaces(uint32_t number, std::string_view text) const {
    if (kept_[number] == 0) return false;
    std::string_view kept = texts_->text(kept_[number]);
    return rule_ == Rule::kMinimum ? text < kept : kept < text;
  }

  Type type_;
  Rule rule_;
  bool skip_nulls_;
  Array<uint8_t> set_;
  Array<uint32_t> kept_;
  std::shared_ptr<Dictionary> texts_ = std::make_shared<Dictionary>();
};

std::unique_ptr<AggregateState> make_one(const Type& type, Rule rule, bool skip_nulls) {
  switch (type.id) {
    case TypeId::kBoolean: return std::make_unique<One<uint8_t>>(type, rule, skip_nulls);
    case TypeId::kTinyint: return std::make_unique<One<int8_t>>(type, rule, skip_nulls);
    case TypeId::kSmallint: return std::make_unique<One<int16_t>>(type, rule, skip_nulls);
    case TypeId::kInteger:
    case TypeId::kDate: return std::make_unique<One<int32_t>>(type, rule, skip_nulls);
    case TypeId::kBigint:
    case TypeId::kTimestamp: return std::make_unique<One<int64_t>>(type, rule, skip_nulls);
    case TypeId::kHugeint: return std::make_unique<One<Int128>>(type, rule, skip_nulls);
    case TypeId::kFloat: return std::make_unique<One<float>>(type, rule, skip_nulls);
    case TypeId::kDouble: return std::make_unique<One<double>>(type, rule, skip_nulls);
    case TypeId::kDecimal:
      if (type.wide_decimal()) return std::make_unique<One<Int128>>(type, rule, skip_nulls);
      return std::make_unique<One<int64_t>>(type, rule, skip_nulls);
    case TypeId::kInterval: return std::make_unique<One<Interval>>(type, rule, skip_nulls);
    case TypeId::kVarchar:
    case TypeId::kBlob: return std::make_unique<OneText>(type, rule, skip_nulls);
    default: return nullptr;
  }
}

}  // namespace

std::unique_ptr<AggregateState> make_extreme(const Type& type, bool maximum) {
  return make_one(type, maximum ? Rule::kMaximum : Rule::kMinimum, true);
}

std::unique_ptr<AggregateState> make_first(const Type& type, bool skip_nulls) {
  return make_one(type, Rule::kFirst, skip_nulls);
}

std::unique_ptr<AggregateState> make_boolean(bool any) {
  return std::make_unique<One<uint8_t>>(TypeId::kBoolean, any ? Rule::kOr : Rule::kAnd, true);
}

}  // namespace segue::engine

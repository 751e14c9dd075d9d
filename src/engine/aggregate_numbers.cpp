// count, sum and avg.
#include <limits>

#include "base/error.h"
#include "engine/aggregate_make.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

template <class T>
Column plain_column(const Type& type, Array<T> values, Array<uint8_t> valid = {}) {
  struct Memory {
    Array<T> values;
    Array<uint8_t> valid;
  };
  auto memory = std::make_shared<Memory>(Memory{std::move(values), std::move(valid)});
  Column column;
  column.type = type;
  column.values = memory->values.data();
  column.valid = memory->valid.empty() ? nullptr : memory->valid.data();
  column.owner = std::move(memory);
  return column;
}

template <class T>
void grow(Array<T>& values, size_t size) {
  size_t old = values.size();
  if (size <= old) return;
  if (size > values.capacity()) values.reserve(std::max(size, old * 2));
  values.resize(size);
  std::fill(values.begin() + old, values.end(), T{});
}

// count(*) and count(x).
class Count : public AggregateState {
 public:
  void resize(size_t groups) override { grow(counts_, groups); }
  void reset() override { counts_.clear(); }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    int64_t* counts = counts_.data();
    if (arguments.empty() || (arguments[0].valid == nullptr && !arguments[0].coded())) {
      for (size_t i = 0; i < rows; ++i) ++counts[numbers[i]];
      return;
    }
    for (size_t i = 0; i < rows; ++i) counts[numbers[i]] += arguments[0].is_valid(i);
  }
  std::vector<Type> partial_types() const override { return {TypeId::kBigint}; }
  std::vector<Column> partial() override { return {finish()}; }
  void merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows) override {
    const auto* counts = partial[0].as<int64_t>();
    for (size_t i = 0; i < rows; ++i) counts_[numbers[i]] += counts[i];
  }
  void accumulate(const uint8_t* restarts) override {
    for (size_t i = 1; i < counts_.size(); ++i) counts_[i] += restarts[i] ? 0 : counts_[i - 1];
  }
  Column finish() override { return plain_column<int64_t>(TypeId::kBigint, std::move(counts_)); }

 private:
  Array<int64_t> counts_;
};

[[noreturn]] void sum_overflow(const Type& type) {
  fail(ErrorCode::kData, "a sum is out of the range of " + to_string(type),
       "sum a smaller type, or cast the argument to DOUBLE");
}

// sum and avg over T with sums of type S. A group without a value is NULL.
template <class T, class S>
class Sum : public AggregateState {
 public:
  // divisor 0: a sum; else an average of values that stand for value / divisor.
  Sum(Type type, double divisor) : type_(std::move(type)), divisor_(divisor) {}
  void resize(size_t groups) override {
    grow(sums_, groups);
    grow(counts_, groups);
  }
  void reset() override {
    sums_.clear();
    counts_.clear();
  }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    const Column& column = arguments[0];
    const T* values = column.as<T>();
    S* sums = sums_.data();
    int64_t* counts = counts_.data();
    for (size_t i = 0; i < rows; ++i) {
      if (!column.is_valid(i)) continue;
      uint32_t number = numbers[i];
      add(sums[number], static_cast<S>(values[i * column.stride]));
      ++counts[number];
    }
  }
  std::vector<Type> partial_types() const override { return {sum_type(), TypeId::kBigint}; }
  std::vector<Column> partial() override {
    return {plain_column<S>(sum_type(), std::move(sums_)), plain_column<int64_t>(TypeId::kBigint, std::move(counts_))};
  }
  void merge(std::span<const Column> partial, const uint32_t* numbers, size_t rows) override {
    for (size_t i = 0; i < rows; ++i) {
      add(sums_[numbers[i]], partial[0].as<S>()[i]);
      counts_[numbers[i]] += partial[1].as<int64_t>()[i];
    }
  }
  void accumulate(const uint8_t* restarts) override {
    for (size_t i = 1; i < sums_.size(); ++i) {
      if (restarts[i]) continue;
      add(sums_[i], sums_[i - 1]);
      counts_[i] += counts_[i - 1];
    }
  }
  Column finish() override {
    size_t groups = sums_.size();
    Array<uint8_t> valid(groups);
    bool all = true;
    for (size_t i = 0; i < groups; ++i) {
      valid[i] = counts_[i] != 0;
      all = all && valid[i];
    }
    if (all) valid = Array<uint8_t>();
    if (divisor_ == 0) {
      if (type_.id == TypeId::kDecimal) check_width(groups);
      return plain_column<S>(type_, std::move(sums_), std::move(valid));
    }
    Array<double> averages(groups);
    for (size_t i = 0; i < groups; ++i) {
      auto divisor = static_cast<long double>(counts_[i]) * static_cast<long double>(divisor_);
      averages[i] = counts_[i] == 0 ? 0 : static_cast<double>(static_cast<long double>(sums_[i]) / divisor);
    }
    return plain_column<double>(type_, std::move(averages), std::move(valid));
  }

 private:
  Type sum_type() const { return std::is_same_v<S, Int128> ? Type(TypeId::kHugeint) : Type(TypeId::kDouble); }
  void add(S& sum, S value) {
    if constexpr (std::is_same_v<S, Int128>) {
      if (__builtin_add_overflow(sum, value, &sum)) sum_overflow(type_);
    } else {
      sum += value;
    }
  }
  // DECIMAL(38, s) holds less than an Int128.
  void check_width(size_t groups) {
    if constexpr (std::is_same_v<S, Int128>) {
      Int128 limit = 1;
      for (int i = 0; i < 38; ++i) limit *= 10;
      for (size_t i = 0; i < groups; ++i) {
        if (sums_[i] <= -limit || sums_[i] >= limit) sum_overflow(type_);
      }
    }
  }

  Type type_;
  double divisor_;
  Array<S> sums_;
  Array<int64_t> counts_;
};

}  // namespace

std::unique_ptr<AggregateState> make_count() { return std::make_unique<Count>(); }

std::unique_ptr<AggregateState> make_sum(const Type& argument, const Type& result, bool average) {
  double divisor = average ? 1 : 0;
  if (average && argument.id == TypeId::kDecimal) {
    for (int i = 0; i < argument.scale; ++i) divisor *= 10;
  }
  switch (argument.id) {
    case TypeId::kBoolean: return std::make_unique<Sum<uint8_t, Int128>>(result, divisor);
    case TypeId::kTinyint: return std::make_unique<Sum<int8_t, Int128>>(result, divisor);
    case TypeId::kSmallint: return std::make_unique<Sum<int16_t, Int128>>(result, divisor);
    case TypeId::kInteger: return std::make_unique<Sum<int32_t, Int128>>(result, divisor);
    case TypeId::kBigint: return std::make_unique<Sum<int64_t, Int128>>(result, divisor);
    case TypeId::kHugeint: return std::make_unique<Sum<Int128, Int128>>(result, divisor);
    case TypeId::kFloat: return std::make_unique<Sum<float, double>>(result, divisor);
    case TypeId::kDouble: return std::make_unique<Sum<double, double>>(result, divisor);
    case TypeId::kDecimal:
      if (argument.wide_decimal()) return std::make_unique<Sum<Int128, Int128>>(result, divisor);
      return std::make_unique<Sum<int64_t, Int128>>(result, divisor);
    default: return nullptr;
  }
}

}  // namespace segue::engine

// arg_min and arg_max.
#include <cmath>
#include <cstring>

#include "base/memory.h"
#include "engine/aggregate_make.h"
#include "engine/expressions/order.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

// The kept argument of each group: a code of a dictionary of our own for text, else the bytes of the value.
class KeptValues {
 public:
  explicit KeptValues(const Type& type) : type_(type) {}
  void resize(size_t groups) { values_.resize(groups); }
  void clear() { values_.clear(); }
  void keep(size_t group, const Column& column, size_t row) {
    if (type_.text()) {
      uint32_t code = texts_->intern(column.text(row));
      std::memcpy(&values_[group], &code, sizeof code);
      return;
    }
    size_t bytes = stored_bytes(type_);
    std::memcpy(&values_[group], static_cast<const std::byte*>(column.values) + row * column.stride * bytes, bytes);
  }
  Column column(const std::vector<uint8_t>& set) const {
    struct Memory {
      Block values;
      Array<uint8_t> valid;
    };
    auto memory = std::make_shared<Memory>();
    size_t bytes = stored_bytes(type_);
    memory->values = Block(values_.size() * bytes + 1);
    memory->valid.append(set.data(), set.size());
    for (size_t i = 0; i < values_.size(); ++i) {
      if (set[i]) {
        std::memcpy(memory->values.data() + i * bytes, &values_[i], bytes);
      } else {
        std::memset(memory->values.data() + i * bytes, 0, bytes);
      }
    }
    Column column;
    column.type = type_;
    column.values = memory->values.data();
    if (type_.text()) {
      column.dictionary = texts_;
    } else {
      column.valid = memory->valid.data();
    }
    column.owner = std::move(memory);
    return column;
  }

 private:
  struct alignas(16) Bytes {
    std::byte bytes[16];
  };
  Type type_;
  std::vector<Bytes> values_;
  std::shared_ptr<Dictionary> texts_ = std::make_shared<Dictionary>();
};

// K: how `by` lies in memory; std::string stands for text.
template <class K>
class ArgExtreme : public AggregateState {
 public:
  ArgExtreme(const Type& argument, bool maximum) : maximum_(maximum), values_(argument) {}
  void resize(size_t groups) override {
    if (groups <= set_.size()) return;
    set_.resize(groups);
    best_.resize(groups);
    values_.resize(groups);
  }
  void reset() override {
    set_.clear();
    best_.clear();
    values_.clear();
  }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    const Column &argument = arguments[0], &by = arguments[1];
    for (size_t i = 0; i < rows; ++i) {
      if (!argument.is_valid(i) || !by.is_valid(i)) continue;
      uint32_t group = numbers[i];
      int better = 0;
      if constexpr (std::is_same_v<K, std::string>) {
        better = set_[group] ? order(by.text(i), std::string_view(best_[group])) : 1;
      } else {
        better = set_[group] ? order(by.as<K>()[i * by.stride], best_[group]) : 1;
      }
      if (set_[group] && (maximum_ ? better <= 0 : better >= 0)) continue;
      set_[group] = 1;
      if constexpr (std::is_same_v<K, std::string>) {
        best_[group] = by.text(i);
      } else {
        best_[group] = by.as<K>()[i * by.stride];
      }
      values_.keep(group, argument, i);
    }
  }
  Column finish() override { return values_.column(set_); }

 private:
  bool maximum_;
  std::vector<uint8_t> set_;
  std::vector<K> best_;
  KeptValues values_;
};

}  // namespace

std::unique_ptr<AggregateState> make_arg_extreme(const Type& argument, const Type& by, bool maximum) {
  if (argument.nested() || argument.id == TypeId::kNull) return nullptr;
  switch (by.id) {
    case TypeId::kBoolean: return std::make_unique<ArgExtreme<uint8_t>>(argument, maximum);
    case TypeId::kTinyint: return std::make_unique<ArgExtreme<int8_t>>(argument, maximum);
    case TypeId::kSmallint: return std::make_unique<ArgExtreme<int16_t>>(argument, maximum);
    case TypeId::kInteger:
    case TypeId::kDate: return std::make_unique<ArgExtreme<int32_t>>(argument, maximum);
    case TypeId::kBigint:
    case TypeId::kTimestamp: return std::make_unique<ArgExtreme<int64_t>>(argument, maximum);
    case TypeId::kHugeint: return std::make_unique<ArgExtreme<Int128>>(argument, maximum);
    case TypeId::kFloat: return std::make_unique<ArgExtreme<float>>(argument, maximum);
    case TypeId::kDouble: return std::make_unique<ArgExtreme<double>>(argument, maximum);
    case TypeId::kDecimal:
      if (by.wide_decimal()) return std::make_unique<ArgExtreme<Int128>>(argument, maximum);
      return std::make_unique<ArgExtreme<int64_t>>(argument, maximum);
    case TypeId::kVarchar:
    case TypeId::kBlob: return std::make_unique<ArgExtreme<std::string>>(argument, maximum);
    default: return nullptr;
  }
}

}  // namespace segue::engine

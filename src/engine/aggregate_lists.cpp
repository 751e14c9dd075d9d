// Aggregates that need all rows of a group at once: list, string_agg, quantiles.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/stop_point.h"
#include "engine/aggregate_make.h"
#include "engine/expressions/gather.h"
#include "engine/order.h"

namespace segue::engine {
namespace {

// Keeps all rows and sorts them out at the end.
class List : public AggregateState {
 public:
  List(Type type, std::vector<plan::OrderKey> order)
      : type_(std::move(type)), order_(std::move(order)), pieces_(1 + order_.size()) {}
  size_t groups() const { return groups_; }
  void resize(size_t groups) override { groups_ = std::max(groups_, groups); }
  void reset() override {
    groups_ = 0;
    numbers_.clear();
    rows_.clear();
    for (auto& pieces : pieces_) pieces.clear();
  }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    numbers_.append(numbers, rows);
    rows_.push_back(rows);
    for (size_t i = 0; i < pieces_.size(); ++i) pieces_[i].push_back(arguments[i]);
  }
  Column finish() override {
    size_t rows = numbers_.size();
    std::vector<OrderColumn> columns(1);
    columns[0].column.type = TypeId::kBigint;
    Array<int64_t> numbers(rows);
    for (size_t i = 0; i < rows; ++i) numbers[i] = numbers_[i];
    columns[0].column.values = numbers.data();
    for (size_t i = 0; i < order_.size(); ++i) {
      columns.push_back({whole(order_[i].expression->type, 1 + i), order_[i].descending, order_[i].nulls_first});
      stop_point();
    }
    OrderScratch scratch;
    Ordered ordered = sort_rows(columns, rows, scratch);
    stop_point();
    Column values = whole(type_.element(), 0);
    stop_point();
    if (ordered == Ordered::kReversed) {
      scratch.permutation.resize(rows);
      for (size_t i = 0; i < rows; ++i) scratch.permutation[i] = static_cast<uint32_t>(rows - 1 - i);
    }
    if (ordered != Ordered::kAlready) values = gather(values, {scratch.permutation.data(), rows});
    stop_point();
    struct Memory {
      Array<uint64_t> offsets;
      Array<uint8_t> valid;
    };
    auto memory = std::make_shared<Memory>();
    memory->offsets = Array<uint64_t>(groups_ + 1, 0);
    memory->valid.resize(groups_);
    for (size_t i = 0; i < rows; ++i) ++memory->offsets[numbers_[i] + 1];
    bool all = true;
    for (size_t i = 0; i < groups_; ++i) {
      memory->valid[i] = memory->offsets[i + 1] != 0;  // a group without rows (all filtered away) is NULL
      all = all && memory->valid[i];
      memory->offsets[i + 1] += memory->offsets[i];
    }
    Column column;
    column.type = type_;
    column.values = memory->offsets.data();
    column.valid = all ? nullptr : memory->valid.data();
    column.children = {std::move(values)};
    column.owner = std::move(memory);
    return column;
  }

 private:
  Column whole(const Type& type, size_t argument) const {
    std::vector<Piece> pieces;
    for (size_t i = 0; i < rows_.size(); ++i) pieces.push_back({&pieces_[argument][i], rows_[i]});
    return concat(type, pieces);
  }

  Type type_;
  std::vector<plan::OrderKey> order_;
  size_t groups_ = 0;
  Array<uint32_t> numbers_;
  std::vector<size_t> rows_;
  std::vector<std::vector<Column>> pieces_;
};

plan::OrderKey ascending(const Type& type) { return {plan::make_column(0, type), false, false}; }

class StringAgg : public AggregateState {
 public:
  explicit StringAgg(const std::vector<plan::OrderKey>& order) : list_(Type::list(TypeId::kVarchar), order) {}
  void resize(size_t groups) override { list_.resize(groups); }
  void reset() override { list_.reset(); }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    if (rows == 0) return;
    separator_ = arguments[1].text(0);  // a constant
    std::vector<Column> kept = {arguments[0]};
    kept.insert(kept.end(), arguments.begin() + 2, arguments.end());
    list_.update(kept, numbers, rows);
  }
  Column finish() override {
    Column lists = list_.finish();
    const auto* offsets = lists.as<uint64_t>();
    const Column& texts = lists.children[0];
    struct Memory {
      std::vector<std::string> texts;
      Array<std::string_view> values;
      Array<uint8_t> valid;
    };
    size_t groups = list_.groups();
    auto memory = std::make_shared<Memory>();
    memory->texts.resize(groups);
    memory->values.resize(groups);
    memory->valid.resize(groups);
    for (size_t group = 0; group < groups; ++group) {
      std::string& text = memory->texts[group];
      bool any = false;
      for (uint64_t i = offsets[group]; i < offsets[group + 1]; ++i) {
        if (!texts.is_valid(i)) continue;
        if (any) text += separator_;
        text += texts.text(i);
        any = true;
      }
      memory->values[group] = text;
      memory->valid[group] = any;
    }
    Column column;
    column.type = TypeId::kVarchar;
    column.values = memory->values.data();
    column.valid = memory->valid.data();
    column.owner = std::move(memory);
    return column;
  }

 private:
  List list_;
  std::string separator_;
};

// A number as DOUBLE.
double number_at(const Column& column, size_t row) {
  switch (column.type.id) {
    case TypeId::kTinyint: return column.as<int8_t>()[row];
    case TypeId::kSmallint: return column.as<int16_t>()[row];
    case TypeId::kInteger: return column.as<int32_t>()[row];
    case TypeId::kBigint: return static_cast<double>(column.as<int64_t>()[row]);
    case TypeId::kFloat: return column.as<float>()[row];
    default: return column.as<double>()[row];
  }
}

class Quantile : public AggregateState {
 public:
  // The fraction is numerator / denominator.
  Quantile(const Type& argument, Int128 numerator, Int128 denominator, bool continuous)
      : list_(Type::list(argument), {ascending(argument)}),
        numerator_(numerator),
        denominator_(denominator),
        continuous_(continuous) {}
  void resize(size_t groups) override { list_.resize(groups); }
  void reset() override { list_.reset(); }
  void update(std::span<const Column> arguments, const uint32_t* numbers, size_t rows) override {
    std::vector<Column> value_and_key = {arguments[0], arguments[0]};
    list_.update(value_and_key, numbers, rows);
  }
  Column finish() override {
    Column lists = list_.finish();
    const auto* offsets = lists.as<uint64_t>();
    const Column& values = lists.children[0];
    size_t groups = list_.groups();
    Array<uint32_t> picked(groups);
    auto between = std::make_shared<Between>();
    between->values.resize(groups);
    between->valid.resize(groups);
    for (size_t group = 0; group < groups; ++group) {
      uint64_t begin = offsets[group], end = offsets[group + 1];
      while (end > begin && !values.is_valid(end - 1)) --end;  // NULLs are last
      auto rows = static_cast<Int128>(end - begin);
      between->valid[group] = rows != 0;
      picked[group] = kNoRow;
      between->values[group] = 0;
      if (rows == 0) continue;
      if (!continuous_) {
        Int128 place = (numerator_ * rows + denominator_ - 1) / denominator_;
        picked[group] = static_cast<uint32_t>(begin + static_cast<uint64_t>(std::max<Int128>(place, 1) - 1));
        continue;
      }
      double place =
          static_cast<double>(rows - 1) * (static_cast<double>(numerator_) / static_cast<double>(denominator_));
      auto below = static_cast<uint64_t>(std::floor(place)), above = static_cast<uint64_t>(std::ceil(place));
      double low = number_at(values, begin + below), high = number_at(values, begin + above);
      between->values[group] =
          below == above || low == high ? low : low + (high - low) * (place - static_cast<double>(below));
    }
    if (!continuous_) return gather(values, {picked.data(), groups});
    Column column;
    column.type = TypeId::kDouble;
    column.values = between->values.data();
    column.valid = between->valid.data();
    column.owner = std::move(between);
    return column;
  }

 private:
  struct Between {
    Array<double> values;
    Array<uint8_t> valid;
  };
  List list_;
  Int128 numerator_, denominator_;
  bool continuous_;
};

}  // namespace

std::unique_ptr<AggregateState> make_list(const Type& type, const std::vector<plan::OrderKey>& order) {
  return std::make_unique<List>(type, order);
}

std::unique_ptr<AggregateState> make_string_agg(const std::vector<plan::OrderKey>& order) {
  return std::make_unique<StringAgg>(order);
}

std::unique_ptr<AggregateState> make_quantile(const Type& argument, const Type& result, const Value& fraction,
                                              bool continuous) {
  // A plain 0 or 1 comes as DOUBLE, other fractions as the DECIMAL that was written.
  std::optional<int64_t> scaled;
  if (fraction.type.id == TypeId::kDecimal && !fraction.type.wide_decimal()) {
    scaled = std::get<int64_t>(fraction.data);
  } else if (fraction.type.id == TypeId::kDouble) {
    double value = std::get<double>(fraction.data);
    if (value == 0 || value == 1) scaled = static_cast<int64_t>(value);
  }
  if (!scaled || argument.nested() || argument.id == TypeId::kNull) return nullptr;
  bool number = argument.id == TypeId::kTinyint || argument.id == TypeId::kSmallint ||
                argument.id == TypeId::kInteger || argument.id == TypeId::kBigint || argument.id == TypeId::kDouble;
  if (continuous ? !number || result.id != TypeId::kDouble : result != argument) return nullptr;
  Int128 denominator = 1;
  for (int i = 0; i < fraction.type.scale; ++i) denominator *= 10;
  if (*scaled < 0 || *scaled > denominator) return nullptr;
  return std::make_unique<Quantile>(argument, *scaled, denominator, continuous);
}

}  // namespace segue::engine

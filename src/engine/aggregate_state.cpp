#include "engine/aggregate_state.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/aggregate_make.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"
#include "engine/keys.h"
#include "engine/order.h"

namespace segue::engine {
namespace {

// Keeps all rows and sorts them out at the end.
class List : public AggregateState {
 public:
  List(Type type, std::vector<plan::OrderKey> order) : type_(std::move(type)), order_(std::move(order)), pieces_(1 + order_.size()) {}
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
    }
    OrderScratch scratch;
    Ordered ordered = sort_rows(columns, rows, scratch);
    Column values = whole(type_.element(), 0);
    if (ordered == Ordered::kReversed) {
      scratch.permutation.resize(rows);
      for (size_t i = 0; i < rows; ++i) scratch.permutation[i] = static_cast<uint32_t>(rows - 1 - i);
    }
    if (ordered != Ordered::kAlready) values = gather(values, {scratch.permutation.data(), rows});
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

std::unique_ptr<AggregateState> make(const plan::Call& call) {
  const std::string& name = call.name;
  if (name == "count_star" || name == "count") return make_count();
  if (call.arguments.size() != 1) return nullptr;
  const Type& type = call.arguments[0]->type;
  if (name == "sum" || name == "sum_no_overflow") return make_sum(type, call.type, false);
  if (name == "avg" || name == "mean") return call.type.id == TypeId::kDouble ? make_sum(type, call.type, true) : nullptr;
  if (name == "min") return make_extreme(type, false);
  if (name == "max") return make_extreme(type, true);
  if (name == "first" || name == "arbitrary") return make_first(type, false);
  if (name == "any_value") return make_first(type, true);
  if (name == "bool_and") return make_boolean(false);
  if (name == "bool_or") return make_boolean(true);
  if (name == "list" || name == "array_agg") return make_list(call.type, call.order);
  return nullptr;
}

}  // namespace

std::unique_ptr<AggregateState> make_list(const Type& type, const std::vector<plan::OrderKey>& order) {
  return std::make_unique<List>(type, order);
}

std::unique_ptr<AggregateState> make_aggregate_state(const plan::Call& call) {
  auto state = make(call);
  SEGUE_ASSERT(state != nullptr);
  return state;
}

std::optional<std::string> aggregate_unsupported(const plan::Call& call) {
  std::string what = fmt::format("the aggregate {}", call.name == "count_star" ? "count(*)" : call.name);
  if (make(call) == nullptr) {
    std::vector<std::string> types;
    for (const auto& argument : call.arguments) types.push_back(to_string(argument->type));
    return fmt::format("{}({})", what, fmt::join(types, ", "));
  }
  bool list = call.name == "list" || call.name == "array_agg";
  if (!call.order.empty() && !list) return what + " with ORDER BY";
  if (call.name == "count" && call.arguments.empty()) return what + " without arguments";
  for (const auto& argument : call.arguments) {
    if (auto problem = unsupported(*argument)) return problem;
  }
  for (const auto& key : call.order) {
    if (auto problem = unsupported(*key.expression)) return problem;
  }
  if (call.filter) {
    if (auto problem = unsupported(*call.filter)) return problem;
  }
  if (call.distinct) {
    if (!call.order.empty()) return what + " with DISTINCT and ORDER BY";
    for (const auto& argument : call.arguments) {
      if (argument->type.id == TypeId::kStruct) {
        if (call.name != "count") return what + " of DISTINCT " + to_string(argument->type);
        for (const Field& field : argument->type.fields) {
          if (!Keys::supported(field.type)) return what + " of DISTINCT " + to_string(argument->type);
        }
      } else if (!Keys::supported(argument->type)) {
        return what + " of DISTINCT " + to_string(argument->type);
      }
    }
  }
  return std::nullopt;
}

bool order_sensitive(const plan::Call& call) {
  if (call.arguments.size() != 1 || (call.name != "sum" && call.name != "avg" && call.name != "mean")) return false;
  TypeId type = call.arguments[0]->type.id;
  return type == TypeId::kFloat || type == TypeId::kDouble;
}

}  // namespace segue::engine

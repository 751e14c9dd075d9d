// list_aggregate(list, 'sum'), list_sum and the like: an aggregate function over the elements of each list. What the
// aggregate keeps beside its argument (a separator, a fraction) is argument 2.
#include "engine/aggregate_state.h"
#include "engine/expressions/lists.h"

namespace segue::engine {
namespace {

plan::Call aggregate_of(const plan::Expression& call) {
  plan::Call aggregate;
  aggregate.name = std::get<std::string>(constant_argument(call, 1)->data);
  aggregate.type = call.type;
  aggregate.arguments.push_back(plan::make_column(0, call.arguments[0]->type.element()));
  for (size_t i = 2; i < call.arguments.size(); ++i) aggregate.arguments.push_back(call.arguments[i]);
  return aggregate;
}

// Each row is a group of its own.
void run_aggregate(const Call& call, Answer& answer) {
  const Column& list = call.arguments[0];
  auto state = make_aggregate_state(aggregate_of(call.expression));
  state->resize(call.rows);
  Array<uint32_t> numbers;
  Array<uint32_t> elements;
  for (size_t row = 0; row < call.rows; ++row) {
    if (call.valid != nullptr && !call.valid[row]) continue;
    Range range = range_of(list, row);
    for (size_t i = range.begin; i < range.end; ++i) {
      numbers.push_back(static_cast<uint32_t>(row));
      elements.push_back(static_cast<uint32_t>(i));
    }
  }
  std::vector<Column> arguments = {
      flatten(gather(list.children[0], {elements.data(), elements.size()}), elements.size())};
  for (const Column& parameter : call.arguments.subspan(2)) arguments.push_back(parameter);
  if (!numbers.empty()) state->update(arguments, numbers.data(), numbers.size());
  Column made = flatten(state->finish(), call.rows);
  answer.column = made;
  answer.keep(made);
  if (call.valid == nullptr) return;
  // No list, no answer: not even that of no elements.
  if (made.coded()) {
    Array<uint32_t> rows(call.rows);
    for (size_t i = 0; i < call.rows; ++i) rows[i] = call.valid[i] ? static_cast<uint32_t>(i) : kNoRow;
    made = gather(made, {rows.data(), call.rows});
    answer.column = made;
    answer.keep(made);
    return;
  }
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) valid[i] = call.valid[i] && made.is_valid(i);
}

std::optional<std::string> check_aggregate(const plan::Expression& call) {
  if (constant_argument(call, 1) == nullptr) return signature(call) + " is supported for a constant name only";
  return aggregate_unsupported(aggregate_of(call));
}

}  // namespace

const KernelTable& list_aggregate_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate"}) {
      for (bool parameter : {false, true}) {
        std::vector<K> arguments = {K::kList, K::kVarchar};
        if (parameter) arguments.push_back(K::kAny);
        made.push_back({name, std::move(arguments), K::kAny, &run_aggregate, true});
        made.back().check = &check_aggregate;
        made.back().takes_codes = true;
      }
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

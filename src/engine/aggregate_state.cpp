#include "engine/aggregate_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/aggregate_make.h"
#include "engine/expressions/evaluator.h"
#include "engine/keys.h"

namespace segue::engine {
namespace {

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::unique_ptr<AggregateState> make(const plan::Call& call) {
  const std::string& name = call.name;
  if (name == "count_star" || name == "count") return make_count();
  if (call.arguments.empty()) return nullptr;
  const Type& type = call.arguments[0]->type;
  if (call.arguments.size() == 2) {
    if (is_one_of(name, {"arg_min", "argmin", "min_by"})) return make_arg_extreme(type, call.arguments[1]->type, false);
    if (is_one_of(name, {"arg_max", "argmax", "max_by"})) return make_arg_extreme(type, call.arguments[1]->type, true);
    const plan::Expression& parameter = *call.arguments[1];
    if (parameter.kind != plan::Expression::Kind::kConstant || parameter.constant.null()) return nullptr;
    if (name == "string_agg") return make_string_agg(call.order);
    if (name == "quantile_cont" || name == "quantile_disc")
      return make_quantile(type, call.type, parameter.constant, name == "quantile_cont");
  }
  if (call.arguments.size() != 1) return nullptr;
  if (name == "sum" || name == "sum_no_overflow") return make_sum(type, call.type, false);
  if (name == "avg" || name == "mean")
    return call.type.id == TypeId::kDouble ? make_sum(type, call.type, true) : nullptr;
  if (name == "min") return make_extreme(type, false);
  if (name == "max") return make_extreme(type, true);
  if (name == "first" || name == "arbitrary") return make_first(type, false);
  if (name == "any_value") return make_first(type, true);
  if (name == "bool_and") return make_boolean(false);
  if (name == "bool_or") return make_boolean(true);
  if (name == "list" || name == "array_agg") return make_list(call.type, call.order);
  if (is_one_of(name, {"stddev", "stddev_samp"})) return make_moments(type, Moment::kDeviation, true);
  if (name == "stddev_pop") return make_moments(type, Moment::kDeviation, false);
  if (is_one_of(name, {"variance", "var_samp"})) return make_moments(type, Moment::kVariance, true);
  if (name == "var_pop") return make_moments(type, Moment::kVariance, false);
  return nullptr;
}

}  // namespace

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
  bool list = is_one_of(call.name, {"list", "array_agg", "string_agg"});
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
  if (is_one_of(call.name,
                {"count_star", "count", "min", "max", "bool_and", "bool_or", "quantile_cont", "quantile_disc"}))
    return false;
  if (!is_one_of(call.name, {"sum", "sum_no_overflow", "avg", "mean"})) return true;
  TypeId type = call.arguments[0]->type.id;
  return type == TypeId::kFloat || type == TypeId::kDouble;
}

}  // namespace segue::engine

// unnest in SELECT and in FROM; range in FROM.
#include <algorithm>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "base/whole_number.h"
#include "plan/decoder.h"
#include "plan/rewrite.h"

namespace segue::plan {

using nlohmann::json;

namespace {

std::shared_ptr<Unnest> make_unnest(NodePtr input, std::vector<ExpressionPtr> lists) {
  auto result = std::make_shared<Unnest>();
  result->fields = input->fields;
  for (size_t i = 0; i < input->fields.size(); ++i) result->columns.push_back(i);
  for (const auto& list : lists) {
    if (list->type.id != TypeId::kList) throw Unsupported{fmt::format("unnest of {}", to_string(list->type))};
    result->fields.push_back({"unnest", list->type.element()});
  }
  result->inputs = {std::move(input)};
  result->lists = std::move(lists);
  return result;
}

constexpr int64_t kMostInList = 1'000'000;  // more are not worth a list

// About how many numbers range(arguments) gives, of constants that are not NULL.
Int128 range_size(const std::vector<ExpressionPtr>& arguments) {
  auto number = [&](size_t i) { return Int128{std::get<int64_t>(arguments[i]->constant.data)}; };
  Int128 begin = arguments.size() > 1 ? number(0) : 0;
  Int128 distance = number(arguments.size() > 1 ? 1 : 0) - begin;
  Int128 step = arguments.size() > 2 ? number(2) : 1;
  return step == 0 ? 0 : distance / step;
}

// One row, without columns or with one that is NULL.
NodePtr one_row(const std::optional<std::string>& column = std::nullopt) {
  auto result = std::make_shared<Values>();
  result->rows.emplace_back();
  if (column) {
    result->rows[0].push_back(make_constant(Value{TypeId::kInteger, {}}));
    result->fields.push_back({*column, TypeId::kInteger});
  }
  return result;
}

// References by table and column become references by place.
json by_place(const json& expression) {
  if (expression.is_array()) {
    json result = json::array();
    for (const json& part : expression) result.push_back(by_place(part));
    return result;
  }
  if (!expression.is_object()) return expression;
  if (expression.value("type", json()) == "BOUND_COLUMN_REF") {
    json result = expression;
    result["type"] = "BOUND_REF";
    result["index"] = expression.at("binding").at("column_index");
    return result;
  }
  json result = json::object();
  for (const auto& [name, part] : expression.items()) result[name] = by_place(part);
  return result;
}

}  // namespace

NodePtr Decoder::unnest(const json& plan) {
  NodePtr input = child(plan);
  if (plan.at("children").at(0).at("type") == "LOGICAL_DUMMY_SCAN") input = one_row("");  // DuckDB's has a column
  std::vector<ExpressionPtr> lists;
  for (const json& expression : plan.at("expressions")) {
    if (expression.at("type") != "BOUND_UNNEST") throw Unsupported{"an unnest of an unknown form"};
    lists.push_back(decode_expression(expression.at("child")));
  }
  return make_unnest(std::move(input), std::move(lists));
}

// FROM t, unnest(list): DuckDB unnests the lists of the different values that t has, and joins them to t; if there are
// lists among these values it numbers the rows of t first and joins by number. All that is left of this here are the
// rows' elements: nobody else reads the number.
NodePtr Decoder::lateral_unnest(const json& plan) {
  const json& function = plan.at("children").at(1);
  const json& project = function.at("children").at(0);
  const json* left_plan = &plan.at("children").at(0);
  const json& outer_columns = plan.at("duplicate_eliminated_columns");
  const json& conditions = plan.at("conditions");
  bool numbered = left_plan->at("type") == "LOGICAL_WINDOW" && left_plan->at("expressions").size() == 1 &&
                  left_plan->at("expressions").at(0).at("type") == "WINDOW_ROW_NUMBER" && conditions.size() == 1;
  if (numbered) left_plan = &left_plan->at("children").at(0);
  const auto& join_type = plan.at("join_type").get_ref<const std::string&>();
  bool known = project.at("type") == "LOGICAL_PROJECTION" &&
               project.at("children").at(0).at("type") == "LOGICAL_DELIM_GET" &&
               function.at("ordinality_idx") == ~uint64_t{0} && function.at("column_indexes").size() == 1 &&
               (numbered || conditions.size() == outer_columns.size()) &&
               std::all_of(conditions.begin(), conditions.end(),
                           [](const json& c) { return c.at("comparison") == "COMPARE_NOT_DISTINCT_FROM"; }) &&
               (join_type == "INNER" || join_type == "LEFT");
  if (!known) throw Unsupported{"an unnest of an unknown form"};
  NodePtr left = node(*left_plan);
  size_t width = left->fields.size();
  // What the list is made of, over the columns of t and the number behind them.
  std::vector<ExpressionPtr> outer = decode_list(outer_columns);
  std::vector<ExpressionPtr> made;
  for (const json& expression : project.at("expressions"))
    made.push_back(replace_columns(decode_expression(by_place(expression)), outer));
  auto is_number = [&](const ExpressionPtr& e) { return e->kind == Expression::Kind::kColumn && e->column == width; };
  std::vector<bool> used(width + 1);
  mark_columns(*made.at(0), used);
  if (used[width]) throw Unsupported{"an unnest of an unknown form"};
  auto unnest = make_unnest(std::move(left), {made[0]});
  unnest->keep_empty = join_type == "LEFT";
  auto columns = identity(*unnest);
  auto column_names = names(*unnest);
  auto number = make_constant(Value{TypeId::kBigint, {}});
  if (numbered) {
    columns.insert(columns.begin() + static_cast<ptrdiff_t>(width), number);
    column_names.insert(column_names.begin() + static_cast<ptrdiff_t>(width), "row_number");
  }
  for (const json& place : function.at("projected_input")) {
    const ExpressionPtr& passed = made.at(whole_number<size_t>(place));
    columns.push_back(is_number(passed) ? number : passed);
    column_names.emplace_back("");
  }
  return make_project(std::move(unnest), std::move(columns), std::move(column_names));
}

// range and generate_series of whole numbers; unnest of what is no column.
NodePtr Decoder::table_function(const json& plan) {
  const auto& name = plan.at("name").get_ref<const std::string&>();
  std::vector<ExpressionPtr> arguments;
  bool simple = plan.at("column_indexes").size() == 1 && plan.at("children").empty() &&
                plan.at("returned_types").size() == 1 && plan.at("table_filters").at("filters").empty() &&
                plan.at("ordinality_idx") == ~uint64_t{0};
  bool elements = name == "unnest" && plan.at("parameters").size() == 1;
  if ((name != "range" && name != "generate_series" && !elements) || !simple)
    throw Unsupported{fmt::format("the table function {}", name)};
  for (const json& parameter : plan.at("parameters")) {
    arguments.push_back(decode_expression({{"type", "VALUE_CONSTANT"}, {"value", parameter}}));
    if (elements) break;
    if (arguments.back()->type.id != TypeId::kBigint || arguments.back()->constant.null())
      throw Unsupported{fmt::format("the table function {} of other than numbers", name)};
  }
  if (!elements && range_size(arguments) > kMostInList)
    throw Unsupported{fmt::format("{} of more than {} numbers", name, kMostInList)};
  NodePtr rows = make_unnest(
      one_row(), {elements ? arguments[0] : make_call(name, Type::list(TypeId::kBigint), std::move(arguments))});
  rows->fields[0].name = plan.at("names").at(0).get<std::string>();
  return rows;
}

}  // namespace segue::plan

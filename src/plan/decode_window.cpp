// Windows and DISTINCT ON.
#include <algorithm>
#include <map>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include "plan/decoder.h"
#include "plan/rewrite.h"

namespace segue::plan {
namespace {

using nlohmann::json;

// The number that a constant is, casts of it included.
std::optional<int64_t> constant_number(const Expression& expression) {
  if (expression.kind == Expression::Kind::kCall && expression.name == "cast")
    return constant_number(*expression.arguments[0]);
  if (expression.kind != Expression::Kind::kConstant) return std::nullopt;
  const auto* number = std::get_if<int64_t>(&expression.constant.data);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

FrameBound frame_bound(const json& expression, const char* bound, const char* offset) {
  const auto& kind = expression.at(bound).get_ref<const std::string&>();
  using Kind = FrameBound::Kind;
  if (kind == "UNBOUNDED_PRECEDING" || kind == "UNBOUNDED_FOLLOWING") return {Kind::kUnbounded, 0};
  if (kind == "CURRENT_ROW_ROWS") return {Kind::kRows, 0};
  if (kind == "CURRENT_ROW_RANGE") return {Kind::kPeers, 0};
  if (kind == "EXPR_PRECEDING_ROWS" || kind == "EXPR_FOLLOWING_ROWS") {
    auto rows = constant_number(*decode_expression(expression.at(offset)));
    if (!rows || *rows < 0) throw Unsupported{"a window frame whose rows are no plain number"};
    return {Kind::kRows, kind == "EXPR_PRECEDING_ROWS" ? -*rows : *rows};
  }
  throw Unsupported{"a window frame by RANGE or GROUPS"};
}

WindowCall window_call(const json& expression) {
  WindowCall call;
  const auto& type = expression.at("type").get_ref<const std::string&>();
  static const std::map<std::string, std::string> kinds = {{"WINDOW_ROW_NUMBER", "row_number"},
                                                           {"WINDOW_LAG", "lag"},
                                                           {"WINDOW_LEAD", "lead"},
                                                           {"WINDOW_RANK", "rank"},
                                                           {"WINDOW_RANK_DENSE", "dense_rank"},
                                                           {"WINDOW_PERCENT_RANK", "percent_rank"},
                                                           {"WINDOW_CUME_DIST", "cume_dist"},
                                                           {"WINDOW_NTILE", "ntile"},
                                                           {"WINDOW_FIRST_VALUE", "first_value"},
                                                           {"WINDOW_LAST_VALUE", "last_value"},
                                                           {"WINDOW_NTH_VALUE", "nth_value"}};
  bool is_aggregate = type == "WINDOW_AGGREGATE";
  if (is_aggregate) {
    call.name = expression.at("name").get<std::string>();
  } else if (auto found = kinds.find(type); found != kinds.end()) {
    call.name = found->second;
  } else {
    throw Unsupported{fmt::format("the window function {}", type)};
  }
  call.type = decode_type(expression.at("return_type"));
  call.arguments = decode_list(expression.at("children"));
  for (const char* extra : {"offset_expr", "default_expr"}) {
    if (expression.contains(extra) && !expression.at(extra).is_null())
      call.arguments.push_back(decode_expression(expression.at(extra)));
  }
  if (is_aggregate && call.name == "count" && call.arguments.empty()) call.name = "count_star";
  bool plain = !expression.at("ignore_nulls").get<bool>() && !expression.at("distinct").get<bool>() &&
               expression.at("exclude_clause") == "NO_OTHER" && expression.at("filters").is_null() &&
               expression.at("arg_orders").empty();
  if (!plain)
    throw Unsupported{
        fmt::format("a window with FILTER, DISTINCT, IGNORE NULLS, EXCLUDE or its own order ({})", call.name)};
  call.start = frame_bound(expression, "start", "start_expr");
  call.end = frame_bound(expression, "end", "end_expr");
  return call;
}

}  // namespace

// DuckDB has one operator for functions with different partitions; ours share one each. Columns are put back into
// DuckDB's order.
NodePtr Decoder::window(const json& plan) {
  NodePtr input = child(plan);
  size_t width = input->fields.size();
  struct Group {
    std::shared_ptr<Window> node;
    std::vector<size_t> places;
  };
  std::vector<Group> groups;
  const json& expressions = plan.at("expressions");
  for (size_t place = 0; place < expressions.size(); ++place) {
    const json& expression = expressions[place];
    auto partition = decode_list(expression.at("partitions"));
    auto order = decode_order(expression.at("orders"));
    auto same = [&](const Group& group) {
      const Window& other = *group.node;
      return std::equal(partition.begin(), partition.end(), other.partition.begin(), other.partition.end(),
                        [](const auto& a, const auto& b) { return equal(*a, *b); }) &&
             std::equal(order.begin(), order.end(), other.order.begin(), other.order.end(),
                        [](const auto& a, const auto& b) {
                          return a.descending == b.descending && a.nulls_first == b.nulls_first &&
                                 equal(*a.expression, *b.expression);
                        });
    };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) {
      groups.push_back({std::make_shared<Window>(), {}});
      group = groups.end() - 1;
      group->node->partition = std::move(partition);
      group->node->order = std::move(order);
    }
    group->node->calls.push_back(window_call(expression));
    group->places.push_back(place);
  }
  std::vector<size_t> at(expressions.size());
  for (auto& group : groups) {
    group.node->fields = input->fields;
    for (size_t i = 0; i < group.places.size(); ++i) {
      at[group.places[i]] = group.node->fields.size();
      group.node->fields.push_back(
          {name_of(expressions[group.places[i]], group.node->calls[i].name), group.node->calls[i].type});
    }
    group.node->inputs = {std::move(input)};
    input = group.node;
  }
  if (groups.size() < 2) return input;
  std::vector<ExpressionPtr> columns;
  std::vector<std::string> column_names;
  for (size_t i = 0; i < width + at.size(); ++i) {
    size_t from = i < width ? i : at[i - width];
    columns.push_back(make_column(from, input->fields[from].type));
    column_names.push_back(input->fields[from].name);
  }
  return make_project(std::move(input), std::move(columns), std::move(column_names));
}

// The first row of each partition.
NodePtr Decoder::distinct_on(const json& plan, NodePtr input, std::vector<ExpressionPtr> targets) {
  auto first = std::make_shared<Window>();
  first->partition = std::move(targets);
  if (!plan.contains("order_by") || plan.at("order_by").is_null()) throw Unsupported{"a DISTINCT ON without ORDER BY"};
  first->order = decode_order(plan.at("order_by").at("orders"));
  WindowCall row_number;
  row_number.name = "row_number";
  row_number.type = TypeId::kBigint;
  first->calls.push_back(row_number);
  first->fields = input->fields;
  auto columns = identity(*input);
  auto column_names = names(*input);
  size_t number = first->fields.size();
  first->fields.push_back({"row_number", TypeId::kBigint});
  first->inputs = {std::move(input)};
  auto is_first = make_call("=", TypeId::kBoolean,
                            {make_column(number, TypeId::kBigint), make_constant({TypeId::kBigint, int64_t{1}})});
  return make_project(make_filter(first, {is_first}), std::move(columns), std::move(column_names));
}

}  // namespace segue::plan

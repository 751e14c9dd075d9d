#include "plan/decode.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "base/error.h"
#include "base/whole_number.h"
#include "plan/decoder.h"
#include "plan/rewrite.h"
#include "plan/verify.h"

namespace segue::plan {

using nlohmann::json;

std::string name_of(const json& expression, const std::string& otherwise) {
  std::string alias = expression.value("alias", "");
  return alias.empty() ? otherwise : alias;
}

std::vector<ExpressionPtr> identity(const Node& node) {
  std::vector<ExpressionPtr> columns;
  for (size_t i = 0; i < node.fields.size(); ++i) columns.push_back(make_column(i, node.fields[i].type));
  return columns;
}

std::vector<std::string> names(const Node& node) {
  std::vector<std::string> result;
  for (const Field& field : node.fields) result.push_back(field.name);
  return result;
}

std::vector<ExpressionPtr> decode_list(const json& expressions) {
  std::vector<ExpressionPtr> result;
  for (const json& expression : expressions) result.push_back(decode_expression(expression));
  return result;
}

std::vector<OrderKey> decode_order(const json& orders) {
  std::vector<OrderKey> keys;
  for (const json& order : orders) {
    const auto& null_order = order.at("null_order").get_ref<const std::string&>();
    keys.push_back(
        {decode_expression(order.at("expression")), order.at("type") == "DESCENDING", null_order == "NULLS FIRST"});
  }
  return keys;
}

NodePtr distinct_rows(NodePtr input) {
  auto result = std::make_shared<Aggregate>();
  result->groups = identity(*input);
  result->fields = input->fields;
  result->inputs = {std::move(input)};
  return result;
}

namespace {

bool is_text(const Expression& expression, std::initializer_list<std::string_view> texts) {
  const auto* value =
      expression.kind == Expression::Kind::kConstant ? std::get_if<std::string>(&expression.constant.data) : nullptr;
  return value != nullptr && std::find(texts.begin(), texts.end(), *value) != texts.end();
}

// DuckDB binds list(x ORDER BY x) as list_sort(list(x), 'ASC', 'NULLS LAST'): puts the order back into the call.
ExpressionPtr ordered_lists(const ExpressionPtr& expression, Aggregate& below) {
  if (expression->kind != Expression::Kind::kCall) return expression;
  const auto& arguments = expression->arguments;
  size_t groups = below.groups.size();
  if (expression->name == "list_sort" && arguments.size() == 3 && arguments[0]->kind == Expression::Kind::kColumn &&
      arguments[0]->column >= groups) {
    Call call = below.calls.at(arguments[0]->column - groups);
    // In the binder's words and in those that users write in capitals; what is neither is left as it is.
    bool descends = is_text(*arguments[1], {"DESCENDING", "DESC"}),
         nulls_first = is_text(*arguments[2], {"NULLS FIRST"});
    bool known = (descends || is_text(*arguments[1], {"ASCENDING", "ASC", "ORDER_DEFAULT"})) &&
                 (nulls_first || is_text(*arguments[2], {"NULLS LAST", "ORDER_DEFAULT"}));
    if (known && call.name == "list" && call.order.empty() && !call.distinct) {
      call.order.push_back({call.arguments.at(0), descends, nulls_first});
      below.fields.push_back({"list", call.type});
      below.calls.push_back(std::move(call));
      return make_column(below.fields.size() - 1, expression->type);
    }
  }
  auto copy = std::make_shared<Expression>(*expression);
  for (auto& argument : copy->arguments) argument = ordered_lists(argument, below);
  return copy;
}

std::optional<uint64_t> limit_value(const json& value) {
  const auto& type = value.at("type").get_ref<const std::string&>();
  if (type == "UNSET") return std::nullopt;
  if (type == "CONSTANT_VALUE") return whole_number<uint64_t>(value.at("constant_integer"));
  throw Unsupported{"a LIMIT that is no plain number"};
}

}  // namespace

void take_parameter(Call& call, const json& expression) {
  if (call.name == "string_agg" || call.name == "group_concat" || call.name == "listagg") {
    call.name = "string_agg";
    call.arguments.resize(1);
    call.arguments.push_back(
        make_constant({TypeId::kVarchar, expression.at("function_data").at("separator").get<std::string>()}));
  } else if (call.name == "median" || call.name == "quantile_cont" || call.name == "quantile_disc") {
    const json& data = expression.at("function_data");
    if (data.at("quantiles").size() != 1 || data.at("desc").get<bool>()) throw Unsupported{"several quantiles at once"};
    // The median of what is no number is one of the values.
    if (call.name == "median") call.name = call.type == Type(TypeId::kDouble) ? "quantile_cont" : "quantile_disc";
    json fraction = {{"type", "VALUE_CONSTANT"}, {"value", data.at("quantiles").at(0)}};
    call.arguments.resize(1);
    call.arguments.push_back(decode_expression(fraction));
  }
}

NodePtr Decoder::node(const json& plan) {
  const auto& type = plan.at("type").get_ref<const std::string&>();
  if (type == "LOGICAL_GET") return get(plan);
  if (type == "LOGICAL_PROJECTION") return project(plan);
  if (type == "LOGICAL_FILTER") return filter(plan);
  if (type == "LOGICAL_AGGREGATE_AND_GROUP_BY") return aggregate(plan);
  if (type == "LOGICAL_WINDOW") return window(plan);
  if (type == "LOGICAL_COMPARISON_JOIN") return join(plan);
  if (type == "LOGICAL_ANY_JOIN") return any_join(plan);
  if (type == "LOGICAL_DELIM_JOIN") return delim_join(plan);
  if (type == "LOGICAL_DELIM_GET") return delim_get(plan);
  if (type == "LOGICAL_CROSS_PRODUCT") return cross(plan);
  if (type == "LOGICAL_ORDER_BY") return sort(plan);
  if (type == "LOGICAL_LIMIT") return limit(plan);
  if (type == "LOGICAL_DISTINCT") return distinct(plan);
  if (type == "LOGICAL_UNION") return set_union(plan);
  if (type == "LOGICAL_EXCEPT") return set_difference(plan, false);
  if (type == "LOGICAL_INTERSECT") return set_difference(plan, true);
  if (type == "LOGICAL_UNNEST") return unnest(plan);
  if (type == "LOGICAL_MATERIALIZED_CTE") return cte(plan);
  if (type == "LOGICAL_CTE_REF") return cte_ref(plan);
  if (type == "LOGICAL_DUMMY_SCAN") {
    auto values = std::make_shared<Values>();
    values->rows.emplace_back();
    return values;
  }
  if (type == "LOGICAL_EXPRESSION_GET") return values(plan);
  if (type == "LOGICAL_EMPTY_RESULT") throw Unsupported{"an empty result"};
  throw Unsupported{fmt::format("the operator {}", type)};
}

NodePtr Decoder::get(const json& plan) {
  if (plan.at("name") != "seq_scan") return table_function(plan);
  const auto& filters = plan.at("table_filters").at("filters");
  if (!filters.empty() || !plan.at("projection_ids").empty()) throw Unsupported{"a scan with filters"};
  NodePtr table = tables_(plan.at("function_data").at("table").get<std::string>());
  std::vector<ExpressionPtr> columns;
  std::vector<std::string> column_names;
  for (const json& column : plan.at("column_indexes")) {
    if (!column.at("child_indexes").empty()) throw Unsupported{"a scan of part of a struct"};
    auto index = whole_number<uint64_t>(column.at("index"));
    if (index < table->fields.size()) {
      columns.push_back(make_column(index, table->fields[index].type));
      column_names.push_back(table->fields[index].name);
    } else {
      // count(*) reads the row number, which nobody looks at: it is pruned, or no engine of ours can run it.
      columns.push_back(make_call("rowid", TypeId::kBigint, {}));
      column_names.emplace_back("rowid");
    }
  }
  return make_project(std::move(table), std::move(columns), std::move(column_names));
}

NodePtr Decoder::project(const json& plan) {
  NodePtr input = child(plan);
  std::vector<ExpressionPtr> expressions = decode_list(plan.at("expressions"));
  if (input->kind == NodeKind::kAggregate && input.use_count() == 1) {
    for (auto& expression : expressions) expression = ordered_lists(expression, static_cast<Aggregate&>(*input));
  }
  std::vector<std::string> result_names;
  for (const json& expression : plan.at("expressions")) result_names.push_back(name_of(expression, ""));
  for (size_t i = 0; i < expressions.size(); ++i) {
    if (!result_names[i].empty()) continue;
    result_names[i] = expressions[i]->kind == Expression::Kind::kColumn ? input->fields.at(expressions[i]->column).name
                                                                        : to_string(*expressions[i], names(*input));
  }
  return make_project(std::move(input), std::move(expressions), std::move(result_names));
}

NodePtr Decoder::filter(const json& plan) {
  if (plan.contains("projection_map") && !plan.at("projection_map").empty())
    throw Unsupported{"a filter that drops columns"};
  NodePtr input = child(plan);
  return make_filter(std::move(input), decode_list(plan.at("expressions")));
}

NodePtr Decoder::aggregate(const json& plan) {
  auto result = std::make_shared<Aggregate>();
  result->inputs = {child(plan)};
  result->groups = decode_list(plan.at("groups"));
  const json& sets = plan.at("grouping_sets");
  if (sets.size() > 1 || (sets.size() == 1 && sets[0].size() != result->groups.size()) ||
      !plan.at("grouping_functions").empty()) {
    throw Unsupported{"grouping sets"};
  }
  for (size_t i = 0; i < result->groups.size(); ++i) {
    const auto& group = result->groups[i];
    std::string otherwise =
        group->kind == Expression::Kind::kColumn ? result->inputs[0]->fields.at(group->column).name : "";
    result->fields.push_back({name_of(plan.at("groups").at(i), otherwise), group->type});
  }
  for (const json& expression : plan.at("expressions")) {
    if (expression.at("type") != "BOUND_AGGREGATE") throw Unsupported{"an aggregate of an unknown kind"};
    Call call;
    call.name = expression.at("name").get<std::string>();
    call.type = decode_type(expression.at("return_type"));
    call.arguments = decode_list(expression.at("children"));
    call.distinct = expression.at("aggregate_type") == "DISTINCT";
    if (!expression.at("filter").is_null()) call.filter = decode_expression(expression.at("filter"));
    take_parameter(call, expression);
    if (!expression.at("order_bys").is_null()) call.order = decode_order(expression.at("order_bys").at("orders"));
    result->fields.push_back({name_of(expression, call.name), call.type});
    result->calls.push_back(std::move(call));
  }
  return result;
}

NodePtr Decoder::sort(const json& plan) {
  if (plan.contains("projection_map") && !plan.at("projection_map").empty())
    throw Unsupported{"a sort that drops columns"};
  auto result = std::make_shared<Sort>();
  result->inputs = {child(plan)};
  result->fields = result->inputs[0]->fields;
  result->keys = decode_order(plan.at("orders"));
  return result;
}

NodePtr Decoder::limit(const json& plan) {
  NodePtr input = child(plan);
  auto rows = limit_value(plan.at("limit_val"));
  uint64_t offset = limit_value(plan.at("offset_val")).value_or(0);
  if (input->kind == NodeKind::kSort && input.use_count() == 1 && !static_cast<Sort&>(*input).limit) {
    static_cast<Sort&>(*input).limit = rows;
    static_cast<Sort&>(*input).offset = offset;
    return input;
  }
  auto result = std::make_shared<Limit>();
  result->fields = input->fields;
  result->inputs = {std::move(input)};
  result->limit = rows;
  result->offset = offset;
  return result;
}

NodePtr Decoder::values(const json& plan) {
  auto result = std::make_shared<Values>();
  for (const json& row : plan.at("expressions")) result->rows.push_back(decode_list(row));
  size_t i = 0;
  for (const json& type : plan.at("expr_types"))
    result->fields.push_back({fmt::format("col{}", i++), decode_type(type)});
  return result;
}

NodePtr Decoder::cte(const json& plan) {
  tables_of_query_[whole_number<uint64_t>(plan.at("table_index"))] = child(plan, 0);
  return child(plan, 1);
}

NodePtr Decoder::cte_ref(const json& plan) {
  auto found = tables_of_query_.find(whole_number<uint64_t>(plan.at("cte_index")));
  if (found == tables_of_query_.end() || plan.value("is_recurring", false)) throw Unsupported{"a recursive query"};
  return make_project(found->second, identity(*found->second),
                      plan.at("bound_columns").get<std::vector<std::string>>());
}

NodePtr Decoder::distinct(const json& plan) {
  NodePtr input = child(plan);
  auto targets = decode_list(plan.at("distinct_targets"));
  if (plan.at("distinct_type") == "DISTINCT") {
    for (const auto& column : identity(*input)) {
      if (std::none_of(targets.begin(), targets.end(), [&](const auto& target) { return equal(*target, *column); })) {
        throw Unsupported{"a DISTINCT of some of the columns"};
      }
    }
    return distinct_rows(std::move(input));
  }
  return distinct_on(plan, std::move(input), std::move(targets));
}

NodePtr decode(const json& plan, const TableLookup& tables) {
  try {
    NodePtr root = Decoder(tables).node(plan);
    verify(root);
    return root;
  } catch (const json::exception& error) {
    fail(ErrorCode::kInternal, fmt::format("the bound plan has an unexpected form: {}", error.what()));
  } catch (const std::out_of_range&) {
    fail(ErrorCode::kInternal, "the bound plan reads a column that is not there");
  }
}

std::map<std::string, std::vector<size_t>> columns_read(const json& plan) {
  std::map<std::string, std::vector<size_t>> result;
  auto visit = [&](auto& self, const json& node) -> void {
    if (node.is_object() && node.contains("type") && node.at("type") == "LOGICAL_GET" &&
        node.at("name") == "seq_scan") {
      auto& columns = result[node.at("function_data").at("table").get<std::string>()];
      size_t width = node.at("names").size();
      for (const json& column : node.at("column_indexes")) {
        auto index = whole_number<uint64_t>(column.at("index"));
        if (index < width) columns.push_back(index);
      }
    }
    for (const json& part : node) {
      if (part.is_structured()) self(self, part);
    }
  };
  visit(visit, plan);
  for (auto& [table, columns] : result) {
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }
  return result;
}

}  // namespace segue::plan

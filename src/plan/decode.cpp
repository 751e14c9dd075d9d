#include "plan/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "plan/rewrite.h"

namespace segue::plan {
namespace {

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
    keys.push_back({decode_expression(order.at("expression")), order.at("type") == "DESCENDING", null_order == "NULLS FIRST"});
  }
  return keys;
}

class Decoder {
 public:
  explicit Decoder(const TableLookup& tables) : tables_(tables) {}

  NodePtr node(const json& plan) {
    const auto& type = plan.at("type").get_ref<const std::string&>();
    if (type == "LOGICAL_GET") return get(plan);
    if (type == "LOGICAL_PROJECTION") return project(plan);
    if (type == "LOGICAL_FILTER") return filter(plan);
    if (type == "LOGICAL_AGGREGATE_AND_GROUP_BY") return aggregate(plan);
    if (type == "LOGICAL_WINDOW") return window(plan);
    if (type == "LOGICAL_COMPARISON_JOIN") return join(plan);
    if (type == "LOGICAL_CROSS_PRODUCT") return cross(plan);
    if (type == "LOGICAL_ORDER_BY") return sort(plan);
    if (type == "LOGICAL_LIMIT") return limit(plan);
    if (type == "LOGICAL_DISTINCT") return distinct(plan);
    if (type == "LOGICAL_UNION") return set_union(plan);
    if (type == "LOGICAL_MATERIALIZED_CTE") {
      tables_of_query_[plan.at("table_index").get<uint64_t>()] = node(plan.at("children").at(0));
      return node(plan.at("children").at(1));
    }
    if (type == "LOGICAL_CTE_REF") {
      auto found = tables_of_query_.find(plan.at("cte_index").get<uint64_t>());
      if (found == tables_of_query_.end() || plan.value("is_recurring", false)) throw Unsupported{"a recursive query"};
      return make_project(found->second, identity(*found->second), plan.at("bound_columns").get<std::vector<std::string>>());
    }
    if (type == "LOGICAL_DUMMY_SCAN") {
      auto values = std::make_shared<Values>();
      values->rows.emplace_back();
      return values;
    }
    if (type == "LOGICAL_EXPRESSION_GET") return values(plan);
    if (type == "LOGICAL_EMPTY_RESULT") throw Unsupported{"an empty result"};
    throw Unsupported{fmt::format("the operator {}", type)};
  }

 private:
  NodePtr child(const json& plan, size_t i = 0) { return node(plan.at("children").at(i)); }

  NodePtr get(const json& plan) {
    if (plan.at("name") != "seq_scan") throw Unsupported{fmt::format("the table function {}", plan.at("name").get<std::string>())};
    const auto& filters = plan.at("table_filters").at("filters");
    if (!filters.empty() || !plan.at("projection_ids").empty()) throw Unsupported{"a scan with filters"};
    NodePtr table = tables_(plan.at("function_data").at("table").get<std::string>());
    std::vector<ExpressionPtr> columns;
    std::vector<std::string> column_names;
    for (const json& column : plan.at("column_indexes")) {
      if (!column.at("child_indexes").empty()) throw Unsupported{"a scan of part of a struct"};
      auto index = column.at("index").get<uint64_t>();
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

  static bool is_text(const Expression& expression, std::initializer_list<std::string_view> texts) {
    const auto* value = expression.kind == Expression::Kind::kConstant ? std::get_if<std::string>(&expression.constant.data) : nullptr;
    return value != nullptr && std::find(texts.begin(), texts.end(), *value) != texts.end();
  }

  // DuckDB binds list(x ORDER BY x) as list_sort(list(x), 'ASC', 'NULLS LAST'): puts the order back into the call.
  static ExpressionPtr ordered_lists(const ExpressionPtr& expression, Aggregate& below) {
    if (expression->kind != Expression::Kind::kCall) return expression;
    const auto& arguments = expression->arguments;
    size_t groups = below.groups.size();
    if (expression->name == "list_sort" && arguments.size() == 3 && arguments[0]->kind == Expression::Kind::kColumn && arguments[0]->column >= groups) {
      Call call = below.calls[arguments[0]->column - groups];
      // In the binder's words and in those that users write in capitals; what is neither is left as it is.
      bool descends = is_text(*arguments[1], {"DESCENDING", "DESC"}), nulls_first = is_text(*arguments[2], {"NULLS FIRST"});
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

  NodePtr project(const json& plan) {
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

  NodePtr filter(const json& plan) {
    if (plan.contains("projection_map") && !plan.at("projection_map").empty()) throw Unsupported{"a filter that drops columns"};
    NodePtr input = child(plan);
    return make_filter(std::move(input), decode_list(plan.at("expressions")));
  }

  NodePtr aggregate(const json& plan) {
    auto result = std::make_shared<Aggregate>();
    result->inputs = {child(plan)};
    result->groups = decode_list(plan.at("groups"));
    const json& sets = plan.at("grouping_sets");
    if (sets.size() > 1 || (sets.size() == 1 && sets[0].size() != result->groups.size()) || !plan.at("grouping_functions").empty()) {
      throw Unsupported{"grouping sets"};
    }
    for (size_t i = 0; i < result->groups.size(); ++i) {
      const auto& group = result->groups[i];
      std::string otherwise = group->kind == Expression::Kind::kColumn ? result->inputs[0]->fields.at(group->column).name : "";
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
      if (!expression.at("order_bys").is_null()) call.order = decode_order(expression.at("order_bys").at("orders"));
      result->fields.push_back({name_of(expression, call.name), call.type});
      result->calls.push_back(std::move(call));
    }
    return result;
  }

  static WindowCall window_call(const json& expression) {
    WindowCall call;
    const auto& type = expression.at("type").get_ref<const std::string&>();
    static const std::map<std::string, std::string> kinds = {{"WINDOW_ROW_NUMBER", "row_number"}, {"WINDOW_LAG", "lag"},
                                                             {"WINDOW_LEAD", "lead"},             {"WINDOW_RANK", "rank"},
                                                             {"WINDOW_RANK_DENSE", "dense_rank"}};
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
      if (expression.contains(extra) && !expression.at(extra).is_null()) call.arguments.push_back(decode_expression(expression.at(extra)));
    }
    if (is_aggregate && call.name == "count" && call.arguments.empty()) call.name = "count_star";
    bool plain = !expression.at("ignore_nulls").get<bool>() && !expression.at("distinct").get<bool>() &&
                 expression.at("exclude_clause") == "NO_OTHER" && expression.at("filters").is_null() && expression.at("arg_orders").empty();
    if (!plain) throw Unsupported{fmt::format("a window with FILTER, DISTINCT, IGNORE NULLS, EXCLUDE or its own order ({})", call.name)};
    const auto& start = expression.at("start").get_ref<const std::string&>();
    const auto& end = expression.at("end").get_ref<const std::string&>();
    if (start != "UNBOUNDED_PRECEDING") throw Unsupported{"a window frame that does not begin at the partition's begin"};
    if (end == "UNBOUNDED_FOLLOWING") {
      call.end = FrameBound::kUnboundedFollowing;
    } else if (end == "CURRENT_ROW_ROWS" || end == "CURRENT_ROW_RANGE") {
      call.rows = end == "CURRENT_ROW_ROWS";
    } else {
      throw Unsupported{"a window frame that does not end at the current row or the partition's end"};
    }
    return call;
  }

  // DuckDB has one operator for functions with different partitions; ours share one each. Columns are put back into DuckDB's order.
  NodePtr window(const json& plan) {
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
               std::equal(order.begin(), order.end(), other.order.begin(), other.order.end(), [](const auto& a, const auto& b) {
                 return a.descending == b.descending && a.nulls_first == b.nulls_first && equal(*a.expression, *b.expression);
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
        group.node->fields.push_back({name_of(expressions[group.places[i]], group.node->calls[i].name), group.node->calls[i].type});
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

  NodePtr join(const json& plan) {
    static const std::map<std::string, JoinKind> kinds = {{"INNER", JoinKind::kInner}, {"LEFT", JoinKind::kLeft},
                                                          {"SEMI", JoinKind::kSemi},   {"ANTI", JoinKind::kAnti},
                                                          {"MARK", JoinKind::kMark},   {"RIGHT", JoinKind::kLeft}};
    const auto& type = plan.at("join_type").get_ref<const std::string&>();
    auto kind = kinds.find(type);
    if (kind == kinds.end()) throw Unsupported{fmt::format("a {} join", type)};
    for (const char* map : {"left_projection_map", "right_projection_map"}) {
      if (plan.contains(map) && !plan.at(map).empty()) throw Unsupported{"a join that drops columns"};
    }
    bool swap = type == "RIGHT";
    NodePtr left = child(plan, 0), right = child(plan, 1);
    size_t left_width = left->fields.size();
    std::vector<ExpressionPtr> shifted;
    auto result = std::make_shared<Join>();
    result->join_kind = kind->second;
    std::vector<ExpressionPtr> residual;
    for (const json& condition : plan.at("conditions")) {
      if (!condition.contains("left")) throw Unsupported{"a join on any expression"};
      auto a = decode_expression(condition.at("left"));
      auto b = decode_expression(condition.at("right"));
      const auto& comparison = condition.at("comparison").get_ref<const std::string&>();
      if (comparison == "COMPARE_EQUAL" || comparison == "COMPARE_NOT_DISTINCT_FROM") {
        result->keys.push_back({swap ? b : a, swap ? a : b, comparison == "COMPARE_NOT_DISTINCT_FROM"});
        continue;
      }
      if (swap) throw Unsupported{"a right join with an inequality"};
      if (shifted.empty()) {
        for (size_t i = 0; i < right->fields.size(); ++i) shifted.push_back(make_column(left_width + i, right->fields[i].type));
      }
      json call = {{"type", comparison}, {"left", condition.at("left")}, {"right", condition.at("right")}};
      auto decoded = decode_expression(call);
      residual.push_back(make_call(decoded->name, TypeId::kBoolean, {a, replace_columns(b, shifted)}));
    }
    if (residual.size() == 1) result->residual = residual[0];
    if (residual.size() > 1) result->residual = make_call("and", TypeId::kBoolean, residual);
    if (swap) std::swap(left, right);
    result->fields = left->fields;
    if (result->join_kind == JoinKind::kInner || result->join_kind == JoinKind::kLeft) {
      result->fields.insert(result->fields.end(), right->fields.begin(), right->fields.end());
    } else if (result->join_kind == JoinKind::kMark) {
      result->fields.push_back({"mark", TypeId::kBoolean});
    }
    result->inputs = {std::move(left), std::move(right)};
    if (!swap) return result;
    std::vector<ExpressionPtr> columns;
    std::vector<std::string> column_names;
    size_t width = result->fields.size();
    for (size_t i = 0; i < width; ++i) {
      size_t from = (i + width - left_width) % width;  // DuckDB's left columns stand behind its right ones in ours
      columns.push_back(make_column(from, result->fields[from].type));
      column_names.push_back(result->fields[from].name);
    }
    return make_project(result, std::move(columns), std::move(column_names));
  }

  NodePtr cross(const json& plan) {
    auto result = std::make_shared<Join>();
    NodePtr left = child(plan, 0), right = child(plan, 1);
    result->fields = left->fields;
    result->fields.insert(result->fields.end(), right->fields.begin(), right->fields.end());
    result->inputs = {std::move(left), std::move(right)};
    return result;
  }

  NodePtr sort(const json& plan) {
    if (plan.contains("projection_map") && !plan.at("projection_map").empty()) throw Unsupported{"a sort that drops columns"};
    auto result = std::make_shared<Sort>();
    result->inputs = {child(plan)};
    result->fields = result->inputs[0]->fields;
    result->keys = decode_order(plan.at("orders"));
    return result;
  }

  static std::optional<uint64_t> limit_value(const json& value) {
    const auto& type = value.at("type").get_ref<const std::string&>();
    if (type == "UNSET") return std::nullopt;
    if (type == "CONSTANT_VALUE") return value.at("constant_integer").get<uint64_t>();
    throw Unsupported{"a LIMIT that is no plain number"};
  }

  NodePtr limit(const json& plan) {
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

  NodePtr distinct(const json& plan) {
    NodePtr input = child(plan);
    auto targets = decode_list(plan.at("distinct_targets"));
    if (plan.at("distinct_type") == "DISTINCT") {
      auto result = std::make_shared<Aggregate>();
      result->groups = identity(*input);
      for (const auto& group : result->groups) {
        if (std::none_of(targets.begin(), targets.end(), [&](const auto& target) { return equal(*target, *group); })) {
          throw Unsupported{"a DISTINCT of some of the columns"};
        }
      }
      result->fields = input->fields;
      result->inputs = {std::move(input)};
      return result;
    }
    // DISTINCT ON: the first row of each partition.
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
    auto is_first = make_call("=", TypeId::kBoolean, {make_column(number, TypeId::kBigint), make_constant({TypeId::kBigint, int64_t{1}})});
    return make_project(make_filter(first, {is_first}), std::move(columns), std::move(column_names));
  }

  NodePtr set_union(const json& plan) {
    auto result = std::make_shared<Union>();
    for (const json& part : plan.at("children")) result->inputs.push_back(node(part));
    result->fields = result->inputs[0]->fields;
    for (const auto& input : result->inputs) {
      for (size_t i = 0; i < result->fields.size(); ++i) {
        if (input->fields.at(i).type != result->fields[i].type) throw Unsupported{"a UNION of different types"};
      }
    }
    if (plan.at("setop_all").get<bool>()) return result;
    auto distinct_rows = std::make_shared<Aggregate>();
    distinct_rows->groups = identity(*result);
    distinct_rows->fields = result->fields;
    distinct_rows->inputs = {result};
    return distinct_rows;
  }

  NodePtr values(const json& plan) {
    auto result = std::make_shared<Values>();
    for (const json& row : plan.at("expressions")) result->rows.push_back(decode_list(row));
    size_t i = 0;
    for (const json& type : plan.at("expr_types")) result->fields.push_back({fmt::format("col{}", i++), decode_type(type)});
    return result;
  }

  const TableLookup& tables_;
  std::map<uint64_t, NodePtr> tables_of_query_;  // common table expressions by their index
};

}  // namespace

NodePtr decode(const json& plan, const TableLookup& tables) {
  try {
    return Decoder(tables).node(plan);
  } catch (const json::exception& error) {
    fail(ErrorCode::kInternal, fmt::format("the bound plan has an unexpected form: {}", error.what()));
  }
}

std::map<std::string, std::vector<size_t>> columns_read(const json& plan) {
  std::map<std::string, std::vector<size_t>> result;
  auto visit = [&](auto& self, const json& node) -> void {
    if (node.is_object() && node.contains("type") && node.at("type") == "LOGICAL_GET" && node.at("name") == "seq_scan") {
      auto& columns = result[node.at("function_data").at("table").get<std::string>()];
      size_t width = node.at("names").size();
      for (const json& column : node.at("column_indexes")) {
        auto index = column.at("index").get<uint64_t>();
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

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/whole_number.h"
#include "plan/decode.h"
#include "plan/decoder.h"

namespace segue::plan {
namespace {

using nlohmann::json;

Int128 decode_int128(const json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (value.is_number()) return whole_number<int64_t>(value);
  auto upper = static_cast<Int128>(whole_number<int64_t>(value.at("upper")));
  return static_cast<Int128>(static_cast<unsigned __int128>(upper) << 64) | whole_number<uint64_t>(value.at("lower"));
}

Value decode_value(const json& value) {
  Value result;
  result.type = decode_type(value.at("type"));
  if (value.at("is_null").get<bool>()) return result;
  const json& data = value.at("value");
  switch (result.type.id) {
    case TypeId::kBoolean: result.data = static_cast<int64_t>(data.get<bool>()); break;
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kDate:
    case TypeId::kTimestamp: result.data = whole_number<int64_t>(data); break;
    case TypeId::kHugeint: result.data = decode_int128(data); break;
    case TypeId::kDecimal:
      if (result.type.wide_decimal()) {
        result.data = decode_int128(data);
      } else {
        result.data = whole_number<int64_t>(data);
      }
      break;
    case TypeId::kFloat:
    case TypeId::kDouble: result.data = data.get<double>(); break;
    case TypeId::kVarchar: result.data = data.get<std::string>(); break;
    case TypeId::kInterval:
      result.data = Interval{whole_number<int32_t>(data.at("months")), whole_number<int32_t>(data.at("days")),
                             whole_number<int64_t>(data.at("micros"))};
      break;
    case TypeId::kList:
    case TypeId::kStruct: {
      std::vector<Value> children;
      for (const json& child : data.at("children")) children.push_back(decode_value(child));
      result.data = std::move(children);
      break;
    }
    default: throw Unsupported{fmt::format("a constant of type {}", to_string(result.type))};
  }
  return result;
}

const std::map<std::string, std::string>& comparison_names() {
  static const std::map<std::string, std::string> names = {
      {"COMPARE_EQUAL", "="},
      {"COMPARE_NOTEQUAL", "<>"},
      {"COMPARE_LESSTHAN", "<"},
      {"COMPARE_LESSTHANOREQUALTO", "<="},
      {"COMPARE_GREATERTHAN", ">"},
      {"COMPARE_GREATERTHANOREQUALTO", ">="},
      {"COMPARE_DISTINCT_FROM", "is_distinct_from"},
      {"COMPARE_NOT_DISTINCT_FROM", "is_not_distinct_from"},
  };
  return names;
}

// Types of expressions that take their arguments from "children", by serialized type.
const std::map<std::string, std::string>& operator_names() {
  static const std::map<std::string, std::string> names = {
      {"CONJUNCTION_AND", "and"},
      {"CONJUNCTION_OR", "or"},
      {"OPERATOR_NOT", "not"},
      {"OPERATOR_IS_NULL", "is_null"},
      {"OPERATOR_IS_NOT_NULL", "is_not_null"},
      {"COMPARE_IN", "in"},
      {"COMPARE_NOT_IN", "not_in"},
      {"OPERATOR_COALESCE", "coalesce"},
  };
  return names;
}

// A whole number that the binder casts to a type that holds it, as such a number at once; else null.
ExpressionPtr as_wider_integer(const Expression& number, const Type& type) {
  auto bits = [](const Type& t) {
    switch (t.id) {
      case TypeId::kTinyint: return 8;
      case TypeId::kSmallint: return 16;
      case TypeId::kInteger: return 32;
      case TypeId::kBigint: return 64;
      default: return 0;
    }
  };
  if (number.kind != Expression::Kind::kConstant || bits(number.type) == 0 || bits(type) < bits(number.type))
    return nullptr;
  return make_constant(Value{type, number.constant.data});
}

ExpressionPtr decode_cast(const json& expression) {
  ExpressionPtr child = decode_expression(expression.at("child"));
  Type type = decode_type(expression.at("return_type"));
  if (child->type == type) return child;
  if (child->kind == Expression::Kind::kConstant && child->constant.null()) return make_constant(Value{type, {}});
  if (auto number = as_wider_integer(*child, type)) return number;
  return make_call(expression.at("try_cast").get<bool>() ? "try_cast" : "cast", type, {child});
}

ExpressionPtr decode_case(const json& expression) {
  std::vector<ExpressionPtr> arguments;
  for (const json& check : expression.at("case_checks")) {
    arguments.push_back(decode_expression(check.at("when_expr")));
    arguments.push_back(decode_expression(check.at("then_expr")));
  }
  arguments.push_back(decode_expression(expression.at("else_expr")));
  return make_call("case", decode_type(expression.at("return_type")), std::move(arguments));
}

ExpressionPtr decode_between(const json& expression) {
  ExpressionPtr input = decode_expression(expression.at("input"));
  const char* above = expression.at("lower_inclusive").get<bool>() ? ">=" : ">";
  const char* below = expression.at("upper_inclusive").get<bool>() ? "<=" : "<";
  return make_call("and", TypeId::kBoolean,
                   {make_call(above, TypeId::kBoolean, {input, decode_expression(expression.at("lower"))}),
                    make_call(below, TypeId::kBoolean, {input, decode_expression(expression.at("upper"))})});
}

// An aggregate over the elements of a list: what it keeps beside its argument becomes an argument here too.
ExpressionPtr decode_list_aggregate(const json& expression) {
  const json& aggregate = expression.at("function_data").at("bind_data").at("aggr_expr");
  std::vector<ExpressionPtr> arguments = decode_list(expression.at("children"));
  Call call;
  call.name = aggregate.at("name").get<std::string>();
  call.type = decode_type(expression.at("return_type"));
  call.arguments = {arguments.at(0)};
  take_parameter(call, aggregate);
  arguments.resize(1);
  arguments.push_back(make_constant({TypeId::kVarchar, call.name}));
  arguments.insert(arguments.end(), call.arguments.begin() + 1, call.arguments.end());
  return make_call(expression.at("name").get<std::string>(), call.type, std::move(arguments));
}

ExpressionPtr decode_plain(const json& expression) {
  const auto& type = expression.at("type").get_ref<const std::string&>();
  if (type == "BOUND_REF")
    return make_column(whole_number<size_t>(expression.at("index")), decode_type(expression.at("return_type")));
  if (type == "VALUE_CONSTANT") return make_constant(decode_value(expression.at("value")));
  if (type == "OPERATOR_CAST") return decode_cast(expression);
  if (type == "CASE_EXPR") return decode_case(expression);
  if (type == "COMPARE_BETWEEN") return decode_between(expression);
  if (auto comparison = comparison_names().find(type); comparison != comparison_names().end()) {
    return make_call(comparison->second, TypeId::kBoolean,
                     {decode_expression(expression.at("left")), decode_expression(expression.at("right"))});
  }
  if (auto found = operator_names().find(type); found != operator_names().end()) {
    Type result =
        expression.contains("return_type") ? decode_type(expression.at("return_type")) : Type(TypeId::kBoolean);
    return make_call(found->second, result, decode_list(expression.at("children")));
  }
  if (type == "BOUND_FUNCTION") {
    const json& data = expression.value("function_data", json());
    if (data.is_object() && data.value("bind_data", json()).contains("aggr_expr"))
      return decode_list_aggregate(expression);
    return make_call(expression.at("name").get<std::string>(), decode_type(expression.at("return_type")),
                     decode_list(expression.at("children")));
  }
  throw Unsupported{fmt::format("an expression of kind {}", type)};
}

// What is done with operators relies on it; functions are looked at where they are called.
void verify_arguments(const Expression& expression) {
  if (expression.kind != Expression::Kind::kCall) return;
  size_t arguments = expression.arguments.size();
  const std::string& name = expression.name;
  if (name == "not" || name == "is_null" || name == "is_not_null") SEGUE_ASSERT(arguments == 1);
  if (name == "=" || name == "is_not_distinct_from") SEGUE_ASSERT(arguments == 2);
  if (name == "and" || name == "or") SEGUE_ASSERT(arguments > 0);
}

}  // namespace

Type decode_type(const json& type) {
  static const std::map<std::string, TypeId> plain = {
      {"NULL", TypeId::kNull},           {"BOOLEAN", TypeId::kBoolean},   {"TINYINT", TypeId::kTinyint},
      {"SMALLINT", TypeId::kSmallint},   {"INTEGER", TypeId::kInteger},   {"BIGINT", TypeId::kBigint},
      {"HUGEINT", TypeId::kHugeint},     {"FLOAT", TypeId::kFloat},       {"DOUBLE", TypeId::kDouble},
      {"VARCHAR", TypeId::kVarchar},     {"BLOB", TypeId::kBlob},         {"DATE", TypeId::kDate},
      {"TIMESTAMP", TypeId::kTimestamp}, {"INTERVAL", TypeId::kInterval},
  };
  const auto& id = type.at("id").get_ref<const std::string&>();
  // A type of its own over a plain one, as JSON over VARCHAR.
  if (const json& about = type.at("type_info"); !about.is_null() && !about.value("alias", "").empty()) {
    throw Unsupported{fmt::format("the type {}", about.at("alias").get<std::string>())};
  }
  if (auto found = plain.find(id); found != plain.end()) {
    const json& info = type.at("type_info");
    if (!info.is_null() && id == "VARCHAR" && !info.value("collation", "").empty()) throw Unsupported{"a collation"};
    return found->second;
  }
  const json& info = type.at("type_info");
  if (id == "DECIMAL") {
    auto width = whole_number<uint64_t>(info.at("width")), scale = whole_number<uint64_t>(info.at("scale"));
    SEGUE_ASSERT(1 <= width && width <= 38 && scale <= width);
    return Type::decimal(static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
  }
  if (id == "LIST") return Type::list(decode_type(info.at("child_type")));
  if (id == "STRUCT") {
    std::vector<Field> fields;
    for (const json& child : info.at("child_types")) {
      fields.push_back({child.at("first").get<std::string>(), decode_type(child.at("second"))});
    }
    return Type::structure(std::move(fields));
  }
  throw Unsupported{fmt::format("the type {}", id)};
}

ExpressionPtr decode_expression(const json& expression) {
  ExpressionPtr result = decode_plain(expression);
  verify_arguments(*result);
  auto location = expression.find("query_location");
  uint64_t position = location == expression.end() ? Expression::kNoPosition : whole_number<uint64_t>(*location);
  if (position == Expression::kNoPosition || result->kind == Expression::Kind::kColumn ||
      result->position != Expression::kNoPosition) {
    return result;
  }
  auto located = std::make_shared<Expression>(*result);
  located->position = position;
  return located;
}

}  // namespace segue::plan

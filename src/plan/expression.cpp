#include "plan/expression.h"

#include <functional>

#include <fmt/format.h>

#include "base/hash.h"

namespace segue::plan {

ExpressionPtr make_column(size_t column, Type type) {
  auto expression = std::make_shared<Expression>();
  expression->kind = Expression::Kind::kColumn;
  expression->type = std::move(type);
  expression->column = column;
  return expression;
}

ExpressionPtr make_constant(Value value) {
  auto expression = std::make_shared<Expression>();
  expression->kind = Expression::Kind::kConstant;
  expression->type = value.type;
  expression->constant = std::move(value);
  return expression;
}

ExpressionPtr make_call(std::string name, Type type, std::vector<ExpressionPtr> arguments) {
  auto expression = std::make_shared<Expression>();
  expression->kind = Expression::Kind::kCall;
  expression->type = std::move(type);
  expression->name = std::move(name);
  expression->arguments = std::move(arguments);
  return expression;
}

bool equal(const Expression& a, const Expression& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.type != b.type) return false;
  switch (a.kind) {
    case Expression::Kind::kColumn: return a.column == b.column;
    case Expression::Kind::kConstant: return a.constant == b.constant;
    case Expression::Kind::kCall: break;
  }
  if (a.name != b.name || a.arguments.size() != b.arguments.size()) return false;
  for (size_t i = 0; i < a.arguments.size(); ++i) {
    if (!equal(*a.arguments[i], *b.arguments[i])) return false;
  }
  return true;
}

uint64_t hash(const Expression& expression) {
  uint64_t result = hash_combine(static_cast<uint64_t>(expression.kind), static_cast<uint64_t>(expression.type.id));
  switch (expression.kind) {
    case Expression::Kind::kColumn: return hash_combine(result, expression.column);
    case Expression::Kind::kConstant:
      return hash_combine(result, std::hash<std::string>()(segue::to_string(expression.constant)));
    case Expression::Kind::kCall: break;
  }
  result = hash_combine(result, std::hash<std::string>()(expression.name));
  for (const auto& argument : expression.arguments) result = hash_combine(result, hash(*argument));
  return result;
}

ExpressionPtr replace_columns(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns) {
  switch (expression->kind) {
    case Expression::Kind::kColumn: return columns.at(expression->column);
    case Expression::Kind::kConstant: return expression;
    case Expression::Kind::kCall: break;
  }
  auto copy = std::make_shared<Expression>(*expression);
  for (auto& argument : copy->arguments) argument = replace_columns(argument, columns);
  return copy;
}

void mark_columns(const Expression& expression, std::vector<bool>& used) {
  if (expression.kind == Expression::Kind::kColumn) used.at(expression.column) = true;
  for (const auto& argument : expression.arguments) mark_columns(*argument, used);
}

namespace {

bool infix(const std::string& name) {
  static const std::vector<std::string> names = {"+", "-",  "*", "/",  "//", "%",   "||", "=",
                                                 "<", "<=", ">", ">=", "<>", "and", "or"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string quoted(const Value& value) {
  std::string text = segue::to_string(value);
  if (value.null() || (!value.type.text() && value.type.id != TypeId::kDate && value.type.id != TypeId::kTimestamp &&
                       value.type.id != TypeId::kInterval)) {
    return text;
  }
  std::string result = "'";
  for (char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result + "'";
}

}  // namespace

std::string to_string(const Expression& expression, const std::vector<std::string>& names) {
  if (expression.kind == Expression::Kind::kColumn) {
    return expression.column < names.size() ? names[expression.column] : fmt::format("#{}", expression.column);
  }
  if (expression.kind == Expression::Kind::kConstant) return quoted(expression.constant);
  std::vector<std::string> arguments;
  for (const auto& argument : expression.arguments) arguments.push_back(to_string(*argument, names));
  const std::string& name = expression.name;
  if (infix(name) && arguments.size() >= 2) return fmt::format("({})", fmt::join(arguments, " " + name + " "));
  if (name == "is_null") return arguments[0] + " IS NULL";
  if (name == "is_not_null") return arguments[0] + " IS NOT NULL";
  if (name == "cast" || name == "try_cast") {
    return fmt::format("{}({} AS {})", name, arguments[0], segue::to_string(expression.type));
  }
  if (name == "case") {
    std::string text = "CASE";
    for (size_t i = 0; i + 1 < arguments.size(); i += 2)
      text += fmt::format(" WHEN {} THEN {}", arguments[i], arguments[i + 1]);
    return text + " ELSE " + arguments.back() + " END";
  }
  return fmt::format("{}({})", name, fmt::join(arguments, ", "));
}

}  // namespace segue::plan

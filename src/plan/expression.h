// Bound expressions: typed, resolved, immutable, shared.
//
// Three kinds only. Everything that computes is a call, named as DuckDB names it where DuckDB has a name:
//   functions, arithmetic   their DuckDB names: "+", "-", "||", "lower", "date_trunc", "year", "struct_pack", "row", …
//   comparison              "=", "<>", "<", "<=", ">", ">=", "is_distinct_from", "is_not_distinct_from"
//   logic                   "and", "or" (two and more arguments), "not", "is_null", "is_not_null", "in", "not_in",
//                           "coalesce"
//   "case"                  when, then, when, then, …, else (always there)
//   "cast", "try_cast"      one argument; the target is the expression's type
// Argument types are exactly what the binder left: casts are explicit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "columns/type.h"
#include "columns/value.h"

namespace segue::plan {

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

struct Expression {
  enum class Kind { kColumn, kConstant, kCall };
  static constexpr uint64_t kNoPosition = ~uint64_t{0};

  Kind kind;
  Type type;
  size_t column = 0;                     // kColumn: index into the input's columns
  Value constant;                        // kConstant; its type equals `type`
  std::string name;                      // kCall
  std::vector<ExpressionPtr> arguments;  // kCall
  uint64_t position = kNoPosition;       // where it stands in the SQL of its step, see Origin in graph.h; for messages
};

ExpressionPtr make_column(size_t column, Type type);
ExpressionPtr make_constant(Value value);
ExpressionPtr make_call(std::string name, Type type, std::vector<ExpressionPtr> arguments);

// Structural equality; positions do not count.
bool equal(const Expression& a, const Expression& b);
uint64_t hash(const Expression& expression);

// The same expression with every column c replaced by columns[c].
ExpressionPtr replace_columns(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns);

// Marks used[c] for every column c the expression reads. REQUIRES: used is large enough.
void mark_columns(const Expression& expression, std::vector<bool>& used);

// As SQL-like text, column c written as names[c] (or #c past the end).
std::string to_string(const Expression& expression, const std::vector<std::string>& names);

}  // namespace segue::plan

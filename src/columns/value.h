// One value of any type, for constants of a plan, sort boundaries and messages; never used per row on a hot path.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "columns/column.h"
#include "columns/type.h"

namespace segue {

struct Value {
  // Integers, BOOLEAN, DATE, TIMESTAMP and narrow DECIMAL as int64_t; HUGEINT and wide DECIMAL as Int128; FLOAT and
  // DOUBLE as double.
  using Data = std::variant<std::monostate, int64_t, Int128, double, std::string, Interval, std::vector<Value>>;
  Type type;
  Data data;  // monostate is NULL; a vector holds a LIST's elements or a STRUCT's fields

  bool null() const { return std::holds_alternative<std::monostate>(data); }
  bool operator==(const Value&) const = default;
};

// Row `row` of column. Copies strings.
Value value_at(const Column& column, size_t row);

// A constant column (stride 0) holding value. VARCHAR comes uncoded.
Column constant_column(const Value& value);

// As DuckDB prints it when cast to VARCHAR; NULL prints as "NULL".
std::string to_string(const Value& value);

}  // namespace segue

#include "duckdb/literal.h"

#include <fmt/format.h>

#include "base/error.h"

namespace segue::duckdb {

namespace {

std::string quoted(const std::string& text) {
  SEGUE_ASSERT(text.find('\0') == std::string::npos);
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result += '\'';
}

}  // namespace

std::string literal(const Value& value) {
  if (value.type.id == TypeId::kNull) return "NULL";
  std::string type = to_string(value.type);
  if (value.null()) return fmt::format("CAST(NULL AS {})", type);
  switch (value.type.id) {
    case TypeId::kVarchar: return quoted(std::get<std::string>(value.data));
    case TypeId::kBoolean: return to_string(value);
    case TypeId::kList: {
      std::string text;
      for (const Value& element : std::get<std::vector<Value>>(value.data))
        text += (text.empty() ? "" : ", ") + literal(element);
      return fmt::format("CAST([{}] AS {})", text, type);
    }
    case TypeId::kStruct: {
      std::string text;
      const auto& parts = std::get<std::vector<Value>>(value.data);
      for (size_t i = 0; i < parts.size(); ++i) {
        text += fmt::format("{}{} := {}", i == 0 ? "" : ", ", quote_name(value.type.fields[i].name), literal(parts[i]));
      }
      return fmt::format("CAST(struct_pack({}) AS {})", text, type);
    }
    default: return fmt::format("CAST({} AS {})", quoted(to_string(value)), type);
  }
}

}  // namespace segue::duckdb

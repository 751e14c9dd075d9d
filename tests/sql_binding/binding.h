// A Binder over two tables, and what it says, as text to compare.
#pragma once

#include <map>
#include <string>

#include <fmt/format.h>

#include "sql/binder.h"

namespace segue::sql {

inline Binder make_binder() {
  Binder binder;
  binder.add_table({"plays",
                    {{"user_id", TypeId::kVarchar},
                     {"played_at", TypeId::kTimestamp},
                     {"artist", TypeId::kVarchar},
                     {"track", TypeId::kVarchar},
                     {"n", TypeId::kBigint},
                     {"tags", Type::list(TypeId::kVarchar)}}});
  binder.add_table({"sessions", {{"user_id", TypeId::kVarchar}, {"order", TypeId::kBigint}}});
  return binder;
}

inline std::map<std::string, Value> params() {
  return {{"gap", {TypeId::kInterval, Interval{0, 0, 1'200'000'000}}},
          {"name", {TypeId::kVarchar, std::string("it's")}},
          {"limit", {TypeId::kBigint, int64_t{5}}},
          {"none", {TypeId::kDate, {}}}};
}

// The mistakes of a text: under the text, a line for each with carets, then the message and the hint.
inline std::string mistakes(Binder& binder, const std::string& text) {
  try {
    binder.bind(text, params());
  } catch (const SqlError& error) {
    std::string result;
    for (const Mistake& mistake : error.mistakes()) {
      result +=
          text + '\n' + std::string(mistake.offset, ' ') + std::string(std::max<size_t>(mistake.length, 1), '^') + '\n';
      result += mistake.message + '\n';
      if (!mistake.hint.empty()) result += "help: " + mistake.hint + '\n';
    }
    return result;
  }
  return "no mistake\n";
}

// "user_id VARCHAR, songs BIGINT"
inline std::string fields(const BoundQuery& query) {
  std::string text;
  for (const Field& field : query.fields)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field.name, to_string(field.type));
  return text;
}

}  // namespace segue::sql

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/suggestion.h"
#include "definition/keys.h"
#include "definition/schema.h"

namespace segue::definition {
namespace {

std::string_view describe(const Key& key) {
  switch (key.shape) {
    case Shape::kProse: return "text";
    case Shape::kPattern: return "regular expression";
    case Shape::kName: return "name";
    case Shape::kText: return "text";
    case Shape::kSql: return "SQL";
    case Shape::kBoolean: return "`true`, `false`";
    case Shape::kCount: return "whole number";
    case Shape::kFlag: return "nothing";
    case Shape::kBytes: return "amount of memory";
    case Shape::kShare:
    case Shape::kGrowth: return "percentage";
    case Shape::kChoice: return "";
    case Shape::kTexts: return "text, or list of texts";
    case Shape::kColumns: return "map of names to types";
    case Shape::kColumnShares: return "map of columns to percentages";
    case Shape::kColumnTexts: return "map of columns to texts";
    case Shape::kMap: return "map";
    case Shape::kNamed: return "map of names";
    case Shape::kList: return "list";
  }
  return "text";
}

// A cell of a table cannot hold a bare `|`.
std::string cell(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string value_cell(const Key& key) {
  std::string value = key.allowed.empty() ? std::string(describe(key)) : quoted_list(key.allowed);
  if (key.table == nullptr) return value;
  std::string_view title = key.table->title;
  std::string anchor;
  for (char c : title) {
    if (c == ' ') {
      anchor += '-';
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      anchor += ascii::lower(c);
    }
  }
  return fmt::format("{}{}[{}](#{})", value, key.allowed.empty() ? ": " : ", or a map: ", title, anchor);
}

void add_table(const Table& table, std::vector<const Table*>& seen, std::string& result) {
  if (std::find(seen.begin(), seen.end(), &table) != seen.end()) return;
  seen.push_back(&table);
  result += fmt::format("\n### {}\n\n", table.title);
  result += "| key | value | without it | meaning | example |\n|---|---|---|---|---|\n";
  for (const Key& key : table.keys) {
    bool one_of = std::find(table.exactly_one.begin(), table.exactly_one.end(), key.name) != table.exactly_one.end();
    bool always = key.only_with.empty() && key.beside.empty();
    std::string without = key.required            ? always ? "**required**" : "**required** there"
                          : !key.fallback.empty() ? fmt::format("{}", key.fallback)
                          : one_of                ? "one of these"
                                                  : "";
    std::string meaning = cell(key.summary);
    if (!key.only_with.empty()) meaning = fmt::format("For `{}`. {}", key.only_with, meaning);
    if (!key.beside.empty()) meaning = fmt::format("With `{}`. {}", key.beside, meaning);
    std::string example = key.example.empty() ? "" : fmt::format("`{}`", cell(key.example));
    result += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, value_cell(key), without, meaning, example);
  }
  if (!table.exactly_one.empty())
    result += fmt::format("\nExactly one of {} must be given.\n", quoted_list(table.exactly_one));
  if (!table.at_least_one.empty())
    result += fmt::format("\nAt least one of {} must be given.\n", quoted_list(table.at_least_one));
  for (const Key& key : table.keys) {
    if (key.table != nullptr) add_table(*key.table, seen, result);
  }
}

}  // namespace

std::string key_reference() {
  std::vector<const Table*> seen;
  std::string result;
  add_table(pipeline_table(), seen, result);
  add_table(project_table(), seen, result);
  return result;
}

}  // namespace segue::definition

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "base/limits.h"
#include "definition/readers.h"

namespace segue::definition {
namespace {

constexpr Choice<Severity> kSeverities[] = {{"fail", Severity::kFail}, {"warn", Severity::kWarn}};

// [+-]digits[.digits][e[+-]digits]: what SQL reads as a number too.
bool is_number(std::string_view text) {
  auto digits = [&] {
    size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (digits() == 0) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::string sql_literal(std::string_view text) {
  if (is_number(text)) return std::string(text);
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

void take_columns(const std::vector<Filled>& columns, std::string_view key, Check& check, Mistakes& mistakes) {
  for (const Filled& column : columns) {
    if (column.text.empty()) {
      mistakes.add(fmt::format("`{}` names a column that is empty", key), column.place);
    } else if (std::find(check.columns.begin(), check.columns.end(), column.text) != check.columns.end()) {
      mistakes.add(fmt::format("`{}` names the column `{}` twice", key, column.text), column.place,
                   "remove one of them");
    } else {
      check.columns.push_back(column.text);
      check.column_places.push_back(column.place);
    }
  }
}

std::optional<Bound> read_bound(const Section& between, std::string_view key) {
  std::optional<Filled> filled = between.text(key);
  if (!filled || !filled->known) return std::nullopt;
  if (filled->text.find('\0') == std::string::npos)
    return Bound{filled->text, sql_literal(filled->text), filled->place};
  between.context().mistakes.add(fmt::format("`{}` cannot hold a NUL byte", key), filled->place);
  return std::nullopt;
}

void read_between(const Section& section, Check& check) {
  std::optional<Section> between = section.map("between");
  if (!between) return;
  if (std::optional<Filled> column = between->text("column"); column && column->known) {
    take_columns({*column}, "column", check, section.context().mistakes);
  }
  check.min = read_bound(*between, "min");
  check.max = read_bound(*between, "max");
  bool numbers = check.min && check.max && is_number(check.min->text) && is_number(check.max->text);
  if (numbers && std::strtold(check.min->text.c_str(), nullptr) > std::strtold(check.max->text.c_str(), nullptr)) {
    section.context().mistakes.add(
        fmt::format("`min` is {}, more than `max`, which is {}", check.min->text, check.max->text), check.min->place,
        "nothing lies between: exchange them");
  }
}

void read_row_count(const Section& section, Check& check) {
  std::optional<Section> rows = section.map("row_count");
  if (!rows) return;
  check.min_rows = rows->count("min");
  check.max_rows = rows->count("max");
  if (check.min_rows && check.max_rows && *check.min_rows > *check.max_rows) {
    section.context().mistakes.add(
        fmt::format("`min` is {}, more than `max`, which is {}", *check.min_rows, *check.max_rows),
        rows->entry("min")->value->place, "no table has such a number of rows: exchange them");
  }
}

Check read_check(const Section& section) {
  Check check;
  Mistakes& mistakes = section.context().mistakes;
  check.severity = section.choice<Severity>("severity", kSeverities).value_or(Severity::kFail);
  for (auto [key, kind] : {std::pair("unique", Check::Kind::kUnique), std::pair("not_null", Check::Kind::kNotNull)}) {
    if (!section.has(key)) continue;
    check.kind = kind;
    check.place = section.entry(key)->key_place;
    take_columns(section.texts(key).value_or(std::vector<Filled>{}), key, check, mistakes);
  }
  if (section.has("between")) {
    check.kind = Check::Kind::kBetween;
    check.place = section.entry("between")->key_place;
    read_between(section, check);
  }
  if (section.has("row_count")) {
    check.kind = Check::Kind::kRowCount;
    check.place = section.entry("row_count")->key_place;
    read_row_count(section, check);
  }
  if (section.has("sql")) {
    check.kind = Check::Kind::kSql;
    check.place = section.entry("sql")->key_place;
    check.expression = section.sql("sql").value_or(LocatedText());
  }
  return check;
}

}  // namespace

std::vector<Check> read_checks(const Section& step) {
  std::vector<Check> checks;
  if (!step.has("checks")) return checks;
  const std::vector<NodePtr>* items = step.list("checks");
  if (items == nullptr) return checks;
  Context& context = step.context();
  if (items->size() > limits::kDefinitionNames) {
    context.mistakes.add(fmt::format("more than {} checks", limits::kDefinitionNames), step.entry("checks")->key_place);
    return checks;
  }
  static const Table& table = *pipeline_table().find("steps")->table->find("checks")->table;
  for (const NodePtr& item : *items) {
    std::optional<Section> section = section_of(*item, table, "a check", item->place, "unique: user_id", context);
    if (section) checks.push_back(read_check(*section));
  }
  return checks;
}

}  // namespace segue::definition

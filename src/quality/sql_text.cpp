#include "quality/sql_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/error.h"

namespace segue::quality {
namespace {

std::string literal(const Constant& constant, const Type& type) {
  return constant.number && numeric(type) ? constant.text : quote_text(constant.text);
}

// Which values of `what` lie outside; "false" without bounds.
template <class Bound, class Print>
std::string outside(const std::string& what, const std::optional<Bound>& min, const std::optional<Bound>& max,
                    const Print& print) {
  std::vector<std::string> conditions;
  if (min) conditions.push_back(fmt::format("{} < {}", what, print(*min)));
  if (max) conditions.push_back(fmt::format("{} > {}", what, print(*max)));
  return conditions.empty() ? "false" : join(conditions, " OR ");
}

}  // namespace

const Field* find_field(const std::vector<Field>& fields, const std::string& name) {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& it) { return ascii::same(it.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

bool numeric(const Type& type) {
  return (type.id >= TypeId::kTinyint && type.id <= TypeId::kDouble) || type.id == TypeId::kDecimal;
}

std::string quote_text(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string quote(const std::string& name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::string> quoted(const std::vector<std::string>& names, std::string_view suffix) {
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back(fmt::format("{}{}", quote(name), suffix));
  return all;
}

std::string outside(const std::string& what, const Check& check, const Type& type) {
  return outside(what, check.min, check.max, [&](const Constant& bound) { return literal(bound, type); });
}

std::string outside_counts(const std::string& what, const Check& check) {
  return outside(what, check.least, check.most, [](uint64_t count) { return std::to_string(count); });
}

// The rows that break the check, for WHERE. Never NULL where that matters: a NULL is no true.
std::string breaking(const Check& check, const std::vector<Field>& fields) {
  if (check.kind == CheckKind::kNotNull) return join(quoted(check.columns, " IS NULL"), " OR ");
  // The line feed ends a comment that the expression may end with.
  if (check.kind == CheckKind::kSql) return fmt::format("NOT ({}\n)", check.expression);
  const Type& type = find_field(fields, check.columns.at(0))->type;
  std::string column = quote(check.columns[0]);
  if (check.kind == CheckKind::kBetween) return outside(column, check, type);
  if (check.kind == CheckKind::kLength) return outside_counts(fmt::format("len({})", column), check);
  if (check.kind == CheckKind::kRegex)
    return fmt::format("NOT regexp_matches({}, {})", column, quote_text(check.pattern));
  SEGUE_ASSERT(check.kind == CheckKind::kAcceptedValues);
  std::vector<std::string> values;
  for (const Constant& value : check.values) values.push_back(literal(value, type));
  return fmt::format("{} NOT IN ({})", column, join(values, ", "));
}

std::string key_column(size_t index) { return quote(fmt::format("segue key {}", index + 1)); }

}  // namespace segue::quality

#include "quality/hold_back.h"

#include <fmt/format.h>

#include "base/error.h"
#include "quality/sql_text.h"

namespace segue::quality {
namespace {

std::string known(const std::vector<std::string>& columns) {
  std::vector<std::string> conditions;
  for (const std::string& column : columns)
    conditions.push_back(fmt::format("\"segue rows\".{} IS NOT NULL", quote(column)));
  return join(conditions, " AND ");
}

}  // namespace

HoldBackQueries hold_back(const std::string& rows, const std::string& judged_name,
                          const std::vector<HoldingCheck>& checks, const std::vector<Field>& fields) {
  SEGUE_ASSERT(!checks.empty());
  std::string joins;
  std::vector<std::string> reasons;
  for (size_t i = 0; i < checks.size(); ++i) {
    const Check& check = checks[i].check;
    std::string condition;
    if (checks[i].keys_name.empty()) {
      condition = breaking(check, fields);
    } else {
      std::string keys = quote(fmt::format("segue keys {}", i + 1));
      std::vector<std::string> equal;
      for (size_t k = 0; k < check.columns.size(); ++k)
        equal.push_back(fmt::format("\"segue rows\".{} = {}.{}", quote(check.columns[k]), keys, key_column(k)));
      joins += fmt::format(" LEFT JOIN {} AS {} ON {}", quote(checks[i].keys_name), keys, join(equal, " AND "));
      condition = check.kind == CheckKind::kUnique
                      ? fmt::format("{}.\"segue found\" IS NOT NULL", keys)
                      : fmt::format("{}.\"segue found\" IS NULL AND {}", keys, known(check.columns));
    }
    reasons.push_back(fmt::format("CASE WHEN {} THEN {} END", condition, quote_text(checks[i].name)));
  }
  std::vector<std::string> columns;
  for (const Field& field : fields) columns.push_back(quote(field.name));
  HoldBackQueries queries;
  queries.judged = fmt::format("SELECT \"segue rows\".*, concat_ws('; ', {}) AS {} FROM {} AS \"segue rows\"{}",
                               join(reasons, ", "), quote(kReasonColumn), quote(rows), joins);
  queries.kept =
      fmt::format("SELECT {} FROM {} WHERE {} = ''", join(columns, ", "), quote(judged_name), quote(kReasonColumn));
  queries.held = fmt::format("SELECT * FROM {} WHERE {} <> ''", quote(judged_name), quote(kReasonColumn));
  return queries;
}

}  // namespace segue::quality

#include "quality/checks.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "base/suggestion.h"

namespace segue::quality {
namespace {

std::string quote_name(const std::string& name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

std::vector<std::string> quote_names(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(quote_name(name));
  return quoted;
}

// "a", "(a, b)"
std::string print_columns(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? columns[0] : fmt::format("({})", join(columns, ", "));
}

// The rows that break the check, for WHERE. Never NULL where that matters: a NULL is no true.
std::string breaking(const Check& check) {
  std::vector<std::string> names = quote_names(check.columns);
  switch (check.kind) {
    case Check::Kind::kNotNull:
      for (std::string& name : names) name += " IS NULL";
      return join(names, " OR ");
    case Check::Kind::kBetween: {
      std::vector<std::string> outside;
      if (!check.min.empty()) outside.push_back(fmt::format("{} < {}", names[0], check.min));
      if (!check.max.empty()) outside.push_back(fmt::format("{} > {}", names[0], check.max));
      return join(outside, " OR ");
    }
    // The line feed ends a comment that the expression may end with.
    case Check::Kind::kSql: return fmt::format("NOT ({}\n)", check.expression);
    case Check::Kind::kUnique:
    case Check::Kind::kRowCount: break;
  }
  fail(ErrorCode::kInternal, "this check is not about single rows");
}

Queries unique_queries(const std::string& step, const Check& check) {
  std::vector<std::string> names = quote_names(check.columns);
  std::vector<std::string> known = names;
  for (std::string& name : known) name += " IS NOT NULL";
  std::string keys = join(names, ", ");
  std::string from = fmt::format("FROM {} WHERE {} GROUP BY {}", quote_name(step), join(known, " AND "), keys);
  Queries queries;
  queries.count = fmt::format(
      "SELECT count(*) FILTER (WHERE times > 1) AS failing, coalesce(sum(times), 0)::BIGINT AS rows FROM (SELECT "
      "count(*) AS times {})",
      from);
  queries.sample = fmt::format("SELECT {}, count(*) AS times {} HAVING count(*) > 1 ORDER BY times DESC, {} LIMIT {}",
                               keys, from, keys, kSampleRows);
  return queries;
}

Queries row_count_queries(const std::string& step, const Check& check) {
  std::vector<std::string> outside;
  if (check.min_rows) outside.push_back(fmt::format("count(*) < {}", *check.min_rows));
  if (check.max_rows) outside.push_back(fmt::format("count(*) > {}", *check.max_rows));
  Queries queries;
  queries.count =
      fmt::format("SELECT CASE WHEN {} THEN 1::BIGINT ELSE 0::BIGINT END AS failing, count(*) AS rows FROM {}",
                  join(outside, " OR "), quote_name(step));
  return queries;
}

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool ordered(const Type& type) { return !type.nested() && type.id != TypeId::kBlob && type.id != TypeId::kBoolean; }

}  // namespace

Queries queries(const std::string& step, const Check& check) {
  if (check.kind == Check::Kind::kUnique) return unique_queries(step, check);
  if (check.kind == Check::Kind::kRowCount) return row_count_queries(step, check);
  Queries queries;
  std::string condition = breaking(check);
  queries.count = fmt::format("SELECT count(*) FILTER (WHERE {}) AS failing, count(*) AS rows FROM {}", condition,
                              quote_name(step));
  queries.sample = fmt::format("SELECT * FROM {} WHERE {} LIMIT {}", quote_name(step), condition, kSampleRows);
  if (check.kind == Check::Kind::kSql) {
    static const std::string kBefore = "SELECT (";
    queries.expression = fmt::format("{}{}\n) AS holds FROM {}", kBefore, check.expression, quote_name(step));
    queries.expression_offset = kBefore.size();
  }
  return queries;
}

std::vector<Problem> problems(const std::string& step, const Check& check, const std::vector<Field>& fields) {
  std::vector<Problem> found;
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  for (size_t i = 0; i < check.columns.size(); ++i) {
    const std::string& name = check.columns[i];
    auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& it) { return same_name(it.name, name); });
    if (field == fields.end()) {
      found.push_back(
          {i, fmt::format("step `{}` has no column `{}`", step, name), suggest(name, names, "its columns")});
    } else if (check.kind == Check::Kind::kBetween && !ordered(field->type)) {
      found.push_back({i,
                       fmt::format("`between` needs numbers, text, dates or timestamps, and `{}` is {}", name,
                                   to_string(field->type)),
                       "write the check as `sql`"});
    }
  }
  return found;
}

std::string describe(const Check& check, uint64_t failing, uint64_t rows) {
  SEGUE_ASSERT(failing > 0);
  std::string columns = print_columns(check.columns);
  auto of_rows = [&](const char* one, const char* many, const std::string& what) {
    return fmt::format("{} of {} rows {} {}", failing, rows, failing == 1 ? one : many, what);
  };
  switch (check.kind) {
    case Check::Kind::kUnique:
      return fmt::format("{} {} of {} {} more than once", failing, failing == 1 ? "value" : "values", columns,
                         failing == 1 ? "comes" : "come");
    case Check::Kind::kNotNull: return of_rows("has", "have", fmt::format("NULL in {}", columns));
    case Check::Kind::kBetween: {
      std::string range = check.max.empty()   ? fmt::format("{} below {}", columns, check.min)
                          : check.min.empty() ? fmt::format("{} above {}", columns, check.max)
                                              : fmt::format("{} outside {} to {}", columns, check.min, check.max);
      return of_rows("has", "have", range);
    }
    case Check::Kind::kRowCount: {
      bool few = check.min_rows && rows < *check.min_rows;
      return fmt::format("{} {}, {} {} expected", rows, rows == 1 ? "row" : "rows", few ? "at least" : "at most",
                         few ? *check.min_rows : *check.max_rows);
    }
    case Check::Kind::kSql: return of_rows("breaks", "break", check.expression);
  }
  fail(ErrorCode::kInternal, "no such check");
}

}  // namespace segue::quality

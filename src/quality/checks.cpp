#include "quality/checks.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "columns/value.h"

namespace segue::quality {
namespace {

using Kind = Check::Kind;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const Field* find_field(const std::vector<Field>& fields, const std::string& name) {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& it) { return same_name(it.name, name); });
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

// Always in quotes: names of hidden tables are no identifiers.
std::string quote_table(const std::string& name) {
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

std::vector<std::string> with(const std::vector<std::string>& names, std::string_view suffix) {
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back(fmt::format("{}{}", quote_table(name), suffix));
  return all;
}

// "a", "(a, b)"
std::string print_columns(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? columns[0] : fmt::format("({})", join(columns, ", "));
}

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

std::string outside(const std::string& what, const Check& check, const Type& type) {
  return outside(what, check.min, check.max, [&](const Constant& bound) { return literal(bound, type); });
}

std::string outside_counts(const std::string& what, const Check& check) {
  return outside(what, check.least, check.most, [](uint64_t count) { return std::to_string(count); });
}

// The rows that break the check, for WHERE. Never NULL where that matters: a NULL is no true.
std::string breaking(const Check& check, const std::vector<Field>& fields) {
  if (check.kind == Kind::kNotNull) return join(with(check.columns, " IS NULL"), " OR ");
  // The line feed ends a comment that the expression may end with.
  if (check.kind == Kind::kSql) return fmt::format("NOT ({}\n)", check.expression);
  const Type& type = find_field(fields, check.columns.at(0))->type;
  std::string column = quote_table(check.columns[0]);
  if (check.kind == Kind::kBetween) return outside(column, check, type);
  if (check.kind == Kind::kLength) return outside_counts(fmt::format("len({})", column), check);
  if (check.kind == Kind::kRegex) return fmt::format("NOT regexp_matches({}, {})", column, quote_text(check.pattern));
  SEGUE_ASSERT(check.kind == Kind::kAcceptedValues);
  std::vector<std::string> values;
  for (const Constant& value : check.values) values.push_back(literal(value, type));
  return fmt::format("{} NOT IN ({})", column, join(values, ", "));
}

Queries row_queries(const std::string& from, const Check& check, const std::vector<Field>& fields) {
  Queries queries;
  std::string condition = breaking(check, fields);
  queries.count =
      fmt::format("SELECT count(*) FILTER (WHERE {}) AS failing, count(*) AS rows FROM {}", condition, from);
  queries.sample = fmt::format("SELECT * FROM {} WHERE {} LIMIT {}", from, condition, kSampleRows);
  if (check.kind == Kind::kSql) {
    static const std::string kBefore = "SELECT (";
    queries.expression = fmt::format("{}{}\n) AS holds FROM {}", kBefore, check.expression, from);
    queries.expression_offset = kBefore.size();
  }
  return queries;
}

Queries unique_queries(const std::string& table, const Check& check) {
  std::string keys = join(with(check.columns, ""), ", ");
  std::string from =
      fmt::format("FROM {} WHERE {} GROUP BY {}", table, join(with(check.columns, " IS NOT NULL"), " AND "), keys);
  Queries queries;
  queries.count = fmt::format(
      "SELECT count(*) FILTER (WHERE times > 1) AS failing, coalesce(sum(times), 0)::BIGINT AS rows FROM (SELECT "
      "count(*) AS times {})",
      from);
  queries.sample = fmt::format("SELECT {}, count(*) AS times {} HAVING count(*) > 1 ORDER BY times DESC, {} LIMIT {}",
                               keys, from, keys, kSampleRows);
  return queries;
}

// The keys come as "key 1", "key 2", … and "found".
Queries relationship_queries(const std::string& table, const std::string& keys_name, const Check& check) {
  std::vector<std::string> selected, equal, known;
  for (size_t i = 0; i < check.columns.size(); ++i) {
    std::string key = quote_table(fmt::format("key {}", i + 1));
    std::string column = fmt::format("\"rows\".{}", quote_table(check.columns[i]));
    selected.push_back(fmt::format("{} AS {}", quote_table(check.keys.at(i)), key));
    equal.push_back(fmt::format("{} = \"keys\".{}", column, key));
    known.push_back(column + " IS NOT NULL");
  }
  std::string from =
      fmt::format("{} AS \"rows\" LEFT JOIN {} AS \"keys\" ON {}", table, quote_table(keys_name), join(equal, " AND "));
  std::string condition = fmt::format("\"keys\".\"found\" IS NULL AND {}", join(known, " AND "));
  Queries queries;
  queries.keys =
      fmt::format("SELECT DISTINCT {}, true AS \"found\" FROM {}", join(selected, ", "), quote_table(check.to));
  queries.count =
      fmt::format("SELECT count(*) FILTER (WHERE {}) AS failing, count(*) AS rows FROM {}", condition, from);
  queries.sample = fmt::format("SELECT \"rows\".* FROM {} WHERE {} LIMIT {}", from, condition, kSampleRows);
  return queries;
}

std::string judged(const std::string& condition, const std::string& rest) {
  return fmt::format("SELECT CASE WHEN {} THEN 1::BIGINT ELSE 0::BIGINT END AS failing, {}", condition, rest);
}

std::string measure(const Check& check) {
  std::string column = quote_table(check.columns.at(0));
  switch (check.kind) {
    case Kind::kSum: return fmt::format("sum({})::DOUBLE", column);
    case Kind::kMean: return fmt::format("avg({})::DOUBLE", column);
    case Kind::kStddev: return fmt::format("stddev_samp({}::DOUBLE)", column);
    case Kind::kQuantile: return fmt::format("quantile_cont({}::DOUBLE, {})", column, check.at);
    default: fail(ErrorCode::kInternal, "this check measures nothing");
  }
}

std::string table_query(const std::string& table, const Check& check) {
  std::string first = check.columns.empty() ? "" : quote_table(check.columns[0]);
  if (check.kind == Kind::kRowCount)
    return judged(outside_counts("count(*)", check), fmt::format("count(*) AS rows FROM {}", table));
  if (check.kind == Kind::kFreshness) {
    Value oldest;
    oldest.type = TypeId::kTimestamp;
    oldest.data = check.oldest;
    std::string condition = fmt::format("newest IS NULL OR newest < TIMESTAMP '{}'", to_string(oldest));
    return judged(condition, fmt::format("\"all rows\" AS rows, newest AS observed FROM (SELECT max({})::TIMESTAMP AS "
                                         "newest, count(*) AS \"all rows\" FROM {})",
                                         first, table));
  }
  if (check.kind == Kind::kChange) {
    std::string nulls;
    for (size_t i = 0; i < check.columns.size(); ++i)
      nulls += fmt::format(", count(*) - count({}) AS \"nulls {}\"", quote_table(check.columns[i]), i + 1);
    return fmt::format("SELECT 0::BIGINT AS failing, count(*) AS rows{} FROM {}", nulls, table);
  }
  return judged(outside("measured", check, TypeId::kDouble),
                fmt::format("\"values\" AS rows, measured AS observed FROM (SELECT {} AS measured, count({}) AS "
                            "\"values\" FROM {})",
                            measure(check), first, table));
}

// Why a column of this type cannot have the check; empty if it can.
std::string wrong_type(Kind kind, const Type& type) {
  switch (kind) {
    case Kind::kBetween:
      return type.nested() || type.id == TypeId::kBlob || type.id == TypeId::kBoolean
                 ? "`between` needs numbers, text, dates or timestamps"
                 : "";
    case Kind::kAcceptedValues:
      return type.nested() || type.id == TypeId::kBlob ? "`accepted_values` needs single values" : "";
    case Kind::kLength:
      return type.id == TypeId::kVarchar || type.id == TypeId::kList ? "" : "`length` needs text or lists";
    case Kind::kRegex: return type.id == TypeId::kVarchar ? "" : "`regex` needs text";
    case Kind::kFreshness:
      return type.id == TypeId::kTimestamp || type.id == TypeId::kDate ? "" : "`freshness` needs timestamps or dates";
    case Kind::kSum: return numeric(type) ? "" : "`sum` needs numbers";
    case Kind::kMean: return numeric(type) ? "" : "`mean` needs numbers";
    case Kind::kStddev: return numeric(type) ? "" : "`stddev` needs numbers";
    case Kind::kQuantile: return numeric(type) ? "" : "`quantile` needs numbers";
    case Kind::kRelationship: return type.nested() ? "`relationship` needs single values" : "";
    default: return "";
  }
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

std::string rows_text(uint64_t rows) { return fmt::format("{} {}", rows, rows == 1 ? "row" : "rows"); }

// " outside 1 to 5", " below 1", " above 5"
template <class Bound, class Print>
std::string beyond(const std::optional<Bound>& min, const std::optional<Bound>& max, const Print& print) {
  if (min && max) return fmt::format("outside {} to {}", print(*min), print(*max));
  return min ? fmt::format("below {}", print(*min)) : fmt::format("above {}", print(*max));
}

std::string beyond(const Check& check) {
  return beyond(check.min, check.max, [](const Constant& bound) { return bound.text; });
}

std::string beyond_counts(const Check& check) {
  return beyond(check.least, check.most, [](uint64_t count) { return std::to_string(count); });
}

}  // namespace

bool about_rows(Kind kind) {
  switch (kind) {
    case Kind::kNotNull:
    case Kind::kUnique:
    case Kind::kAcceptedValues:
    case Kind::kBetween:
    case Kind::kLength:
    case Kind::kRegex:
    case Kind::kRelationship:
    case Kind::kSql: return true;
    case Kind::kRowCount:
    case Kind::kFreshness:
    case Kind::kSum:
    case Kind::kMean:
    case Kind::kStddev:
    case Kind::kQuantile:
    case Kind::kChange: return false;
  }
  return false;
}

Queries queries(const std::string& rows, const std::string& keys_name, const Check& check,
                const std::vector<Field>& fields) {
  std::string table = quote_table(rows);
  if (check.kind == Kind::kUnique) return unique_queries(table, check);
  if (check.kind == Kind::kRelationship) return relationship_queries(table, keys_name, check);
  if (about_rows(check.kind)) return row_queries(table, check, fields);
  Queries queries;
  queries.count = table_query(table, check);
  return queries;
}

std::vector<Problem> problems(const std::string& step, const Check& check, const std::vector<Field>& fields) {
  std::vector<Problem> found;
  for (size_t i = 0; i < check.columns.size(); ++i) {
    const std::string& name = check.columns[i];
    const Field* field = find_field(fields, name);
    if (field == nullptr) {
      found.push_back(
          {i, fmt::format("step `{}` has no column `{}`", step, name), suggest(name, names_of(fields), "its columns")});
    } else if (std::string wrong = wrong_type(check.kind, field->type); !wrong.empty()) {
      found.push_back(
          {i, fmt::format("{}, and `{}` is {}", wrong, name, to_string(field->type)), "write the check as `sql`"});
    }
  }
  return found;
}

std::vector<Problem> key_problems(const Check& check, const std::vector<Field>& fields,
                                  const std::vector<Field>& to_fields) {
  // Values of one of these groups compare with each other and with no others.
  auto group = [](const Type& type) {
    if (numeric(type)) return 0;
    if (type.id == TypeId::kDate || type.id == TypeId::kTimestamp) return 1;
    return 2 + static_cast<int>(type.id);
  };
  std::vector<Problem> found;
  for (size_t i = 0; i < check.keys.size(); ++i) {
    const Field* key = find_field(to_fields, check.keys[i]);
    if (key == nullptr) {
      found.push_back({i, fmt::format("`{}` has no column `{}`", check.to, check.keys[i]),
                       suggest(check.keys[i], names_of(to_fields), "its columns")});
      continue;
    }
    const Type& type = find_field(fields, check.columns.at(i))->type;
    if (group(type) != group(key->type))
      found.push_back({i,
                       fmt::format("`{}` is {} and `{}` of `{}` is {}, which are never equal", check.columns[i],
                                   to_string(type), key->name, check.to, to_string(key->type)),
                       "cast one of them in its step"});
  }
  return found;
}

std::vector<TypedConstant> typed_constants(const Check& check, const std::vector<Field>& fields) {
  std::vector<TypedConstant> constants;
  if (check.kind != Kind::kBetween && check.kind != Kind::kAcceptedValues) return constants;
  const Type& type = find_field(fields, check.columns.at(0))->type;
  auto add = [&](const Constant& constant) {
    if (!(constant.number && numeric(type)) && type.id != TypeId::kVarchar) constants.push_back({&constant, type});
  };
  if (check.min) add(*check.min);
  if (check.max) add(*check.max);
  for (const Constant& value : check.values) add(value);
  return constants;
}

Change judge_change(const Check& check, uint64_t rows, const std::vector<uint64_t>& nulls,
                    const std::optional<Contents>& before) {
  Change change;
  change.counts.rows = rows;
  if (!before || before->rows == 0) return change;
  std::vector<std::string> observed, wrong;
  double old_rows = static_cast<double>(before->rows);
  if (check.rows_change) {
    double difference = (static_cast<double>(rows) - old_rows) / old_rows;
    observed.push_back(fmt::format("rows {:+.1f}%", difference * 100));
    if (std::abs(difference) > *check.rows_change)
      wrong.push_back(fmt::format("{}, {:.1f}% {} than the {} of version {}, and {:g}% is allowed", rows_text(rows),
                                  std::abs(difference) * 100, difference < 0 ? "fewer" : "more", before->rows,
                                  before->version, *check.rows_change * 100));
  }
  for (size_t i = 0; i < check.columns.size(); ++i) {
    auto old_nulls = before->nulls.find(check.columns[i]);
    if (old_nulls == before->nulls.end() || rows == 0) continue;
    double old_share = static_cast<double>(old_nulls->second) / old_rows;
    double share = static_cast<double>(nulls.at(i)) / static_cast<double>(rows);
    observed.push_back(fmt::format("NULLs of {} {:+.1f}", check.columns[i], (share - old_share) * 100));
    if (std::abs(share - old_share) > check.share_changes.at(i))
      wrong.push_back(
          fmt::format("{:.1f}% of {} is NULL, it was {:.1f}% in version {}, and a change of {:g} is allowed",
                      share * 100, check.columns[i], old_share * 100, before->version, check.share_changes[i] * 100));
  }
  change.counts.failing = wrong.size();
  change.counts.observed = join(observed, ", ");
  change.message = join(wrong, "; ");
  return change;
}

std::string describe(const Check& check, const Counts& counts) {
  SEGUE_ASSERT(counts.failing > 0);
  std::string columns = print_columns(check.columns);
  auto of_rows = [&](const char* one, const char* many, const std::string& what) {
    return fmt::format("{} of {} {} {}", counts.failing, rows_text(counts.rows), counts.failing == 1 ? one : many,
                       what);
  };
  auto measured = [&](const std::string& name) {
    return fmt::format("the {} of {} is {}, {}", name, columns, counts.observed, beyond(check));
  };
  switch (check.kind) {
    case Kind::kNotNull: return of_rows("has", "have", "NULL in " + columns);
    case Kind::kUnique:
      return fmt::format("{} {} of {} {} more than once", counts.failing, counts.failing == 1 ? "value" : "values",
                         columns, counts.failing == 1 ? "comes" : "come");
    case Kind::kAcceptedValues: return of_rows("has", "have", fmt::format("another value in {}", columns));
    case Kind::kBetween: return of_rows("has", "have", fmt::format("{} {}", columns, beyond(check)));
    case Kind::kLength: return of_rows("has", "have", fmt::format("a length of {} {}", columns, beyond_counts(check)));
    case Kind::kRegex: return of_rows("has", "have", fmt::format("{} without the pattern", columns));
    case Kind::kRelationship: return of_rows("has", "have", fmt::format("{} that {} does not have", columns, check.to));
    case Kind::kSql: return of_rows("breaks", "break", check.expression);
    case Kind::kRowCount: {
      bool few = check.least && counts.rows < *check.least;
      return fmt::format("{}, {} {} expected", rows_text(counts.rows), few ? "at least" : "at most",
                         few ? *check.least : *check.most);
    }
    case Kind::kFreshness:
      return counts.observed.empty()
                 ? fmt::format("no row has a value of {}, and the newest may be {} old", columns, check.within)
                 : fmt::format("the newest {} is {}, more than {} before the run", columns, counts.observed,
                               check.within);
    case Kind::kSum: return measured("sum");
    case Kind::kMean: return measured("mean");
    case Kind::kStddev: return measured("standard deviation");
    case Kind::kQuantile: return measured(fmt::format("quantile {}", check.at));
    case Kind::kChange: break;
  }
  fail(ErrorCode::kInternal, "no such check");
}

}  // namespace segue::quality

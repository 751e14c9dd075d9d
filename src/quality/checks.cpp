#include "quality/checks.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "columns/value.h"
#include "quality/sql_text.h"

namespace segue::quality {
namespace {

Queries row_queries(const std::string& from, const Check& check, const std::vector<Field>& fields) {
  Queries queries;
  std::string condition = breaking(check, fields);
  queries.count =
      fmt::format("SELECT count(*) FILTER (WHERE {}) AS failing, count(*) AS rows FROM {}", condition, from);
  queries.sample = fmt::format("SELECT * FROM {} WHERE {} LIMIT {}", from, condition, kSampleRows);
  if (check.kind == CheckKind::kSql) {
    static const std::string kBefore = "SELECT (";
    queries.expression = fmt::format("{}{}\n) AS holds FROM {}", kBefore, check.expression, from);
    queries.expression_offset = kBefore.size();
  }
  return queries;
}

Queries unique_queries(const std::string& table, const Check& check) {
  std::string keys = join(quoted(check.columns, ""), ", ");
  std::string from =
      fmt::format("FROM {} WHERE {} GROUP BY {}", table, join(quoted(check.columns, " IS NOT NULL"), " AND "), keys);
  Queries queries;
  queries.count = fmt::format(
      "SELECT count(*) FILTER (WHERE times > 1) AS failing, coalesce(sum(times), 0)::BIGINT AS rows FROM (SELECT "
      "count(*) AS times {})",
      from);
  queries.sample = fmt::format("SELECT {}, count(*) AS times {} HAVING count(*) > 1 ORDER BY times DESC, {} LIMIT {}",
                               keys, from, keys, kSampleRows);
  return queries;
}

Queries relationship_queries(const std::string& table, const std::string& keys_name, const Check& check) {
  std::vector<std::string> equal, known;
  for (size_t i = 0; i < check.columns.size(); ++i) {
    std::string column = fmt::format("\"rows\".{}", quote(check.columns[i]));
    equal.push_back(fmt::format("{} = \"keys\".{}", column, key_column(i)));
    known.push_back(column + " IS NOT NULL");
  }
  std::string from =
      fmt::format("{} AS \"rows\" LEFT JOIN {} AS \"keys\" ON {}", table, quote(keys_name), join(equal, " AND "));
  std::string condition = fmt::format("\"keys\".\"segue found\" IS NULL AND {}", join(known, " AND "));
  Queries queries;
  queries.count =
      fmt::format("SELECT count(*) FILTER (WHERE {}) AS failing, count(*) AS rows FROM {}", condition, from);
  queries.sample = fmt::format("SELECT \"rows\".* FROM {} WHERE {} LIMIT {}", from, condition, kSampleRows);
  return queries;
}

std::string judged(const std::string& condition, const std::string& rest) {
  return fmt::format("SELECT CASE WHEN {} THEN 1::BIGINT ELSE 0::BIGINT END AS failing, {}", condition, rest);
}

std::string measure(const Check& check) {
  std::string column = quote(check.columns.at(0));
  switch (check.kind) {
    case CheckKind::kSum: return fmt::format("sum({})::DOUBLE", column);
    case CheckKind::kMean: return fmt::format("avg({})::DOUBLE", column);
    case CheckKind::kStddev: return fmt::format("stddev_samp({}::DOUBLE)", column);
    case CheckKind::kQuantile: return fmt::format("quantile_cont({}::DOUBLE, {})", column, check.at);
    default: fail(ErrorCode::kInternal, "this check measures nothing");
  }
}

std::string table_query(const std::string& table, const Check& check) {
  std::string first = check.columns.empty() ? "" : quote(check.columns[0]);
  if (check.kind == CheckKind::kRowCount)
    return judged(outside_counts("count(*)", check), fmt::format("count(*) AS rows FROM {}", table));
  if (check.kind == CheckKind::kFreshness) {
    Value oldest;
    oldest.type = TypeId::kTimestamp;
    oldest.data = check.oldest;
    std::string condition = fmt::format("newest IS NULL OR newest < TIMESTAMP '{}'", to_string(oldest));
    return judged(condition, fmt::format("\"all rows\" AS rows, newest AS observed FROM (SELECT max({})::TIMESTAMP AS "
                                         "newest, count(*) AS \"all rows\" FROM {})",
                                         first, table));
  }
  if (check.kind == CheckKind::kChange) {
    std::string nulls;
    for (size_t i = 0; i < check.columns.size(); ++i)
      nulls += fmt::format(", count(*) - count({}) AS \"nulls {}\"", quote(check.columns[i]), i + 1);
    return fmt::format("SELECT 0::BIGINT AS failing, count(*) AS rows{} FROM {}", nulls, table);
  }
  return judged(outside("measured", check, TypeId::kDouble),
                fmt::format("\"values\" AS rows, measured AS observed FROM (SELECT {} AS measured, count({}) AS "
                            "\"values\" FROM {})",
                            measure(check), first, table));
}

// Why a column of this type cannot have the check; empty if it can.
std::string wrong_type(CheckKind kind, const Type& type) {
  switch (kind) {
    case CheckKind::kBetween:
      return type.nested() || type.id == TypeId::kBlob || type.id == TypeId::kBoolean
                 ? "`between` needs numbers, text, dates or timestamps"
                 : "";
    case CheckKind::kAcceptedValues:
      return type.nested() || type.id == TypeId::kBlob ? "`accepted_values` needs single values" : "";
    case CheckKind::kLength:
      return type.id == TypeId::kVarchar || type.id == TypeId::kList ? "" : "`length` needs text or lists";
    case CheckKind::kRegex: return type.id == TypeId::kVarchar ? "" : "`regex` needs text";
    case CheckKind::kFreshness:
      return type.id == TypeId::kTimestamp || type.id == TypeId::kDate ? "" : "`freshness` needs timestamps or dates";
    case CheckKind::kSum: return numeric(type) ? "" : "`sum` needs numbers";
    case CheckKind::kMean: return numeric(type) ? "" : "`mean` needs numbers";
    case CheckKind::kStddev: return numeric(type) ? "" : "`stddev` needs numbers";
    case CheckKind::kQuantile: return numeric(type) ? "" : "`quantile` needs numbers";
    case CheckKind::kRelationship: return type.nested() ? "`relationship` needs single values" : "";
    default: return "";
  }
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

}  // namespace

std::string keys_query(const std::string& rows, const Check& check) {
  bool unique = check.kind == CheckKind::kUnique;
  if (!unique && check.kind != CheckKind::kRelationship) return {};
  std::vector<std::string> keys = quoted(unique ? check.columns : check.keys);
  std::string selected;
  for (size_t i = 0; i < keys.size(); ++i) selected += fmt::format("{} AS {}, ", keys[i], key_column(i));
  if (unique)
    return fmt::format("SELECT {}true AS \"segue found\" FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1", selected,
                       quote(rows), join(quoted(check.columns, " IS NOT NULL"), " AND "), join(keys, ", "));
  return fmt::format("SELECT DISTINCT {}true AS \"segue found\" FROM {}", selected, quote(check.to));
}

Queries queries(const std::string& rows, const std::string& keys_name, const Check& check,
                const std::vector<Field>& fields) {
  std::string table = quote(rows);
  if (check.kind == CheckKind::kUnique) return unique_queries(table, check);
  if (check.kind == CheckKind::kRelationship) return relationship_queries(table, keys_name, check);
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
  if (check.kind != CheckKind::kBetween && check.kind != CheckKind::kAcceptedValues) return constants;
  const Type& type = find_field(fields, check.columns.at(0))->type;
  auto add = [&](const Constant& constant) {
    if (!(constant.number && numeric(type)) && type.id != TypeId::kVarchar) constants.push_back({&constant, type});
  };
  if (check.min) add(*check.min);
  if (check.max) add(*check.max);
  for (const Constant& value : check.values) add(value);
  return constants;
}

}  // namespace segue::quality

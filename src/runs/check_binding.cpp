#include "runs/check_binding.h"

#include <algorithm>

#include <fmt/format.h>

#include "duckdb/literal.h"
#include "quality/hold_back.h"

namespace segue::runs {
namespace {

std::optional<quality::Constant> constant(const std::optional<definition::Bound>& bound) {
  if (!bound) return std::nullopt;
  return quality::Constant{bound->text, bound->number};
}

quality::Check meaning_of(const definition::Check& check, int64_t now) {
  quality::Check result;
  result.kind = check.kind;
  for (const definition::Named& column : check.columns) result.columns.push_back(column.name);
  result.min = constant(check.min);
  result.max = constant(check.max);
  result.least = check.least;
  result.most = check.most;
  for (const definition::Bound& value : check.values) result.values.push_back({value.text, value.number});
  result.pattern = check.pattern;
  result.to = check.to.name;
  for (const definition::Named& key : check.keys) result.keys.push_back(key.name);
  result.within = check.within;
  result.oldest = now - check.within_micros;
  result.at = check.at.value_or(0);
  result.rows_change = check.rows;
  for (const definition::NullShare& share : check.null_shares) {
    result.columns.push_back(share.column.name);
    result.share_changes.push_back(share.at_most);
  }
  result.expression = check.expression.text();
  return result;
}

// False where a value of the definition is not known, as `segue check` allows it.
bool complete(const definition::Check& check) {
  bool column = !check.columns.empty();
  bool counts = check.least || check.most;
  bool bounds = check.min || check.max;
  switch (check.kind) {
    case CheckKind::kNotNull:
    case CheckKind::kUnique: return column;
    case CheckKind::kAcceptedValues: return column && !check.values.empty();
    case CheckKind::kBetween:
    case CheckKind::kSum:
    case CheckKind::kMean:
    case CheckKind::kStddev: return column && bounds;
    case CheckKind::kLength: return column && counts;
    case CheckKind::kRegex: return column && check.pattern_place.known();
    case CheckKind::kRelationship: return column && !check.to.name.empty() && check.keys.size() == check.columns.size();
    case CheckKind::kSql: return !check.expression.empty();
    case CheckKind::kRowCount: return counts;
    case CheckKind::kFreshness: return column && check.within_micros > 0;
    case CheckKind::kQuantile: return column && bounds && check.at;
    case CheckKind::kChange: return check.rows || !check.null_shares.empty();
  }
  return false;
}

bool holds_back(const definition::Check& check) { return check.severity == definition::Severity::kQuarantine; }

const Place& place_of_column(const definition::Check& check, std::optional<size_t> column) {
  if (!column) return check.place;
  if (check.kind == CheckKind::kChange) return check.null_shares.at(*column).column.place;
  return check.columns.at(*column).place;
}

}  // namespace

CheckBinding::CheckBinding(sql::Binder& binder, const std::map<std::string, Value>& params,
                           const PrepareOptions& options, FindTable find_table, std::vector<Error>& errors)
    : binder_(binder), params_(params), now_(options.now), find_table_(std::move(find_table)), errors_(errors) {}

std::optional<sql::BoundQuery> CheckBinding::bind_holding(PreparedStep& step, HiddenQueries& hidden) {
  bool right = true;
  for (const definition::Check& check : step.step->checks)
    if (holds_back(check) && complete(check)) right = bind(check, step, hidden) && right;
  std::vector<quality::HoldingCheck> holding;
  for (const PreparedCheck& check : step.checks)
    holding.push_back({check.meaning, definition::to_string(*check.check), check.keys_name});
  if (!right || holding.empty()) return std::nullopt;
  std::string judged_name = step.step->name + ": judged";
  step.held_name = step.step->name + ": held back";
  quality::HoldBackQueries queries = quality::hold_back(step.all_rows_name, judged_name, holding, step.fields);
  hidden.push_back({judged_name, binder_.bind(queries.judged, params_), false});
  binder_.add_table({judged_name, hidden.back().query.fields});
  hidden.push_back({step.held_name, binder_.bind(queries.held, params_), true});
  return binder_.bind(queries.kept, params_);
}

void CheckBinding::bind(PreparedStep& step, HiddenQueries& hidden) {
  for (const definition::Check& check : step.step->checks)
    if (!holds_back(check) && complete(check)) bind(check, step, hidden);
  std::sort(step.checks.begin(), step.checks.end(),
            [](const PreparedCheck& a, const PreparedCheck& b) { return a.check < b.check; });
}

bool CheckBinding::bind(const definition::Check& check, PreparedStep& step, HiddenQueries& hidden) {
  PreparedCheck result;
  result.check = &check;
  result.name = name_of(step, check);
  result.rows_name = holds_back(check) ? step.all_rows_name : step.step->name;
  result.meaning = meaning_of(check, now_);
  if (!fits(check, result.meaning, step)) return false;
  if (check.kind == CheckKind::kRelationship) {
    std::optional<KnownTable> to = find_table_(check.to.name);
    if (!to) return false;  // told of by whoever knows why
    std::vector<quality::Problem> problems = quality::key_problems(result.meaning, step.fields, to->fields);
    for (const quality::Problem& problem : problems)
      errors_.emplace_back(ErrorCode::kDefinition, problem.message, check.keys.at(*problem.column).place, problem.hint);
    if (!problems.empty()) return false;
  }
  if (check.kind == CheckKind::kRelationship || (check.kind == CheckKind::kUnique && holds_back(check)))
    result.keys_name = result.name + ": keys";
  result.queries = quality::queries(result.rows_name, result.keys_name, result.meaning, step.fields);
  if (check.kind == CheckKind::kSql && !bind_expression(check, result.queries)) return false;
  if (!result.keys_name.empty()) {
    if (!bind_query(result.keys_name, quality::keys_query(result.rows_name, result.meaning), check, hidden))
      return false;
    result.keys_fields = hidden.back().query.fields;
    binder_.add_table({result.keys_name, result.keys_fields});
  }
  if (!bind_query(result.name, result.queries.count, check, hidden)) return false;
  step.checks.push_back(std::move(result));
  return true;
}

std::string CheckBinding::name_of(const PreparedStep& step, const definition::Check& check) const {
  std::string plain = fmt::format("{}: {}", step.step->name, definition::to_string(check));
  std::string name = plain;
  auto taken = [&] {
    return std::any_of(step.checks.begin(), step.checks.end(),
                       [&](const PreparedCheck& other) { return other.name == name; });
  };
  for (int number = 2; taken(); ++number) name = fmt::format("{} ({})", plain, number);
  return name;
}

bool CheckBinding::fits(const definition::Check& check, const quality::Check& meaning, const PreparedStep& step) {
  std::vector<quality::Problem> problems = quality::problems(step.step->name, meaning, step.fields);
  for (const quality::Problem& problem : problems)
    errors_.emplace_back(ErrorCode::kDefinition, problem.message, place_of_column(check, problem.column), problem.hint);
  if (!problems.empty()) return false;
  return constants_fit(check, meaning, step.fields) && (check.kind != CheckKind::kRegex || pattern_fits(check));
}

duckdb::Engine& CheckBinding::duckdb() {
  if (!duckdb_) duckdb_.emplace(duckdb::EngineOptions{});
  return *duckdb_;
}

// A constant that is text in the file must be a value of the column's type: DuckDB would say so only when the rows are
// there.
bool CheckBinding::constants_fit(const definition::Check& check, const quality::Check& meaning,
                                 const std::vector<Field>& fields) {
  auto place = [&](const quality::Constant* constant) -> const Place& {
    if (meaning.min && constant == &*meaning.min) return check.min->place;
    if (meaning.max && constant == &*meaning.max) return check.max->place;
    return check.values.at(static_cast<size_t>(constant - meaning.values.data())).place;
  };
  bool fit = true;
  for (const quality::TypedConstant& typed : quality::typed_constants(meaning, fields)) {
    Value text{TypeId::kVarchar, typed.constant->text};
    try {
      duckdb().run(fmt::format("SELECT {}::{} AS value", duckdb::literal(text), to_string(typed.type)), {},
                   Cancellation());
    } catch (const Failure&) {
      errors_.emplace_back(ErrorCode::kDefinition,
                           fmt::format("'{}' is no {}, which column `{}` is", typed.constant->text,
                                       to_string(typed.type), check.columns[0].name),
                           place(typed.constant), "write a value of that type");
      fit = false;
    }
  }
  return fit;
}

bool CheckBinding::pattern_fits(const definition::Check& check) {
  try {
    Value pattern{TypeId::kVarchar, check.pattern};
    duckdb().run(fmt::format("SELECT regexp_matches('', {}) AS found", duckdb::literal(pattern)), {}, Cancellation());
    return true;
  } catch (const Failure& failure) {
    errors_.emplace_back(ErrorCode::kDefinition,
                         fmt::format("this is no regular expression: {}", failure.error().message), check.pattern_place,
                         "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax");
    return false;
  }
}

bool CheckBinding::bind_expression(const definition::Check& check, const quality::Queries& queries) {
  try {
    sql::BoundQuery bound = binder_.bind(queries.expression, params_);
    if (bound.fields.size() == 1 && bound.fields[0].type.id == TypeId::kBoolean) return true;
    errors_.emplace_back(
        ErrorCode::kDefinition,
        bound.fields.size() == 1
            ? fmt::format("this expression is {}, and a check must be true or false", to_string(bound.fields[0].type))
            : std::string("a check is one expression over a row"),
        check.expression.place(0, check.expression.text().size()), "compare it with something");
  } catch (const sql::SqlError& error) {
    std::vector<Error> located = sql::located(error, [&](uint64_t offset, uint64_t length) {
      uint64_t begin = offset < queries.expression_offset ? 0 : offset - queries.expression_offset;
      return check.expression.place(begin, length);
    });
    errors_.insert(errors_.end(), located.begin(), located.end());
  }
  return false;
}

bool CheckBinding::bind_query(const std::string& name, const std::string& text, const definition::Check& check,
                              HiddenQueries& hidden) {
  try {
    hidden.push_back({name, binder_.bind(text, params_), true});
    return true;
  } catch (const sql::SqlError& error) {
    // The query around what the user wrote is ours, so only the check as a whole can be pointed at.
    const definition::Bound* bound = check.min ? &*check.min : check.max ? &*check.max : nullptr;
    errors_.emplace_back(ErrorCode::kDefinition, error.mistakes().front().message,
                         bound != nullptr ? bound->place : check.place, error.mistakes().front().hint);
    return false;
  }
}

}  // namespace segue::runs

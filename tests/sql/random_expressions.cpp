#include "sql/random_expressions.h"

#include <map>

#include <fmt/format.h>

namespace segue::test {

struct RandomExpressions::Arguments {
  RandomExpressions& writer;
  const Scope& scope;
  int depth;
  std::string operator()(Kind kind) const { return writer.expression(scope, kind, depth); }
};

std::string RandomExpressions::column(const Scope& scope, Kind kind) {
  std::vector<std::string> fitting;
  for (const Named& named : scope) {
    if (named.kind == kind) fitting.push_back(named.text);
  }
  return fitting.empty() ? literal(kind) : any(fitting);
}

std::string RandomExpressions::literal(Kind kind) {
  if (chance(5)) return fmt::format("CAST(NULL AS {})", type(kind));
  switch (kind) {
    case Kind::kNumber: return fmt::format("CAST({} AS BIGINT)", static_cast<int64_t>(pick(9)) - 2);
    case Kind::kText: return any(std::vector<std::string>{"''", "'a'", "'b'", "'ab'", "'Ä'", "'zoë'"});
    case Kind::kBoolean: return chance(50) ? "true" : "false";
    case Kind::kDouble: return fmt::format("CAST({} AS DOUBLE)", (static_cast<int64_t>(pick(9)) - 4) * 0.25);
    case Kind::kDate: return fmt::format("DATE '2020-0{}-1{}'", 1 + pick(3), pick(4));
    case Kind::kTime: return fmt::format("TIMESTAMP '2020-01-0{} 0{}:30:00'", 1 + pick(3), pick(4));
    case Kind::kDecimal: return fmt::format("CAST({} AS DECIMAL(9, 2))", (static_cast<int64_t>(pick(9)) - 4) * 0.25);
  }
  return "NULL";
}

std::string RandomExpressions::type(Kind kind) {
  static const std::map<Kind, std::string> names = {
      {Kind::kNumber, "BIGINT"},        {Kind::kText, "VARCHAR"}, {Kind::kBoolean, "BOOLEAN"},
      {Kind::kDouble, "DOUBLE"},        {Kind::kDate, "DATE"},    {Kind::kTime, "TIMESTAMP"},
      {Kind::kDecimal, "DECIMAL(9, 2)"}};
  return names.at(kind);
}

std::string RandomExpressions::expression(const Scope& scope, Kind kind, int depth) {
  if (depth == 0 || chance(40)) return chance(85) ? column(scope, kind) : literal(kind);
  Arguments sub{*this, scope, depth - 1};
  switch (pick(7)) {
    case 0: return fmt::format("CASE WHEN {} THEN {} ELSE {} END", sub(Kind::kBoolean), sub(kind), sub(kind));
    case 1: return fmt::format("coalesce({}, {})", sub(kind), sub(kind));
    case 2: return fmt::format("nullif({}, {})", sub(kind), sub(kind));
    default: break;
  }
  switch (kind) {
    case Kind::kNumber: return number(sub);
    case Kind::kText: return text(sub);
    case Kind::kBoolean: return condition(scope, depth);
    case Kind::kDouble: return floating(sub);
    case Kind::kDate: return date(sub);
    case Kind::kTime: return time(sub);
    case Kind::kDecimal: return fmt::format("CAST({} AS DECIMAL(9, 2))", column(scope, kind));
  }
  return literal(kind);
}

// Calls of functions; sub(kind) writes an argument.
std::string RandomExpressions::number(Arguments sub) {
  auto self = [&] { return sub(Kind::kNumber); };
  switch (pick(14)) {
    case 0: return fmt::format("({} % 100 + {} % 100)", self(), self());
    case 1: return fmt::format("({} % 1000 - {} % 1000)", self(), self());
    case 2: return fmt::format("({} % {})", self(), 2 + pick(4));
    case 3:
      return fmt::format("{}({})", any(std::vector<std::string>{"length", "strlen", "bit_length"}), sub(Kind::kText));
    case 4:
      return fmt::format("CAST({}({}) AS BIGINT)",
                         any(std::vector<std::string>{"year", "month", "day", "isodow", "week", "quarter", "isoyear"}),
                         sub(Kind::kDate));
    case 5: return fmt::format("strpos({}, {})", sub(Kind::kText), sub(Kind::kText));
    case 6: return fmt::format("CAST({}({}) AS BIGINT)", chance(50) ? "ascii" : "unicode", sub(Kind::kText));
    case 7:
      return fmt::format("{}('{}', {}, {})", chance(50) ? "date_diff" : "date_sub",
                         any(std::vector<std::string>{"day", "month", "week", "year", "quarter"}), sub(Kind::kDate),
                         sub(Kind::kDate));
    case 8: return fmt::format("({} {} {})", self(), any(std::vector<std::string>{"&", "|"}), self());
    case 9: return fmt::format("CAST(bit_count({}) AS BIGINT)", self());
    case 10: return fmt::format("gcd({} % 60, {})", self(), 1 + pick(30));
    case 11: return fmt::format("len(string_split({}, {}))", sub(Kind::kText), literal(Kind::kText));
    case 12: return fmt::format("CAST(list_position([{}, {}], {}) AS BIGINT)", self(), self(), self());
    default: return fmt::format("({} // {})", self(), 2 + pick(3));
  }
}

std::string RandomExpressions::text(Arguments sub) {
  auto self = [&] { return sub(Kind::kText); };
  switch (pick(20)) {
    case 0: return fmt::format("lower({})", self());
    case 1: return fmt::format("upper({})", self());
    case 2: return fmt::format("({} || {})", self(), self());
    case 3: return fmt::format("substr({}, {}, {})", self(), static_cast<int64_t>(pick(6)) - 2, pick(3));
    case 4: return fmt::format("CAST({} AS VARCHAR)", sub(any_kind_but(Kind::kDouble)));
    case 5: return fmt::format("{}({}, {}, {})", chance(50) ? "lpad" : "rpad", self(), pick(6), "'·x'");
    case 6: return fmt::format("repeat({}, {})", self(), pick(3));
    case 7: return fmt::format("translate({}, 'abÄ', 'bä')", self());
    case 8: return fmt::format("split_part({}, {}, {})", self(), literal(Kind::kText), 1 + pick(2));
    case 9: return fmt::format("regexp_replace({}, '[ab]+', '<\\0>'{})", self(), chance(50) ? ", 'g'" : "");
    case 10: return fmt::format("regexp_extract({}, '(.)([a-z])', {})", self(), pick(3));
    case 11: return fmt::format("left(md5({}), 8)", self());
    case 12:
      return fmt::format("strftime({}, '{}')", sub(chance(50) ? Kind::kDate : Kind::kTime),
                         any(std::vector<std::string>{"%d.%m.%Y", "%a %H:%M", "%j %y %B", "%V %G %u"}));
    case 13: return fmt::format("{}({})", any(std::vector<std::string>{"trim", "ltrim", "rtrim", "hex"}), self());
    case 14: return fmt::format("{}({}, {})", chance(50) ? "left" : "right", self(), static_cast<int64_t>(pick(5)) - 2);
    case 15: return fmt::format("({})[{}:{}]", self(), static_cast<int64_t>(pick(4)) - 1, pick(4));
    case 16: return fmt::format("concat_ws('-', {}, {}, {})", self(), self(), sub(Kind::kNumber));
    case 17: return fmt::format("array_to_string(list_sort(string_split({}, '')), '')", self());
    case 18: return fmt::format("{}({}, {})", chance(50) ? "greatest" : "least", self(), self());
    default: return fmt::format("replace({}, 'a', 'ü')", self());
  }
}

std::string RandomExpressions::floating(Arguments sub) {
  auto self = [&] { return sub(Kind::kDouble); };
  switch (pick(6)) {
    case 0: return fmt::format("CAST({} % 64 AS DOUBLE)", sub(Kind::kNumber));
    case 1: return fmt::format("{}({})", any(std::vector<std::string>{"abs", "floor", "ceil", "trunc"}), self());
    case 2: return fmt::format("round({}, {})", self(), pick(3));
    case 3: return fmt::format("sqrt(abs({}))", self());
    case 4: return fmt::format("{}({}, {})", chance(50) ? "greatest" : "least", self(), self());
    default: return fmt::format("({} {} {})", self(), any(std::vector<std::string>{"+", "-", "*"}), self());
  }
}

std::string RandomExpressions::date(Arguments sub) {
  switch (pick(5)) {
    case 0: return fmt::format("CAST({} AS DATE)", sub(Kind::kTime));
    case 1: return fmt::format("last_day({})", sub(Kind::kDate));
    case 2: return fmt::format("time_bucket(INTERVAL '{} days', {})", 1 + pick(20), sub(Kind::kDate));
    case 3: return fmt::format("make_date(2020, 1 + abs({} % 12), {})", sub(Kind::kNumber), 1 + pick(28));
    default: return fmt::format("({} + {})", sub(Kind::kDate), 1 + pick(40));
  }
}

std::string RandomExpressions::time(Arguments sub) {
  auto self = [&] { return sub(Kind::kTime); };
  switch (pick(5)) {
    case 0: return fmt::format("({} + INTERVAL {} MINUTES)", self(), pick(100));
    case 1: return fmt::format("time_bucket(INTERVAL '{} minutes', {})", 1 + pick(90), self());
    case 2: return fmt::format("try_strptime(strftime({}, '%Y-%m-%d %H'), '%Y-%m-%d %H')", self());
    case 3: return fmt::format("({} + age({}, {}))", self(), self(), self());
    default:
      // DuckDB 1.5.6 takes `date_trunc(…) <> constant` for true where its argument is NULL; so it never stands alone.
      return fmt::format("(date_trunc('{}', {}) + INTERVAL 1 SECOND)",
                         any(std::vector<std::string>{"hour", "day", "month", "week"}), self());
  }
}

Kind RandomExpressions::any_kind_but(Kind kind) {
  while (true) {
    Kind other = any_kind();
    if (other != kind) return other;
  }
}

std::string RandomExpressions::condition(const Scope& scope, int depth) {
  if (depth <= 0) return column(scope, Kind::kBoolean);
  Kind kind = any_kind();
  Arguments sub{*this, scope, depth - 1};
  auto text = [&] { return sub(Kind::kText); };
  switch (pick(14)) {
    case 9:
      return fmt::format("({} {}LIKE {})", text(), chance(50) ? "" : "NOT ",
                         any(std::vector<std::string>{"'a%'", "'%b'", "'_'", "'%ä%'", "'%!_%' ESCAPE '!'"}));
    case 10: return fmt::format("({} ILIKE '%' || {} || '%')", text(), text());
    case 11:
      return fmt::format("{}({}, '{}')", chance(50) ? "regexp_matches" : "regexp_full_match", text(),
                         any(std::vector<std::string>{"a+b?", ".", "^[^a]", "[[:alpha:]]*"}));
    case 12:
      return fmt::format("{}({}, {})", any(std::vector<std::string>{"contains", "starts_with", "ends_with"}), text(),
                         text());
    case 13: return fmt::format("list_contains([{}, {}], {})", sub(kind), sub(kind), sub(kind));
    case 0: return fmt::format("({} AND {})", sub(Kind::kBoolean), sub(Kind::kBoolean));
    case 1: return fmt::format("({} OR {})", sub(Kind::kBoolean), sub(Kind::kBoolean));
    case 2: return fmt::format("(NOT {})", sub(Kind::kBoolean));
    case 3: return fmt::format("({} IS {}NULL)", sub(kind), chance(50) ? "" : "NOT ");
    case 4: return fmt::format("({} {}IN ({}, {}))", sub(kind), chance(50) ? "" : "NOT ", literal(kind), literal(kind));
    case 5: return fmt::format("({} BETWEEN {} AND {})", sub(kind), sub(kind), sub(kind));
    case 6: return fmt::format("({} IS {}DISTINCT FROM {})", sub(kind), chance(50) ? "" : "NOT ", sub(kind));
    default:
      return fmt::format("({} {} {})", sub(kind), any(std::vector<std::string>{"=", "<>", "<", "<=", ">", ">="}),
                         sub(kind));
  }
}

}  // namespace segue::test

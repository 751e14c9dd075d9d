#include "sql/random_queries.h"

#include <map>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/random_expressions.h"

namespace segue::test {
namespace {

struct Table {
  std::string name;
  Scope columns;  // the first is `id`, different in each row
};

// Every table has every kind, so that joins and set operations find partners.
std::vector<Table> tables_of(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Table> tables;
  for (const char* name : {"r", "s", "t"}) {
    Table table{name, {{"id", Kind::kNumber}}};
    int number = 0;
    for (Kind kind : kKinds) {
      for (uint64_t i = 0, count = 1 + random() % 2; i < count; ++i)
        table.columns.push_back({fmt::format("c{}", number++), kind});
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

class Generator : RandomExpressions {
 public:
  Generator(uint64_t seed, uint64_t number) : RandomExpressions(seed * 1'000'003 + number), tables_(tables_of(seed)) {}

  RandomQuery query() {
    switch (pick(10)) {
      case 0:
      case 1:
      case 2: return grouped();
      case 3:
      case 4:
      case 5: return windowed();
      case 6: return set_operation();
      default: return plain();
    }
  }

 private:
  Scope columns_of(const Table& table, const std::string& alias) {
    Scope scope;
    for (const Named& column : table.columns) scope.push_back({alias + "." + column.text, column.kind});
    return scope;
  }

  // A condition of WHERE; now and then a subquery.
  std::string filter(const Scope& scope) {
    if (!chance(20)) return condition(scope, 2);
    const Table& table = any(tables_);
    Scope inner = columns_of(table, "q");
    Kind kind = any_kind();
    std::string negated = chance(40) ? "NOT " : "";
    switch (pick(4)) {
      case 0:
        return fmt::format("{}EXISTS (SELECT 1 FROM {} AS q WHERE {} = {} AND {})", negated, table.name,
                           column(inner, kind), column(scope, kind), condition(inner, 1));
      case 1:
        return fmt::format("{} {}IN (SELECT {} FROM {} AS q WHERE {})", column(scope, kind), negated,
                           column(inner, kind), table.name, condition(inner, 1));
      case 2:
        return fmt::format("{} > (SELECT min({}) FROM {} AS q WHERE {})", column(scope, kind), column(inner, kind),
                           table.name, condition(inner, 1));
      default:
        return fmt::format("{} <= (SELECT max({}) FROM {} AS q WHERE {} = {})", column(scope, kind),
                           column(inner, kind), table.name, column(inner, Kind::kText), column(scope, Kind::kText));
    }
  }

  void add_from(RandomQuery& query, Scope& scope) {
    const Table& first = any(tables_);
    if (chance(15)) {  // a query of its own
      RandomQuery inner;
      Scope inner_scope = columns_of(first, "i");
      inner.from = first.name + " AS i";
      int number = 0;
      for (Kind kind : kKinds) {
        inner.select.push_back(fmt::format("{} AS d{}", expression(inner_scope, kind, 1), number));
        scope.push_back({fmt::format("a.d{}", number++), kind});
      }
      if (chance(50)) inner.where.push_back(condition(inner_scope, 1));
      inner.distinct = chance(30);
      query.from = fmt::format("({}) AS a", inner.sql());
      return;
    }
    scope = columns_of(first, "a");
    query.from = first.name + " AS a";
    if (chance(12)) {  // a row for each part of a text
      std::string parts = fmt::format("unnest(string_split({}, 'a')) AS u(e)", column(scope, Kind::kText));
      query.from += chance(50) ? ", " + parts : fmt::format(" LEFT JOIN {} ON true", parts);
      scope.push_back({"u.e", Kind::kText});
      return;
    }
    if (!chance(40)) return;
    const Table& second = any(tables_);
    Scope other = columns_of(second, "b");
    std::string join =
        any(std::vector<std::string>{"JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"});
    Kind kind = any(std::vector<Kind>{Kind::kNumber, Kind::kText, Kind::kDate, Kind::kBoolean});
    std::string on = fmt::format("{} = {}", column(scope, kind), column(other, kind));
    Scope both = scope;
    both.insert(both.end(), other.begin(), other.end());
    if (chance(30)) on += " AND " + condition(both, 1);
    query.from += fmt::format(" {} {} AS b ON {}", join, second.name, on);
    scope = std::move(both);
  }

  void add_where(RandomQuery& query, const Scope& scope) {
    for (uint64_t i = pick(3); i > 0; --i) query.where.push_back(filter(scope));
  }

  void add_order(RandomQuery& query) {
    std::string keys;
    for (size_t i = 0; i < query.select.size(); ++i) {
      keys += fmt::format("{}{} {} NULLS {}", i == 0 ? "" : ", ", i + 1, chance(50) ? "ASC" : "DESC",
                          chance(50) ? "FIRST" : "LAST");
    }
    query.tail = " ORDER BY " + keys;
    if (chance(60)) query.tail += fmt::format(" LIMIT {}", pick(20));
    if (chance(30)) query.tail += fmt::format(" OFFSET {}", pick(5));
    query.ordered = true;
  }

  RandomQuery plain() {
    RandomQuery query;
    Scope scope;
    add_from(query, scope);
    for (uint64_t i = 1 + pick(4); i > 0; --i) query.select.push_back(expression(scope, any_kind(), 2));
    add_where(query, scope);
    query.distinct = chance(25);
    if (chance(30)) add_order(query);
    return query;
  }

  std::string aggregate(const Scope& scope) {
    std::string filter = chance(15) ? fmt::format(" FILTER (WHERE {})", condition(scope, 1)) : "";
    std::string distinct = chance(20) ? "DISTINCT " : "";
    Kind kind = any_kind();
    switch (pick(9)) {
      case 0: return "count(*)" + filter;
      case 1: return fmt::format("count({}{}){}", distinct, expression(scope, kind, 1), filter);
      case 2: return fmt::format("sum({}{} % 1000){}", distinct, expression(scope, Kind::kNumber, 1), filter);
      case 3: return fmt::format("min({}){}", expression(scope, kind, 1), filter);
      case 4: return fmt::format("max({}){}", expression(scope, kind, 1), filter);
      case 5:
        return fmt::format("avg({}{}){}", distinct, expression(scope, chance(50) ? Kind::kNumber : Kind::kDouble, 1),
                           filter);
      case 6:
        return fmt::format("{}({}){}", chance(50) ? "bool_and" : "bool_or", expression(scope, Kind::kBoolean, 1),
                           filter);
      case 7: return fmt::format("sum({}){}", column(scope, Kind::kDecimal), filter);
      default: return fmt::format("median({}){}", column(scope, Kind::kNumber), filter);
    }
  }

  RandomQuery grouped() {
    RandomQuery query;
    Scope scope;
    add_from(query, scope);
    add_where(query, scope);
    for (uint64_t i = pick(4); i > 0; --i) {
      query.groups.push_back(expression(scope, any_kind(), 1));
      query.select.push_back(query.groups.back());
    }
    for (uint64_t i = (query.groups.empty() ? 1 : 0) + pick(4); i > 0; --i) query.select.push_back(aggregate(scope));
    if (query.select.empty()) query.select.push_back("count(*)");
    if (chance(20)) query.having.push_back("count(*) > 1");
    if (chance(20)) add_order(query);
    return query;
  }

  // Orders are total by the id of the first table; what is joined to it is left out, so that there is only one row an
  // id.
  RandomQuery windowed() {
    RandomQuery query;
    const Table& table = any(tables_);
    Scope scope = columns_of(table, "a");
    query.from = table.name + " AS a";
    if (chance(40)) query.where.push_back(condition(scope, 1));
    query.select.push_back("a.id");
    for (uint64_t i = 1 + pick(3); i > 0; --i) {
      std::string partition = chance(70) ? "PARTITION BY " + column(scope, any_kind()) : "";
      if (!partition.empty() && chance(20)) partition += ", " + column(scope, any_kind());
      std::string order = fmt::format(" ORDER BY {} {} NULLS {}, a.id", column(scope, any_kind()),
                                      chance(50) ? "ASC" : "DESC", chance(50) ? "FIRST" : "LAST");
      std::string function, frame;
      Kind kind = any_kind();
      bool framed = false;
      switch (pick(10)) {
        case 0: function = "row_number()"; break;
        case 1:
          function =
              any(std::vector<std::string>{"rank()", "dense_rank()", "percent_rank()", "cume_dist()", "ntile(3)"});
          break;
        case 2: function = fmt::format("lag({}, {})", column(scope, kind), 1 + pick(3)); break;
        case 3: function = fmt::format("lead({}, {}, {})", column(scope, kind), pick(3), literal(kind)); break;
        case 4:
          function = fmt::format("{}({})", chance(50) ? "first_value" : "last_value", column(scope, kind)),
          framed = true;
          break;
        case 5: function = fmt::format("sum({})", column(scope, Kind::kNumber)), framed = true; break;
        case 6: function = "count(*)", framed = true; break;
        case 7: function = fmt::format("{}({})", chance(50) ? "min" : "max", column(scope, kind)), framed = true; break;
        case 8: {  // wants its time first in the order
          std::string time = column(scope, Kind::kTime);
          function = fmt::format("session_number({}, INTERVAL '{} minutes')", time, 10 * pick(200));
          order = fmt::format(" ORDER BY {} NULLS {}, a.id", time, chance(50) ? "FIRST" : "LAST");
          break;
        }
        default: function = fmt::format("avg({})", column(scope, Kind::kNumber)), framed = true; break;
      }
      if (framed && chance(50)) {
        frame = any(std::vector<std::string>{" ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING",
                                             " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                                             " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING",
                                             " ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING"});
      }
      query.select.push_back(fmt::format("{} OVER ({}{}{})", function, partition, order, frame));
    }
    return query;
  }

  RandomQuery set_operation() {
    std::vector<Kind> kinds;
    for (uint64_t i = 1 + pick(3); i > 0; --i) kinds.push_back(any_kind());
    auto half = [&]() {
      RandomQuery query;
      Scope scope;
      add_from(query, scope);
      for (Kind kind : kinds) query.select.push_back(expression(scope, kind, 1));
      if (chance(50)) query.where.push_back(condition(scope, 1));
      return query;
    };
    RandomQuery query = half();
    query.tail = fmt::format(
        " {} {}",
        any(std::vector<std::string>{"UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"}),
        half().sql());
    return query;
  }

  std::vector<Table> tables_;
};

std::string value(std::mt19937_64& random, Kind kind) {
  if (random() % 8 == 0) return "NULL";
  switch (kind) {
    case Kind::kNumber: return std::to_string(static_cast<int64_t>(random() % 12) - 3);
    case Kind::kText:
      return std::vector<std::string>{
          "'a'", "'b'", "'ab'", "''", "'Ä'", "'zoë'", "'a longer text than fits into a word'"}[random() % 7];
    case Kind::kBoolean: return random() % 2 == 0 ? "true" : "false";
    case Kind::kDouble: return fmt::format("{}", (static_cast<int64_t>(random() % 17) - 8) * 0.25);
    case Kind::kDate: return fmt::format("DATE '2020-0{}-1{}'", 1 + random() % 3, random() % 4);
    case Kind::kTime:
      return fmt::format("TIMESTAMP '2020-01-0{} 0{}:{}0:00'", 1 + random() % 3, random() % 4, random() % 6);
    case Kind::kDecimal: return fmt::format("{}", (static_cast<int64_t>(random() % 17) - 8) * 0.25);
  }
  return "NULL";
}

}  // namespace

std::string RandomQuery::sql() const {
  std::string text = fmt::format("SELECT {}", distinct ? "DISTINCT " : "");
  for (size_t i = 0; i < select.size(); ++i) {
    bool named = select[i].find(" AS d") != std::string::npos;
    text += fmt::format("{}{}{}", i == 0 ? "" : ", ", select[i], named ? "" : fmt::format(" AS x{}", i));
  }
  text += " FROM " + from;
  if (!where.empty()) text += fmt::format(" WHERE {}", fmt::join(where, " AND "));
  if (!groups.empty()) text += fmt::format(" GROUP BY {}", fmt::join(groups, ", "));
  if (!having.empty()) text += fmt::format(" HAVING {}", fmt::join(having, " AND "));
  return text + tail;
}

std::vector<std::pair<std::string, std::string>> random_tables(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<std::string, std::string>> result;
  for (const Table& table : tables_of(seed)) {
    size_t rows = std::vector<size_t>{0, 1, 5, 30, 90}[random() % 5];
    std::string selected, values, names;
    for (const Named& column : table.columns) {
      selected += fmt::format("{}CAST({} AS {}) AS {}", selected.empty() ? "" : ", ", column.text,
                              RandomExpressions::type(column.kind), column.text);
      names += (names.empty() ? "" : ", ") + column.text;
    }
    for (size_t row = 0; row < std::max<size_t>(rows, 1); ++row) {
      values += fmt::format("{}({}", row == 0 ? "" : ", ", row);
      for (size_t i = 1; i < table.columns.size(); ++i) values += ", " + value(random, table.columns[i].kind);
      values += ")";
    }
    result.emplace_back(table.name, fmt::format("SELECT {} FROM (VALUES {}) v({}){}", selected, values, names,
                                                rows == 0 ? " WHERE false" : ""));
  }
  return result;
}

RandomQuery random_query(uint64_t seed, uint64_t number) { return Generator(seed, number).query(); }

}  // namespace segue::test

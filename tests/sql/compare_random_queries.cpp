#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/execute.h"
#include "sql/random_queries.h"
#include "sql/session.h"

namespace segue::test {
namespace {

// A number so small that only the order in which numbers were added makes it differ from zero.
bool nearly_zero(const std::string& value) {
  size_t exponent = value.find("e-");
  return exponent != std::string::npos && value.find_first_not_of("0123456789.-e") == std::string::npos &&
         std::atoi(value.c_str() + exponent + 2) > 13;
}

// Rows as text. A group of zeros of both signs shows either in DuckDB, and 0.0 natively: signs of zeros do not count.
std::vector<std::string> unsigned_zeros(const Relation& relation, bool ordered) {
  std::vector<std::string> rows = rows_of(relation, true);
  for (std::string& row : rows) {
    std::string plain;
    for (const std::string& value : cells(row)) plain += (value == "-0.0" || nearly_zero(value) ? "0.0" : value) + '|';
    row = plain;
  }
  if (!ordered) std::sort(rows.begin(), rows.end());
  return rows;
}

// The first way in which the native engine's rows are not DuckDB's; nothing if all agree, if it does not run natively,
// or if DuckDB refuses.
struct Comparison {
  std::optional<std::string> difference;
  bool native = false;
};
Comparison compare(Session& session, const RandomQuery& query) {
  Comparison result;
  sql::BoundQuery bound;
  std::vector<std::string> expected;
  try {
    bound = session.bind(query.sql());
    expected = unsigned_zeros(session.duckdb(bound), query.ordered);
  } catch (const sql::SqlError&) {
    return result;
  } catch (const Failure&) {
    return result;
  }
  plan::Graph graph;
  try {
    graph = session.graph(bound);
  } catch (const std::exception& error) {
    result.difference = fmt::format("no plan: {}", error.what());
    return result;
  }
  result.native = graph.find("result")->native;
  if (!result.native) return result;
  struct Way {
    size_t threads, piece;
    bool coded;
  };
  for (const Way& way : {Way{1, 1000, true}, Way{3, 7, true}, Way{2, 3, false}}) {
    try {
      std::vector<std::string> rows =
          unsigned_zeros(session.execute(graph, bound, way.threads, way.piece, way.coded), query.ordered);
      bool same = std::equal(expected.begin(), expected.end(), rows.begin(), rows.end(), same_row);
      if (!same) {
        result.difference =
            fmt::format("{} threads, pieces of {}: {} rows instead of {}\n  DuckDB: {}\n  native: {}", way.threads,
                        way.piece, rows.size(), expected.size(), fmt::join(expected, " ; "), fmt::join(rows, " ; "));
        return result;
      }
    } catch (const std::exception& failure) {
      result.difference = fmt::format("the native engine fails: {}", failure.what());
      return result;
    }
  }
  return result;
}

// Leaves out whatever can be left out while engines still differ.
RandomQuery reduced(Session& session, RandomQuery query) {
  auto still = [&](const RandomQuery& smaller) { return compare(session, smaller).difference.has_value(); };
  for (bool again = true; again;) {
    again = false;
    for (auto part : {&RandomQuery::where, &RandomQuery::having, &RandomQuery::groups, &RandomQuery::select}) {
      for (size_t i = 0; i < (query.*part).size(); ++i) {
        RandomQuery smaller = query;
        (smaller.*part).erase((smaller.*part).begin() + static_cast<std::ptrdiff_t>(i));
        if (smaller.select.empty() || !still(smaller)) continue;
        query = smaller;
        again = true;
        break;
      }
    }
    RandomQuery smaller = query;
    smaller.tail.clear();
    smaller.ordered = false;
    if (!query.tail.empty() && still(smaller)) query = smaller, again = true;
  }
  return query;
}

}  // namespace

void compare_random_queries(uint64_t seed, uint64_t count) {
  constexpr uint64_t kQueriesOfTables = 100;
  uint64_t native = 0, failures = 0;
  std::unique_ptr<Session> session;
  for (uint64_t number = 0; number < count && failures < 3; ++number) {
    uint64_t tables = seed + number / kQueriesOfTables;
    if (number % kQueriesOfTables == 0) session = std::make_unique<Session>(random_tables(tables));
    RandomQuery query = random_query(tables, number);
    Comparison comparison = compare(*session, query);
    native += comparison.native;
    if (!comparison.difference) continue;
    ++failures;
    RandomQuery smaller = reduced(*session, query);
    ADD_FAILURE() << "seed " << seed << ", query " << number << ", tables of seed " << tables << "\n  " << smaller.sql()
                  << "\n  " << compare(*session, smaller).difference.value_or(*comparison.difference);
  }
  std::cout << "seed " << seed << ": " << count << " queries, " << native << " of them native\n";
  EXPECT_GT(native, count / 2) << "few queries reach the native engine";
}

}  // namespace segue::test

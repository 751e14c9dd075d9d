// session_number as the native engine numbers sessions, on any number of threads and in pieces of any size, against one
// pass over the ordered times, and against DuckDB.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sql/session.h"

namespace segue {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kGap = 1'200 * kSecond;

struct Play {
  int64_t user = 0;
  std::optional<int64_t> time;
};

// Plays of a few users in random order, whose times lie around the gap; some are equal, some NULL.
std::vector<Play> make_plays() {
  std::vector<Play> plays;
  auto users = *rc::gen::inRange<int64_t>(1, 5);
  for (int64_t user = 0; user < users; ++user) {
    auto size = *rc::gen::inRange<size_t>(0, 80);
    int64_t time = 0;
    for (size_t i = 0; i < size; ++i) {
      time += *rc::gen::element<int64_t>(0, 1, kSecond, kGap - 1, kGap, kGap + 1, kGap + kSecond, 10 * kGap);
      bool known = *rc::gen::weightedElement<bool>({{8, true}, {1, false}});
      plays.push_back({user, known ? std::optional(time) : std::nullopt});
    }
  }
  for (size_t i = plays.size(); i > 1; --i) std::swap(plays[i - 1], plays[*rc::gen::inRange<size_t>(0, i)]);
  return plays;
}

// "place|session" of each play, sorted as text.
std::vector<std::string> one_pass(const std::vector<Play>& plays) {
  std::vector<size_t> order(plays.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](size_t i) { return std::pair(plays[i].user, plays[i].time.value_or(0)); });
  std::vector<std::string> rows;
  const Play* last = nullptr;
  int64_t session = 0;
  for (size_t i : order) {
    const Play& play = plays[i];
    if (!play.time) {
      rows.push_back(fmt::format("{}|NULL", i));
      continue;
    }
    if (last == nullptr || last->user != play.user) session = 0;
    if (session == 0 || *play.time - *last->time > kGap) ++session;
    rows.push_back(fmt::format("{}|{}", i, session));
    last = &play;
  }
  std::ranges::sort(rows);
  return rows;
}

std::string table_of(const std::vector<Play>& plays) {
  std::string values;
  for (size_t i = 0; i < plays.size(); ++i)
    values += fmt::format("{}({}, {}, {})", i == 0 ? "" : ", ", i, plays[i].user,
                          plays[i].time ? fmt::format("make_timestamp({})", *plays[i].time) : "NULL::TIMESTAMP");
  return "SELECT * FROM (VALUES " + values + ") v(i, u, t)";
}

TEST(SessionNumber, AnySplitOfTheRowsGivesTheNumbersOfOnePass) {
  rc::check([] {
    std::vector<Play> plays = make_plays();
    RC_PRE(!plays.empty());
    Session session({{"plays", table_of(plays)}});
    sql::BoundQuery query = session.bind(
        "SELECT i, session_number(t, INTERVAL '1200 seconds') OVER (PARTITION BY u ORDER BY t) AS s FROM plays");
    std::vector<std::string> expected = one_pass(plays);
    RC_ASSERT(rows_of(session.duckdb(query), false) == expected);
    plan::Graph graph = session.graph(query);
    for (const plan::StepNode& step : graph.steps) RC_ASSERT(step.native);
    for (size_t threads : {1, 2, 8}) {
      auto piece = *rc::gen::inRange<size_t>(1, 100);
      RC_ASSERT(rows_of(session.execute(graph, query, threads, piece, false), false) == expected);
    }
  });
}

}  // namespace
}  // namespace segue

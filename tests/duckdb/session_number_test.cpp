// session_number: the merging state by itself, and as DuckDB runs it, against a plain count.
#include "duckdb/session_number.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/cancellation.h"
#include "duckdb/duckdb_engine.h"
#include "relations.h"

namespace segue::duckdb {
namespace {

using Times = std::vector<std::optional<int64_t>>;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kGap = 1'200 * kSecond;

// What session_number means, row by row.
Times plain_numbers(const Times& times, int64_t gap) {
  Times numbers;
  std::optional<int64_t> last;
  int64_t number = 0;
  for (std::optional<int64_t> time : times) {
    if (time) {
      if (!last || static_cast<__int128>(*time) - *last > gap) ++number;
      last = time;
    }
    numbers.push_back(time ? std::optional(number) : std::nullopt);
  }
  return numbers;
}

SessionState state_of(const Times& times, int64_t gap) {
  SessionState state;
  for (std::optional<int64_t> time : times) {
    state.gap = static_cast<uint64_t>(gap);
    state.add(time);
  }
  return state;
}

// Ascending times whose steps lie around the gap, with equal ones and NULLs.
Times make_times() {
  size_t size = *rc::gen::inRange<size_t>(0, 60);
  Times times;
  int64_t time = *rc::gen::inRange<int64_t>(-5 * kGap, 5 * kGap);
  for (size_t i = 0; i < size; ++i) {
    time += *rc::gen::element<int64_t>(0, 1, kSecond, kGap - 1, kGap, kGap + 1, kGap + kSecond, 10 * kGap);
    times.push_back(*rc::gen::weightedElement<bool>({{8, true}, {1, false}}) ? std::optional(time) : std::nullopt);
  }
  return times;
}

TEST(SessionState, AGapOf1200SecondsJoinsAnd1201Splits) {
  EXPECT_EQ(plain_numbers({0, 1'200 * kSecond}, kGap), (Times{1, 1}));
  EXPECT_EQ(state_of({0, 1'200 * kSecond}, kGap).number(), 1);
  EXPECT_EQ(state_of({0, 1'201 * kSecond}, kGap).number(), 2);
  EXPECT_EQ(state_of({0, 1'200 * kSecond + 1}, kGap).number(), 2);
}

TEST(SessionState, EqualTimesAreOneSession) { EXPECT_EQ(state_of({5, 5, 5}, 0).number(), 1); }

TEST(SessionState, NullTimesHaveNoNumberAndPartNothing) {
  EXPECT_EQ(state_of({std::nullopt}, kGap).number(), std::nullopt);
  EXPECT_EQ(state_of({0, std::nullopt}, kGap).number(), std::nullopt);
  EXPECT_EQ(state_of({0, std::nullopt, 5}, kGap).number(), 1);
}

TEST(SessionState, TheWholeRangeOfTimesIsMeasured) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(state_of({kMin, kMax}, kMax).number(), 2);
  EXPECT_EQ(state_of({int64_t{0}, kMax}, kMax).number(), 1);
}

TEST(SessionState, TimesThatGoBackAreRemembered) {
  EXPECT_FALSE(state_of({9, 9, 10}, kGap).disordered);
  EXPECT_TRUE(state_of({10, 9}, kGap).disordered);
  SessionState state = state_of({10}, kGap);
  state.merge(state_of({5}, kGap));
  EXPECT_TRUE(state.disordered);
  SessionState after = state_of({1}, kGap);
  after.merge(state);
  EXPECT_TRUE(after.disordered);
}

TEST(SessionState, AnySplitIntoNeighbouringPiecesGivesTheNumbersOfOnePass) {
  rc::check([] {
    Times times = make_times();
    Times expected = plain_numbers(times, kGap);
    // Every row's number: the pieces before it and its own piece up to it, merged from either end.
    std::vector<size_t> cuts = *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, times.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    for (size_t row = 0; row < times.size(); ++row) {
      std::vector<SessionState> pieces;
      size_t begin = 0;
      for (size_t cut : cuts) {
        size_t end = std::min(cut, row + 1);
        pieces.push_back(state_of(Times(times.begin() + begin, times.begin() + end), kGap));
        begin = end;
      }
      pieces.push_back(state_of(Times(times.begin() + begin, times.begin() + row + 1), kGap));
      SessionState left;
      for (const SessionState& piece : pieces) left.merge(piece);
      RC_ASSERT(left.number() == expected[row]);
      SessionState right = pieces.back();
      for (size_t i = pieces.size() - 1; i-- > 0;) {
        SessionState before = pieces[i];
        before.merge(right);
        right = before;
      }
      RC_ASSERT(right.number() == expected[row]);
    }
  });
}

TEST(GapMicros, RefusesMonthsAndNegativeGaps) {
  EXPECT_EQ(gap_micros({0, 0, kGap}), static_cast<uint64_t>(kGap));
  EXPECT_EQ(gap_micros({0, 1, -kSecond}), 86'399u * kSecond);
  EXPECT_EQ(gap_micros({1, 0, 0}), std::nullopt);
  EXPECT_EQ(gap_micros({0, 0, -1}), std::nullopt);
  EXPECT_EQ(gap_micros({0, 0, 0}), 0u);
  EXPECT_EQ(gap_micros({0, std::numeric_limits<int32_t>::max(), 0}),
            static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
}

// Numbers that DuckDB gives rows (user, place in order, time), in the order of user and place.
Times duckdb_numbers(Engine& engine, const std::vector<Times>& users, const std::string& order) {
  std::vector<int64_t> user_column, place_column;
  Times time_column;
  for (size_t user = 0; user < users.size(); ++user) {
    for (size_t place = 0; place < users[user].size(); ++place) {
      user_column.push_back(static_cast<int64_t>(user));
      place_column.push_back(static_cast<int64_t>(place));
      time_column.push_back(users[user][place]);
    }
  }
  // Shuffled, reproducibly: the window must do the ordering.
  std::vector<size_t> rows(user_column.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  std::stable_sort(rows.begin(), rows.end(),
                   [](size_t a, size_t b) { return a * 0x9E3779B97F4A7C15ull < b * 0x9E3779B97F4A7C15ull; });
  Relation relation =
      make_relation({{"u", TypeId::kBigint}, {"i", TypeId::kBigint}, {"t", TypeId::kTimestamp}}, rows.size(),
                    [&](size_t row, size_t column) -> std::optional<int64_t> {
                      size_t from = rows[row];
                      return column == 0 ? user_column[from] : column == 1 ? place_column[from] : time_column[from];
                    });
  Cancellation cancellation;
  Relation result = engine.run(
      "SELECT s FROM (SELECT u, i, session_number(t, INTERVAL '1200 seconds') OVER (PARTITION BY u ORDER BY " + order +
          ") AS s FROM rows) "
          "ORDER BY u, i",
      {{"rows", &relation}}, cancellation);
  return integers(result, 0);
}

Times expected_numbers(const std::vector<Times>& users) {
  Times numbers;
  for (const Times& times : users) {
    Times one = plain_numbers(times, kGap);
    numbers.insert(numbers.end(), one.begin(), one.end());
  }
  return numbers;
}

// NULL times come last in the window, so they do in what is expected.
Times nulls_last(Times times) {
  std::stable_partition(times.begin(), times.end(), [](const auto& time) { return time.has_value(); });
  return times;
}

TEST(SessionNumber, InDuckdbEqualsOnePass) {
  Engine single({1, 0, {}}), several({4, 0, {}});
  rc::check([&] {
    std::vector<Times> users;
    size_t count = *rc::gen::inRange<size_t>(1, 4);
    for (size_t i = 0; i < count; ++i) users.push_back(nulls_last(make_times()));
    RC_ASSERT(duckdb_numbers(several, users, "t, i") == expected_numbers(users));
    RC_ASSERT(duckdb_numbers(single, users, "t") == expected_numbers(users));
  });
}

TEST(SessionNumber, OverManyRowsOnSeveralThreads) {
  // One long partition and many short ones, with ties, gaps of exactly 1,200 s and NULLs.
  std::vector<Times> users(200);
  uint64_t state = 1;
  for (size_t user = 0; user < users.size(); ++user) {
    int64_t time = 0;
    for (size_t i = 0; i < (user == 0 ? 60'000u : 50u); ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      constexpr int64_t kSteps[] = {0, kSecond, 200 * kSecond, kGap, kGap + 1, kGap + kSecond};
      time += kSteps[state >> 33 & 3 ? state >> 40 & 1 : state >> 50 & 3 ? 3 : 4];
      users[user].push_back(state >> 35 & 31 ? std::optional(time) : std::nullopt);
    }
    users[user] = nulls_last(users[user]);
  }
  Times expected = expected_numbers(users);
  Engine single({1, 0, {}}), several({4, 0, {}});
  EXPECT_EQ(duckdb_numbers(single, users, "t, i"), expected);
  EXPECT_EQ(duckdb_numbers(several, users, "t, i"), expected);
  EXPECT_EQ(duckdb_numbers(several, users, "t"), expected);
}

TEST(SessionNumber, NullsFirstGiveTheSameNumbers) {
  std::vector<Times> users{{std::nullopt, std::nullopt, 0, 5, kGap + 6}};
  Engine engine({1, 0, {}});
  EXPECT_EQ(duckdb_numbers(engine, users, "t NULLS FIRST, i"), (Times{std::nullopt, std::nullopt, 1, 1, 2}));
}

TEST(SessionNumber, RunningOverRowsOutOfOrderIsAnError) {
  // The binder refuses such calls; where one gets past it, no wrong numbers come out.
  Relation relation =
      make_relation({{"t", TypeId::kTimestamp}, {"i", TypeId::kBigint}}, 5000, [](size_t row, size_t column) {
        return std::optional<int64_t>(column == 0 ? -static_cast<int64_t>(row) * kGap : static_cast<int64_t>(row));
      });
  Engine engine({1, 0, {}});
  Cancellation cancellation;
  for (const char* gap : {"INTERVAL '20 minutes'", "INTERVAL '1 month'", "NULL"}) {
    try {
      engine.run(fmt::format("SELECT session_number(t, {}) OVER (ORDER BY i) AS s FROM rows", gap),
                 {{"rows", &relation}}, cancellation);
      FAIL() << gap;
    } catch (const Failure& failure) {
      EXPECT_NE(std::string(failure.what()).find("session_number: "), std::string::npos) << failure.what();
    }
  }
}

}  // namespace
}  // namespace segue::duckdb

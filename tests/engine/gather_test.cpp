// Rows picked, put together and compared, for every type.
#include "engine/expressions/gather.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "engine/duckdb_oracle.h"
#include "engine/random_values.h"

namespace segue::test {
namespace {

class GatherTest : public testing::TestWithParam<size_t> {
 protected:
  Type type = every_type()[GetParam()];
  Random random{GetParam()};
};

void expect_values(const Column& column, const std::vector<Value>& expected) {
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(same_value(value_at(column, i), expected[i]))
        << i << ": " << to_string(value_at(column, i)) << " is not " << to_string(expected[i]);
  }
}

TEST_P(GatherTest, PicksRowsAndNullForNoRow) {
  auto values = random_values(type, 50, random);
  for (bool coded : {false, true}) {
    Column column = column_of(type, values, coded);
    Array<uint32_t> rows;
    std::vector<Value> expected;
    for (size_t i = 0; i < 120; ++i) {
      bool none = random() % 5 == 0;
      rows.push_back(none ? engine::kNoRow : static_cast<uint32_t>(random() % 50));
      expected.push_back(none ? Value{type, {}} : values[rows.back()]);
    }
    Column picked = engine::gather(column, {rows.data(), rows.size()});
    EXPECT_EQ(picked.coded(), column.coded());
    expect_values(picked, expected);
  }
}

TEST_P(GatherTest, PicksFromConstantsAndSlices) {
  Value value = random_value(type, random);
  Column constant = value.null() ? engine::null_column(type) : constant_column(value);
  std::vector<uint32_t> rows = {7, 0, 3};
  EXPECT_TRUE(engine::gather(constant, rows).constant());
  rows.push_back(engine::kNoRow);
  expect_values(engine::gather(constant, rows), {value, value, value, Value{type, {}}});
  expect_values(engine::flatten(constant, 3), {value, value, value});
  auto values = random_values(type, 20, random);
  Column column = column_of(type, values, false);
  std::vector<uint32_t> two = {1, 4};
  expect_values(engine::gather(column.slice(10), two), {values[11], values[14]});
}

TEST_P(GatherTest, ConcatenatesPieces) {
  auto first = random_values(type, 10, random);
  auto second = random_values(type, 15, random);
  Value value = random_value(type, random);
  Column constant = value.null() ? engine::null_column(type) : constant_column(value);
  for (bool coded : {false, true}) {
    Column a = column_of(type, first, coded);
    Column b = column_of(type, second, false).slice(5);
    std::vector<engine::Piece> pieces = {{&a, 10}, {&constant, 3}, {&b, 10}, {&a, 2}};
    std::vector<Value> expected = first;
    expected.insert(expected.end(), 3, value);
    expected.insert(expected.end(), second.begin() + 5, second.end());
    expected.insert(expected.end(), first.begin(), first.begin() + 2);
    Column all = engine::concat(type, pieces);
    EXPECT_FALSE(all.constant());
    expect_values(all, expected);
    std::vector<engine::Piece> same = {{&a, 10}, {&a, 10}};
    EXPECT_EQ(engine::concat(type, same).coded(), a.coded());
  }
}

TEST_P(GatherTest, OrdersAsDuckdbDoes) {
  DuckdbOracle oracle;
  auto values = random_values(type, 200, random);
  oracle.load({type}, {values});
  Outcome sorted = oracle.query("SELECT c0 FROM t ORDER BY c0 ASC NULLS LAST");
  ASSERT_EQ(sorted.error, "");
  Column column = column_of(type, sorted.values, false);
  Outcome same =
      oracle.query("SELECT c0 = lag(c0) OVER (ORDER BY c0 ASC NULLS LAST) FROM t ORDER BY c0 ASC NULLS LAST");
  ASSERT_EQ(same.error, "");
  for (size_t i = 1; i < sorted.values.size(); ++i) {
    int order = engine::compare(column, i - 1, column, i);
    EXPECT_LE(order, 0) << to_string(sorted.values[i - 1]) << " before " << to_string(sorted.values[i]);
    EXPECT_EQ(order == 0, engine::equal(column, i - 1, column, i));
    EXPECT_EQ(engine::compare(column, i, column, i - 1), -order);
    if (sorted.values[i].null() || sorted.values[i - 1].null()) continue;
    EXPECT_EQ(order == 0, same_value(same.values[i], Value{TypeId::kBoolean, int64_t{1}}))
        << to_string(sorted.values[i - 1]) << " and " << to_string(sorted.values[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, GatherTest, testing::Range(size_t{0}, every_type().size()));

TEST(Compare, IntervalsByTheirLength) {
  EXPECT_EQ(engine::normalise({0, 30, 0}), (Interval{1, 0, 0}));
  EXPECT_EQ(engine::normalise({0, 0, -int64_t{86'400'000'000} * 31}), (Interval{-1, -1, 0}));
  EXPECT_EQ(engine::normalise({INT32_MAX, 61, 0}), (Interval{INT32_MAX, 61, 0}));
}

}  // namespace
}  // namespace segue::test

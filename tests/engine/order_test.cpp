// Sorted rows, of every type and by several keys: in order, stable, and the same by one thread and by many.
#include "engine/order.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/stop_point.h"
#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::OrderColumn;

std::vector<uint32_t> stable_order(const std::vector<OrderColumn>& columns, size_t rows) {
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return engine::compare_rows(columns, a, b) < 0; });
  return order;
}

std::vector<uint32_t> sorted(const std::vector<OrderColumn>& columns, size_t rows) {
  engine::OrderScratch scratch;
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  switch (engine::sort_rows(columns, rows, scratch)) {
    case engine::Ordered::kAlready: break;
    case engine::Ordered::kReversed: std::reverse(order.begin(), order.end()); break;
    case engine::Ordered::kPermuted: order.assign(scratch.permutation.begin(), scratch.permutation.end()); break;
  }
  return order;
}

std::vector<uint32_t> sorted_by_many(const std::vector<OrderColumn>& columns, size_t rows, size_t threads) {
  Cancellation cancellation;
  Workers workers(threads, cancellation);
  Array<uint32_t> order = engine::sort_rows(columns, rows, workers);
  return {order.begin(), order.end()};
}

OrderColumn random_column(const Type& type, size_t rows, Random& random) {
  // Few different values make ties, in half of the cases.
  auto pool = random_values(type, random() % 2 == 0 ? 7 : rows, random);
  std::vector<Value> values;
  for (size_t i = 0; i < rows; ++i) values.push_back(pool[random() % pool.size()]);
  return {column_of(type, values, random() % 2 == 0), random() % 2 == 0, random() % 2 == 0};
}

class OrderTest : public testing::TestWithParam<size_t> {};

TEST_P(OrderTest, OneKey) {
  Random random(GetParam());
  for (size_t rows : {0, 1, 2, 5, 40, 3000}) {
    for (int attempt = 0; attempt < 6; ++attempt) {
      std::vector<OrderColumn> columns = {random_column(every_type()[GetParam()], rows == 0 ? 1 : rows, random)};
      auto expected = stable_order(columns, rows);
      ASSERT_EQ(sorted(columns, rows), expected) << rows << " rows";
      ASSERT_EQ(sorted_by_many(columns, rows, 2), expected) << rows << " rows";
    }
  }
}

TEST_P(OrderTest, FollowedByAnotherKey) {
  Random random(GetParam() + 100);
  for (const Type& second : every_type()) {
    size_t rows = 200;
    std::vector<OrderColumn> columns = {random_column(every_type()[GetParam()], rows, random),
                                        random_column(second, rows, random)};
    ASSERT_EQ(sorted(columns, rows), stable_order(columns, rows)) << to_string(second);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, OrderTest, testing::Range<size_t>(0, every_type().size()), [](const auto& info) {
  std::string name = to_string(every_type()[info.param]);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

// Words that are far apart in groups, and close within: what the highest bits do not tell apart is sorted by the others.
TEST(Order, NumbersInClusters) {
  Random random(7);
  for (uint64_t clusters : {1, 3, 700}) {
    for (int low_bits : {3, 20, 45}) {
      std::vector<double> numbers(60'000);
      std::vector<int64_t> integers(numbers.size());
      for (size_t i = 0; i < numbers.size(); ++i) {
        uint64_t high = random() % clusters, low = random() % (uint64_t{1} << low_bits);
        integers[i] = static_cast<int64_t>((high << 52) + low) - (int64_t{1} << 60);
        numbers[i] = static_cast<double>(high) + static_cast<double>(low) * 1e-18;
      }
      OrderColumn number, integer;
      number.column.type = TypeId::kDouble;
      number.column.values = numbers.data();
      integer.column.type = TypeId::kBigint;
      integer.column.values = integers.data();
      EXPECT_EQ(sorted({number}, numbers.size()), stable_order({number}, numbers.size()));
      EXPECT_EQ(sorted({integer}, numbers.size()), stable_order({integer}, numbers.size()));
    }
  }
}

TEST_P(OrderTest, PartsAreSortedEachByItself) {
  Random random(GetParam() + 200);
  size_t rows = 3000;
  std::vector<OrderColumn> columns = {random_column(every_type()[GetParam()], rows, random),
                                      random_column(TypeId::kInteger, rows, random)};
  // Every row in one of the parts, in which rows ascend.
  std::vector<std::vector<uint32_t>> parts(random() % 900 + 1);
  for (uint32_t row = 0; row < rows; ++row) parts[random() % 4 == 0 ? 0 : random() % parts.size()].push_back(row);
  constexpr size_t kMost = 400;
  std::vector<uint32_t> order, ends, expected;
  for (const std::vector<uint32_t>& part : parts) {
    order.insert(order.end(), part.begin(), part.end());
    ends.push_back(static_cast<uint32_t>(order.size()));
    std::vector<uint32_t> right = part;
    if (part.size() < kMost)
      std::ranges::stable_sort(right, [&](uint32_t a, uint32_t b) { return engine::compare_rows(columns, a, b) < 0; });
    expected.insert(expected.end(), right.begin(), right.end());
  }
  engine::OrderScratch scratch;
  engine::sort_parts(columns, rows, order, ends, kMost, scratch);
  EXPECT_EQ(order, expected);
}

OrderColumn texts(const std::vector<std::string>& values, bool descending = false) {
  std::vector<Value> column;
  for (const std::string& value : values) column.push_back({TypeId::kVarchar, value});
  return {column_of(TypeId::kVarchar, column, false), descending, false};
}

TEST(Order, TextsThatShareLongPrefixesOrEndInNul) {
  std::vector<std::string> values;
  for (const char* tail : {"", "b", "a", "ab", "abcdefg", "abcdefgh", "abcdef"}) {
    for (size_t prefix : {0, 6, 7, 8, 13, 14, 15, 1000}) {
      values.push_back(std::string(prefix, 'x') + tail);
      values.push_back(std::string(prefix, 'x') + tail + std::string(1, '\0'));
      values.push_back(std::string(prefix, 'x') + tail + "\xC3\xBC");
    }
  }
  for (bool descending : {false, true}) {
    std::vector<OrderColumn> columns = {texts(values, descending)};
    EXPECT_EQ(sorted(columns, values.size()), stable_order(columns, values.size()));
  }
}

TEST(Order, RisingAndFallingRowsAreSeenWithTheirTies) {
  std::vector<int64_t> rising(1000), falling(1000), ties(1000);
  for (size_t i = 0; i < 1000; ++i) {
    rising[i] = static_cast<int64_t>(i);
    falling[i] = -rising[i];
    ties[i] = -rising[i] / 3;
  }
  auto column = [](const std::vector<int64_t>& values) {
    Column result;
    result.type = TypeId::kBigint;
    result.values = values.data();
    return OrderColumn{result};
  };
  engine::OrderScratch scratch;
  EXPECT_EQ(engine::sort_rows(std::vector{column(rising)}, 1000, scratch), engine::Ordered::kAlready);
  EXPECT_EQ(engine::sort_rows(std::vector{column(falling)}, 1000, scratch), engine::Ordered::kReversed);
  std::vector<OrderColumn> both = {column(ties), column(falling)};
  EXPECT_EQ(sorted(both, 1000), stable_order(both, 1000));
  EXPECT_EQ(sorted({column(ties)}, 1000), stable_order({column(ties)}, 1000));
}

// Enough rows that they are split among workers: one word for half of them, so that the split goes on with the second
// key.
class ManyRows {
 public:
  explicit ManyRows(size_t rows) : first_(rows), second_(rows) {
    Random random(5);
    for (size_t i = 0; i < rows; ++i) {
      first_[i] = random() % 2 == 0 ? 42 : static_cast<int64_t>(random() % 1000);
      second_[i] = static_cast<int32_t>(random() % 100'000);
    }
    columns_.resize(2);
    columns_[0].column.type = TypeId::kBigint;
    columns_[0].column.values = first_.data();
    columns_[0].descending = true;
    columns_[1].column.type = TypeId::kInteger;
    columns_[1].column.values = second_.data();
  }
  const std::vector<OrderColumn>& columns() const { return columns_; }

 private:
  std::vector<int64_t> first_;
  std::vector<int32_t> second_;
  std::vector<OrderColumn> columns_;
};

TEST(Order, ManyRowsByManyWorkers) {
  constexpr size_t kRows = 900'000;
  ManyRows many(kRows);
  auto expected = stable_order(many.columns(), kRows);
  for (size_t threads : {1, 2, 5}) EXPECT_EQ(sorted_by_many(many.columns(), kRows, threads), expected) << threads;
}

// One thread's sort is one task of many rows: it looks for itself.
TEST(Order, OneThreadStopsInTheMiddle) {
  Random random(7);
  std::vector<int64_t> values(10'000);
  for (int64_t& value : values) value = static_cast<int64_t>(random());
  Column column;
  column.type = TypeId::kBigint;
  column.values = values.data();
  std::vector<OrderColumn> columns = {{column}};
  Cancellation cancellation;
  StopPoints points(cancellation);
  sorted(columns, values.size());
  cancellation.request();
  try {
    sorted(columns, values.size());
    FAIL() << "it went on";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kCancelled);
  }
}

TEST(Order, IsCancelledWithinASecond) {
  constexpr size_t kRows = 20'000'000;
  ManyRows many(kRows);
  Cancellation cancellation;
  Workers workers(2, cancellation);
  std::chrono::steady_clock::time_point requested;
  std::thread interrupter([&]() {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    requested = std::chrono::steady_clock::now();
    cancellation.request();
  });
  EXPECT_THROW(engine::sort_rows(many.columns(), kRows, workers), Failure);
  auto ended = std::chrono::steady_clock::now();
  interrupter.join();
  EXPECT_LT(ended - requested, std::chrono::seconds(1));
}

}  // namespace
}  // namespace segue::test

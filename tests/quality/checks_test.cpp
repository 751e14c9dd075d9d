#include "quality/checks.h"

#include <gtest/gtest.h>

#include "columns/value.h"
#include "duckdb/duckdb_engine.h"

namespace segue::quality {
namespace {

// Runs the queries of a check over the rows of a SELECT: "failing of rows", then the samples, a line each.
class ChecksTest : public testing::Test {
 protected:
  std::string run(const Check& check, const std::string& rows) {
    Relation step = engine_.run(rows, {}, cancellation_);
    EXPECT_TRUE(problems("step", check, step.fields).empty());
    Queries made = queries("step", check);
    std::string out = print(engine_.run(made.count, {{"step", &step}}, cancellation_));
    if (!made.sample.empty()) out += print(engine_.run(made.sample, {{"step", &step}}, cancellation_));
    return out;
  }

  static std::string print(const Relation& rows) {
    std::string out;
    for (const Batch& batch : rows.batches) {
      for (size_t row = 0; row < batch.rows; ++row) {
        for (size_t column = 0; column < batch.columns.size(); ++column) {
          if (column != 0) out += ' ';
          out += to_string(value_at(batch.columns[column], row));
        }
        out += '\n';
      }
    }
    return out;
  }

  Cancellation cancellation_;
  duckdb::Engine engine_{duckdb::EngineOptions{}};
};

Check unique(std::vector<std::string> columns) {
  Check check;
  check.kind = Check::Kind::kUnique;
  check.columns = std::move(columns);
  return check;
}

Check between(const std::string& column, const std::string& min, const std::string& max) {
  Check check;
  check.kind = Check::Kind::kBetween;
  check.columns = {column};
  check.min = min;
  check.max = max;
  return check;
}

Check expression(const std::string& text) {
  Check check;
  check.expression = text;
  return check;
}

TEST_F(ChecksTest, UniqueCountsKeysThatComeMoreThanOnceAndLeavesNullsOut) {
  const char* rows = "SELECT * FROM (VALUES (1, 'a'), (1, 'a'), (1, 'b'), (NULL, 'c'), (NULL, 'c'), (2, 'd')) t(k, v)";
  EXPECT_EQ(run(unique({"k", "v"}), rows), "1 4\n1 a 2\n");
  EXPECT_EQ(run(unique({"K"}), rows), "1 4\n1 3\n");
  EXPECT_EQ(run(unique({"v"}), rows), "2 6\na 2\nc 2\n");
  EXPECT_EQ(run(unique({"k"}), "SELECT 1 AS k WHERE false"), "0 0\n");
}

TEST_F(ChecksTest, NotNullLooksAtEachColumn) {
  Check check;
  check.kind = Check::Kind::kNotNull;
  check.columns = {"a", "b"};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (1, 2), (NULL, 2), (1, NULL), (NULL, NULL)) t(a, b)"),
            "3 4\nNULL 2\n1 NULL\nNULL NULL\n");
}

TEST_F(ChecksTest, BetweenIncludesItsBoundsAndLetsNullPass) {
  const char* rows = "SELECT * FROM (VALUES (0), (1), (5), (6), (NULL)) t(n)";
  EXPECT_EQ(run(between("n", "1", "5"), rows), "2 5\n0\n6\n");
  EXPECT_EQ(run(between("n", "1", ""), rows), "1 5\n0\n");
  EXPECT_EQ(run(between("n", "", "5"), rows), "1 5\n6\n");
  EXPECT_EQ(run(between("d", "'2009-01-01'", ""), "SELECT DATE '2008-12-31' AS d"), "1 1\n2008-12-31\n");
  EXPECT_EQ(run(between("x", "", "1e300"), "SELECT 'nan'::DOUBLE AS x"), "1 1\nnan\n")
      << "NaN is greater than every number";
}

TEST_F(ChecksTest, RowCountIsOneOrNoFailure) {
  Check check;
  check.kind = Check::Kind::kRowCount;
  check.min_rows = 2;
  check.max_rows = 3;
  EXPECT_EQ(run(check, "FROM range(1)"), "1 1\n");
  EXPECT_EQ(run(check, "FROM range(2)"), "0 2\n");
  EXPECT_EQ(run(check, "FROM range(4)"), "1 4\n");
  EXPECT_EQ(describe(check, 1, 1), "1 row, at least 2 expected");
  EXPECT_EQ(describe(check, 1, 4), "4 rows, at most 3 expected");
}

TEST_F(ChecksTest, AnExpressionMustNotBeFalse) {
  EXPECT_EQ(run(expression("b >= a"), "SELECT * FROM (VALUES (1, 2), (2, 1), (NULL, 1)) t(a, b)"), "1 3\n2 1\n");
  EXPECT_EQ(run(expression("b >= a -- later than a"), "SELECT 2 AS a, 1 AS b"), "1 1\n2 1\n")
      << "a comment at its end does no harm";
}

TEST_F(ChecksTest, AtMostFiveRowsAreShown) {
  EXPECT_EQ(run(expression("range < 0"), "FROM range(100)"), "100 100\n0\n1\n2\n3\n4\n");
}

TEST(CheckProblemsTest, ColumnsMustBeThereAndComparable) {
  std::vector<Field> fields{{"user_id", TypeId::kVarchar}, {"tracks", Type::list(TypeId::kVarchar)}};
  EXPECT_TRUE(problems("s", unique({"USER_ID"}), fields).empty());
  auto found = problems("s", unique({"user_id", "user_di"}), fields);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].column, 1u);
  EXPECT_EQ(found[0].message, "step `s` has no column `user_di`");
  EXPECT_NE(found[0].hint.find("did you mean `user_id`?"), std::string::npos);
  EXPECT_EQ(problems("s", between("tracks", "1", ""), fields).size(), 1u);
}

TEST(CheckDescriptionTest, OneSentence) {
  EXPECT_EQ(describe(unique({"a", "b"}), 1, 9), "1 value of (a, b) comes more than once");
  EXPECT_EQ(describe(unique({"a"}), 3, 9), "3 values of a come more than once");
  EXPECT_EQ(describe(between("n", "1", "5"), 2, 9), "2 of 9 rows have n outside 1 to 5");
  EXPECT_EQ(describe(between("n", "1", ""), 1, 9), "1 of 9 rows has n below 1");
  EXPECT_EQ(describe(expression("b >= a"), 1, 9), "1 of 9 rows breaks b >= a");
}

}  // namespace
}  // namespace segue::quality

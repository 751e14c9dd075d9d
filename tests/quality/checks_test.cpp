#include "quality/checks.h"

#include <gtest/gtest.h>

#include "columns/value.h"
#include "duckdb/duckdb_engine.h"

namespace segue::quality {
namespace {

// Runs the queries of a check over the rows of a SELECT: "failing of rows", then the samples, a line each.
class ChecksTest : public testing::Test {
 protected:
  std::string run(const Check& check, const std::string& rows, const std::string& others = "") {
    Relation step = engine_.run(rows, {}, cancellation_);
    EXPECT_TRUE(problems("step", check, step.fields).empty());
    Queries made = queries("step", "its keys", check, step.fields);
    std::map<std::string, const Relation*> inputs{{"step", &step}};
    Relation keys;
    if (check.kind == CheckKind::kRelationship) {
      Relation other = engine_.run(others, {}, cancellation_);
      EXPECT_TRUE(key_problems(check, step.fields, other.fields).empty());
      keys = engine_.run(keys_query("step", check), {{check.to, &other}}, cancellation_);
      inputs["its keys"] = &keys;
    }
    std::string out = print(engine_.run(made.count, inputs, cancellation_));
    if (!made.sample.empty()) out += print(engine_.run(made.sample, inputs, cancellation_));
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

Check make(CheckKind kind, std::vector<std::string> columns) {
  Check check;
  check.kind = kind;
  check.columns = std::move(columns);
  return check;
}

Check unique(std::vector<std::string> columns) { return make(CheckKind::kUnique, std::move(columns)); }

std::optional<Constant> constant(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return Constant{text, text.find_first_not_of("-+.e0123456789") == std::string::npos};
}

Check between(const std::string& column, const std::string& min, const std::string& max,
              CheckKind kind = CheckKind::kBetween) {
  Check check = make(kind, {column});
  check.min = constant(min);
  check.max = constant(max);
  return check;
}

Check expression(const std::string& text) {
  Check check;
  check.expression = text;
  return check;
}

Check relationship(std::vector<std::string> columns, std::vector<std::string> keys) {
  Check check = make(CheckKind::kRelationship, std::move(columns));
  check.to = "other";
  check.keys = std::move(keys);
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
  Check check = make(CheckKind::kNotNull, {"a", "b"});
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (1, 2), (NULL, 2), (1, NULL), (NULL, NULL)) t(a, b)"),
            "3 4\nNULL 2\n1 NULL\nNULL NULL\n");
}

TEST_F(ChecksTest, BetweenIncludesItsBoundsAndLetsNullPass) {
  const char* rows = "SELECT * FROM (VALUES (0), (1), (5), (6), (NULL)) t(n)";
  EXPECT_EQ(run(between("n", "1", "5"), rows), "2 5\n0\n6\n");
  EXPECT_EQ(run(between("n", "1", ""), rows), "1 5\n0\n");
  EXPECT_EQ(run(between("n", "", "5"), rows), "1 5\n6\n");
  EXPECT_EQ(run(between("d", "2009-01-01", ""), "SELECT DATE '2008-12-31' AS d"), "1 1\n2008-12-31\n");
  EXPECT_EQ(run(between("x", "", "1e300"), "SELECT 'nan'::DOUBLE AS x"), "1 1\nnan\n")
      << "NaN is greater than every number";
  EXPECT_EQ(run(between("name", "5", ""), "SELECT * FROM (VALUES ('40'), ('6'), ('x')) t(name)"), "1 3\n40\n")
      << "numbers are texts where the column is text";
}

TEST_F(ChecksTest, AcceptedValuesAreReadAsTheColumnsType) {
  Check check = make(CheckKind::kAcceptedValues, {"v"});
  check.values = {{"m", false}, {"it's", false}, {"1", true}};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES ('m'), ('f'), ('it''s'), ('1'), (NULL)) t(v)"), "1 5\nf\n");
  check.values = {{"1", true}, {"2.5", true}};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (1), (2), (3)) t(v)"), "2 3\n2\n3\n") << "2.5 is not rounded";
  check.values = {{"2009-05-04", false}};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (DATE '2009-05-04'), (DATE '2009-05-05')) t(v)"), "1 2\n2009-05-05\n");
  check.values = {{"true", false}};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (true), (false)) t(v)"), "1 2\nfalse\n");
}

TEST_F(ChecksTest, LengthCountsCharactersAndElements) {
  Check check = make(CheckKind::kLength, {"v"});
  check.least = 1;
  check.most = 3;
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (''), ('Rós'), ('Cake'), (NULL)) t(v)"), "2 4\n\nCake\n");
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES ([1]), ([1, 2, 3, 4])) t(v)"), "1 2\n[1, 2, 3, 4]\n");
}

TEST_F(ChecksTest, ARegexIsFoundSomewhereInTheText) {
  Check check = make(CheckKind::kRegex, {"v"});
  check.pattern = "[0-9]$";
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES ('user_1'), ('1''s'), ('x9'), (NULL)) t(v)"), "1 4\n1's\n");
}

TEST_F(ChecksTest, RelationshipsFindWhatTheOtherTableDoesNotHave) {
  const char* rows = "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (NULL, 'c'), (3, NULL)) t(id, v)";
  const char* others = "SELECT * FROM (VALUES (1::BIGINT, 'a'), (1, 'b'), (3, 'x'), (NULL, 'c')) t(key, v)";
  EXPECT_EQ(run(relationship({"id"}, {"key"}), rows, others), "1 4\n2 b\n");
  EXPECT_EQ(run(relationship({"id", "v"}, {"key", "v"}), rows, others), "1 4\n2 b\n");
  EXPECT_EQ(run(relationship({"id"}, {"key"}), rows, "SELECT 1 AS key WHERE false"), "3 4\n1 a\n2 b\n3 NULL\n");
}

TEST_F(ChecksTest, FreshnessLooksAtTheNewest) {
  Check check = make(CheckKind::kFreshness, {"t"});
  check.oldest = 1'241'395'200'000'000;  // 2009-05-04
  EXPECT_EQ(run(check, "SELECT TIMESTAMP '2009-05-04' AS t UNION ALL SELECT TIMESTAMP '2001-01-01'"),
            "0 2 2009-05-04 00:00:00\n");
  EXPECT_EQ(run(check, "SELECT DATE '2009-05-03' AS t"), "1 1 2009-05-03 00:00:00\n");
  EXPECT_EQ(run(check, "SELECT NULL::DATE AS t"), "1 1 NULL\n") << "what has no newest value is not fresh";
  check.within = "1 day";
  EXPECT_EQ(describe(check, {1, 1, "2009-05-03 00:00:00"}),
            "the newest t is 2009-05-03 00:00:00, more than 1 day before the run");
  EXPECT_EQ(describe(check, {1, 1, ""}), "no row has a value of t, and the newest may be 1 day old");
}

TEST_F(ChecksTest, MeasuresAreComparedAsNumbers) {
  const char* rows = "SELECT * FROM (VALUES (1), (2), (3), (6), (NULL)) t(n)";
  EXPECT_EQ(run(between("n", "13", "", CheckKind::kSum), rows), "1 4 12.0\n");
  EXPECT_EQ(run(between("n", "3", "3", CheckKind::kMean), rows), "0 4 3.0\n");
  EXPECT_EQ(run(between("n", "", "2.1", CheckKind::kStddev), rows), "1 4 2.160246899469287\n");
  Check quantile = between("n", "", "2.4", CheckKind::kQuantile);
  quantile.at = 0.5;
  EXPECT_EQ(run(quantile, rows), "1 4 2.5\n");
  EXPECT_EQ(describe(quantile, {1, 4, "2.5"}), "the quantile 0.5 of n is 2.5, above 2.4");
  EXPECT_EQ(run(between("n", "1", "", CheckKind::kSum), "SELECT 1 AS n WHERE false"), "0 0 NULL\n")
      << "a sum of nothing is not known";
  EXPECT_EQ(run(between("n", "", "1e30", CheckKind::kSum), "SELECT 9e18::BIGINT AS n FROM range(9)"), "0 9 8.1e+19\n")
      << "sums are not bound to 64 bits";
}

TEST_F(ChecksTest, AChangeIsJudgedAgainstTheLastVersion) {
  Check check = make(CheckKind::kChange, {"a", "b"});
  check.rows_change = 0.1;
  check.share_changes = {0.05, 0.05};
  EXPECT_EQ(run(check, "SELECT * FROM (VALUES (1, NULL), (NULL, NULL), (3, 1)) t(a, b)"), "0 3 1 2\n");
  Contents before{3, 100, {{"a", 0}, {"b", 50}}};
  Change change = judge_change(check, 110, {5, 55}, before);
  EXPECT_EQ(change.counts.failing, 0u);
  EXPECT_EQ(change.counts.observed, "rows +10.0%, NULLs of a +4.5, NULLs of b +0.0");
  change = judge_change(check, 50, {5, 25}, before);
  EXPECT_EQ(change.counts.failing, 2u);
  EXPECT_EQ(change.message,
            "50 rows, 50.0% fewer than the 100 of version 3, and 10% is allowed; 10.0% of a is NULL, it was 0.0% in "
            "version 3, and a change of 5 is allowed");
  EXPECT_EQ(judge_change(check, 1, {0, 1}, std::nullopt).counts.failing, 0u) << "nothing to compare with";
  EXPECT_EQ(judge_change(check, 1, {0, 1}, Contents{0, 0, {}}).counts.failing, 0u);
  EXPECT_EQ(judge_change(check, 100, {50, 50}, Contents{0, 100, {{"b", 50}}}).counts.failing, 0u)
      << "a column that was not there";
}

TEST_F(ChecksTest, RowCountIsOneOrNoFailure) {
  Check check = make(CheckKind::kRowCount, {});
  check.least = 2;
  check.most = 3;
  EXPECT_EQ(run(check, "FROM range(1)"), "1 1\n");
  EXPECT_EQ(run(check, "FROM range(2)"), "0 2\n");
  EXPECT_EQ(run(check, "FROM range(4)"), "1 4\n");
  EXPECT_EQ(describe(check, {1, 1, ""}), "1 row, at least 2 expected");
  EXPECT_EQ(describe(check, {1, 4, ""}), "4 rows, at most 3 expected");
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
  EXPECT_EQ(problems("s", between("user_id", "1", "", CheckKind::kMean), fields).at(0).message,
            "`mean` needs numbers, and `user_id` is VARCHAR");
  EXPECT_EQ(problems("s", make(CheckKind::kFreshness, {"user_id"}), fields).size(), 1u);
  EXPECT_EQ(problems("s", make(CheckKind::kRegex, {"tracks"}), fields).size(), 1u);
  EXPECT_TRUE(problems("s", make(CheckKind::kLength, {"tracks"}), fields).empty());
}

TEST(CheckProblemsTest, KeysMustBeThereAndComparable) {
  std::vector<Field> fields{{"user_id", TypeId::kVarchar}, {"n", TypeId::kInteger}};
  std::vector<Field> others{{"id", TypeId::kVarchar}, {"n", TypeId::kBigint}};
  EXPECT_TRUE(key_problems(relationship({"user_id", "n"}, {"id", "N"}), fields, others).empty());
  EXPECT_EQ(key_problems(relationship({"user_id"}, {"idd"}), fields, others).at(0).message,
            "`other` has no column `idd`");
  EXPECT_EQ(key_problems(relationship({"n"}, {"id"}), fields, others).at(0).message,
            "`n` is INTEGER and `id` of `other` is VARCHAR, which are never equal");
}

TEST(CheckDescriptionTest, OneSentence) {
  EXPECT_EQ(describe(unique({"a", "b"}), {1, 9, ""}), "1 value of (a, b) comes more than once");
  EXPECT_EQ(describe(unique({"a"}), {3, 9, ""}), "3 values of a come more than once");
  EXPECT_EQ(describe(between("n", "1", "5"), {2, 9, ""}), "2 of 9 rows have n outside 1 to 5");
  EXPECT_EQ(describe(between("n", "1", ""), {1, 9, ""}), "1 of 9 rows has n below 1");
  EXPECT_EQ(describe(expression("b >= a"), {1, 9, ""}), "1 of 9 rows breaks b >= a");
}

}  // namespace
}  // namespace segue::quality

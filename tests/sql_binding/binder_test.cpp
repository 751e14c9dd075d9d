#include <chrono>

#include <gtest/gtest.h>

#include "binding.h"

namespace segue::sql {
namespace {

class BinderTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared_ = std::make_unique<Binder>(make_binder()); }
  static void TearDownTestSuite() { shared_.reset(); }
  static Binder& binder() { return *shared_; }
  static BoundQuery bind(const std::string& text) { return binder().bind(text, params()); }

  static inline std::unique_ptr<Binder> shared_;
};

TEST_F(BinderTest, GivesNamesTypesTablesAndThePlan) {
  BoundQuery query = bind("SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id");
  EXPECT_EQ(fields(query), "user_id VARCHAR, songs BIGINT");
  EXPECT_EQ(query.tables, std::vector<std::string>{"plays"});
  EXPECT_EQ(query.plan.at("type"), "LOGICAL_PROJECTION");
  EXPECT_EQ(query.text, "SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id");
}

TEST_F(BinderTest, TakesEveryFormOfSelect) {
  EXPECT_EQ(fields(bind("FROM sessions")), "user_id VARCHAR, order BIGINT");
  EXPECT_EQ(fields(bind("VALUES (1, 'a'), (2, 'b')")), "col0 INTEGER, col1 VARCHAR");
  EXPECT_EQ(fields(bind("WITH a AS (SELECT n FROM plays) SELECT n FROM a")), "n BIGINT");
  EXPECT_EQ(fields(bind("SELECT 1 AS a UNION ALL SELECT 'b'")), "a VARCHAR");
  EXPECT_EQ(fields(bind("(SELECT 1 AS a);; -- done")), "a INTEGER");
  EXPECT_EQ(fields(bind("SELECT unnest(tags) AS tag FROM plays")), "tag VARCHAR");
  EXPECT_EQ(fields(bind("SELECT r.range AS i FROM range(10) r")), "i BIGINT");
}

TEST_F(BinderTest, ReadsTablesOnceEachInTheOrderOfTheText) {
  EXPECT_EQ(bind("SELECT p.n FROM sessions s JOIN plays p USING (user_id) JOIN SESSIONS t USING (user_id)").tables,
            (std::vector<std::string>{"sessions", "plays"}));
}

TEST_F(BinderTest, CastsResultsToLakeTypes) {
  BoundQuery query = bind(
      "SELECT n::UTINYINT a, n::UINTEGER b, n::UBIGINT c, n::TIMESTAMP_S d, [n::USMALLINT] e, {'x': sum(n)} f, "
      "'{}'::JSON j, n::UHUGEINT h "
      "FROM plays GROUP BY ALL");
  EXPECT_EQ(fields(query),
            "a SMALLINT, b BIGINT, c BIGINT, d TIMESTAMP, e INTEGER[], f STRUCT(x BIGINT), j VARCHAR, h BIGINT");
  EXPECT_EQ(query.plan.at("type"), "LOGICAL_PROJECTION");
  for (const auto& expression : query.plan.at("expressions"))
    EXPECT_EQ(expression.at("expression_class"), "BOUND_CAST");
}

TEST_F(BinderTest, CastsOnlyWhatNeedsIt) {
  BoundQuery query = bind("SELECT user_id, sum(n) AS \"order\" FROM plays GROUP BY user_id -- a comment");
  EXPECT_EQ(query.text,
            "SELECT user_id, CAST(\"order\" AS BIGINT) AS \"order\" FROM (\n"
            "SELECT user_id, sum(n) AS \"order\" FROM plays GROUP BY user_id -- a comment\n)");
  EXPECT_EQ(fields(query), "user_id VARCHAR, order BIGINT");
}

TEST_F(BinderTest, PutsParametersInAsTypedLiterals) {
  EXPECT_EQ(bind("SELECT n FROM plays WHERE artist = $name AND track <> '$name' LIMIT $limit -- $name").text,
            "SELECT n FROM plays WHERE artist = 'it''s' AND track <> '$name' LIMIT CAST('5' AS BIGINT) -- $name");
  EXPECT_EQ(bind("SELECT played_at + $gap AS later FROM plays").text,
            "SELECT played_at + CAST('00:20:00' AS INTERVAL) AS later FROM plays");
  EXPECT_EQ(fields(bind("SELECT $none AS day")), "day DATE");
}

TEST_F(BinderTest, LeavesParametersInStringsNamesAndCommentsAlone) {
  for (const char* text :
       {"SELECT E'\\'$gap' AS x", "SELECT $a$ $gap $a$ AS x", "SELECT $$ $gap $$ AS x", "SELECT '''$gap' AS x",
        "SELECT 1 AS \"$gap\"", "SELECT 1 AS x /* $gap /* nested $gap */ $gap */", "SELECT 1 AS a$gap",
        "SELECT 1 AS x -- $gap"}) {
    EXPECT_EQ(bind(text).text, text);
  }
  EXPECT_EQ(bind("SELECT 'ä' || $name || 'ö' AS x").text, "SELECT 'ä' || 'it''s' || 'ö' AS x");
}

TEST_F(BinderTest, MapsPositionsOfThePlanToTheUsersText) {
  const std::string text = "SELECT lower($name) AS a, upper(artist) AS b, sum(n) AS c FROM plays GROUP BY ALL";
  BoundQuery query = bind(text);
  size_t bound = query.text.find("upper(");
  EXPECT_EQ(query.user_position(bound), text.find("upper("));
  EXPECT_EQ(query.user_position(query.text.find("'it''s'") + 3), text.find("$name"));
  EXPECT_EQ(query.user_position(query.text.find("lower(")), text.find("lower("));
  EXPECT_EQ(query.user_position(0), 0u);
  EXPECT_EQ(query.user_position(query.text.size()), text.size());
  EXPECT_EQ(query.user_position(BoundQuery::kNoPosition), BoundQuery::kNoPosition);
}

TEST_F(BinderTest, FindsReferencesBeforeTablesAreKnown) {
  const std::string text =
      "WITH a AS (SELECT * FROM first) SELECT * FROM a JOIN \"Second\" s ON true WHERE x IN (FROM lake.third)";
  std::vector<Reference> references = binder().references(text);
  ASSERT_EQ(references.size(), 3u);
  EXPECT_EQ(references[0].table, "first");
  EXPECT_EQ(text.substr(references[0].offset, references[0].length), "first");
  EXPECT_EQ(references[1].table, "Second");
  EXPECT_EQ(text.substr(references[1].offset, references[1].length), "\"Second\"");
  EXPECT_EQ(references[2].table, "lake.third");
  EXPECT_EQ(text.substr(references[2].offset, references[2].length), "lake.third");
}

TEST_F(BinderTest, KnowsWhereNamesOfWithClausesHold) {
  auto names = [&](const std::string& text) {
    std::string result;
    for (const Reference& reference : binder().references(text)) result += reference.table + ' ';
    return result;
  };
  EXPECT_EQ(names("WITH plays AS (SELECT * FROM plays) SELECT * FROM plays"), "plays ");
  EXPECT_EQ(names("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r"), "");
  EXPECT_EQ(names("WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM B"), "b ");
  EXPECT_EQ(names("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) JOIN a ON true"), "a ");
  EXPECT_EQ(names("WITH a AS (SELECT 1) SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM c)"), "c ");
}

TEST_F(BinderTest, BindsAnOrdinaryStepInAFewMilliseconds) {
  bind("SELECT n FROM plays");
  auto start = std::chrono::steady_clock::now();
  constexpr int kTimes = 20;
  for (int i = 0; i < kTimes; ++i) {
    bind(
        "SELECT *, session_number(played_at, $gap) OVER (PARTITION BY user_id ORDER BY played_at) AS session FROM "
        "plays");
  }
  auto each = (std::chrono::steady_clock::now() - start) / kTimes;
  EXPECT_LT(each, std::chrono::milliseconds(50)) << "a step takes some 3 ms on a machine that does nothing else";
}

TEST_F(BinderTest, TwoTablesOfOneNameAreABug) {
  Binder own = make_binder();
  EXPECT_THROW(own.add_table({"PLAYS", {{"a", TypeId::kBigint}}}), Failure);
}

TEST_F(BinderTest, LocatesMistakesByTheCallersMap) {
  SqlError error({{"wrong", "do better", 7, 3}});
  std::vector<Error> errors = located(error, [](uint64_t offset, uint64_t length) {
    return Place{"a.sql", 1, offset + 1, length};
  });
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, ErrorCode::kDefinition);
  EXPECT_EQ(errors[0].message, "wrong");
  EXPECT_EQ(errors[0].hint, "do better");
  EXPECT_EQ(errors[0].place.column, 8u);
}

}  // namespace
}  // namespace segue::sql

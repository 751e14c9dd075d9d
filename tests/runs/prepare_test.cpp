#include "runs/prepare.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "runs/project_folder.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHead = R"(name: p
params:
  gap: {type: interval, default: 20 minutes}
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar, note: varchar}
steps:
)";

class PrepareTest : public testing::Test {
 protected:
  std::vector<std::string> mistakes(const std::string& steps) {
    project_.write_pipeline(kHead + steps);
    return project_.mistakes();
  }

  std::unique_ptr<const Prepared> prepared(const std::string& steps, const PrepareOptions& options = {}) {
    project_.write_pipeline(kHead + steps);
    return prepare(project_.pipeline(), options);
  }

  static std::vector<std::string> order(const Prepared& prepared) {
    std::vector<std::string> names;
    for (const PreparedStep& step : prepared.steps) names.push_back(step.step->name);
    return names;
  }

  ProjectFolder project_;
};

TEST_F(PrepareTest, StepsComeAfterWhatTheyRead) {
  auto plan =
      prepared("  c: {sql: SELECT * FROM b}\n  a: {sql: SELECT user_id FROM plays}\n  b: {sql: SELECT * FROM A}\n");
  EXPECT_THAT(order(*plan), ElementsAre("a", "b", "c"));
  EXPECT_THAT(plan->steps[1].reads, ElementsAre("a"));
  EXPECT_EQ(plan->steps[2].fields, (std::vector<Field>{{"user_id", TypeId::kVarchar}}));
}

TEST_F(PrepareTest, AnUnknownTableIsLocatedAndTheNearestNameOffered) {
  project_.write_pipeline(std::string(kHead) + "  a: {sql: SELECT user_id FROM playz}\n");
  try {
    prepare(project_.pipeline());
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kDefinition);
    EXPECT_EQ(failure.error().message, "there is no source or step `playz`");
    EXPECT_EQ(failure.error().place.line, 10u);
    EXPECT_EQ(failure.error().place.column, 32u);
    EXPECT_THAT(failure.error().hint, HasSubstr("did you mean `plays`?"));
  }
}

TEST_F(PrepareTest, AllMistakesOfAllStepsAreFoundAndNoneTwice) {
  EXPECT_THAT(mistakes("  a: {sql: SELECT usr FROM plays}\n"
                       "  b: {sql: SELECT * FROM a}\n"
                       "  c: {sql: SELECT user_id FROM nowhere}\n"
                       "  d:\n    sql: |\n      SELECT user_id,\n        lowr(artist) AS artist\n      FROM plays\n"),
              ElementsAre(HasSubstr("10:19 "), "12:32 there is no source or step `nowhere`", HasSubstr("16:9 ")));
}

TEST_F(PrepareTest, MistakesInKeysHideNoneInTheSql) {
  project_.write_pipeline(
      "name: p\n"
      "params:\n"
      "  n: {type: intger, default: 3}\n"
      "  gap: {type: interval, default: 20 lightyears}\n"
      "sources:\n"
      "  plays:\n"
      "    path: plays.tsv\n"
      "    format: {type: delimited, delimiter: \"\\t\", quote: none, heade: false}\n"
      "    columns: {user_id: varchar, played_at: timestamp}\n"
      "  bad:\n"
      "    path: bad.tsv\n"
      "    format: {type: delimited, delimiter: \"\\t\", quote: none}\n"
      "    columns: {a: varcha, b: varchar}\n"
      "steps:\n"
      "  one:\n"
      "    sql: SELECT user_d FROM plays\n"
      "    exprt: {format: tsv, path: a.tsv}\n"
      "  of_bad_columns: {sql: SELECT nothing FROM bad}\n"
      "  of_bad_params: {sql: SELECT nothing + $n AS x FROM plays}\n"
      "  later: {sql: 'SELECT played_at + $gap AS later, nope FROM plays'}\n"
      "  typo: {sqll: SELECT 1}\n"
      "  of_typo: {sql: SELECT x FROM typo JOIN playz USING (x)}\n"
      "  checked:\n"
      "    sql: SELECT user_id FROM plays\n"
      "    checks: [{not_nul: user_id}, {unique: usr_id}]\n");
  definition::Project project = definition::load_project(project_.path());
  std::vector<std::string> found;
  try {
    runnable_pipeline(project, "p", {});
  } catch (const Failure& failure) {
    for (const Error& error : failure.errors()) found.push_back(std::to_string(error.place.line) + " " + error.message);
  }
  EXPECT_THAT(
      found,
      ElementsAre("3 `type` cannot be `intger`", "4 the default of `gap` must be an interval, not `20 lightyears`",
                  "8 unknown key `heade` in `format`", "13 unknown type `varcha`", "16 unknown column `user_d`",
                  "17 unknown key `exprt` in step `one`", "20 unknown column `nope`",
                  "21 unknown key `sqll` in step `typo`", "22 there is no source or step `playz`",
                  "25 unknown key `not_nul` in a check", "25 step `checked` has no column `usr_id`"));
}

TEST_F(PrepareTest, WhereNamesAreNotKnownNobodyIsToldThatTheyAreMissing) {
  for (const char* sources : {"source:\n  plays: {path: plays.tsv}\n", "sources: plays.tsv\n"}) {
    project_.write_pipeline(std::string("name: p\n") + sources + "steps:\n  a: {sql: SELECT user_id FROM plays}\n");
    try {
      runnable_pipeline(definition::load_project(project_.path()), "p", {});
      FAIL();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.errors().size(), 1u);
      EXPECT_EQ(failure.error().place.line, 2u);
    }
  }
}

TEST_F(PrepareTest, ACircleOfStepsIsNamed) {
  EXPECT_THAT(mistakes("  a: {sql: SELECT * FROM b}\n  b: {sql: SELECT * FROM c}\n  c: {sql: SELECT * FROM a}\n"),
              ElementsAre("12:26 steps read each other in a circle: `a` reads `b` reads `c` reads `a`"));
  EXPECT_THAT(mistakes("  a: {sql: SELECT * FROM a}\n"), ElementsAre("10:26 step `a` reads itself"));
}

TEST_F(PrepareTest, WhatNoTableCanHoldIsRefused) {
  EXPECT_THAT(mistakes("  a: {sql: 'SELECT count(*), user_id FROM plays GROUP BY user_id'}\n"),
              ElementsAre(HasSubstr("has a character that Delta tables do not allow")));
}

TEST_F(PrepareTest, ChecksMustFitTheStep) {
  EXPECT_THAT(mistakes("  a:\n    sql: SELECT user_id, count(*) AS n FROM plays GROUP BY user_id\n    checks:\n"
                       "      - unique: usr_id\n"
                       "      - sql: n + 1\n"
                       "      - sql: n > nn\n"
                       "      - between: {column: n, min: zero}\n"),
              ElementsAre("13:17 step `a` has no column `usr_id`", HasSubstr("14:14 this expression is BIGINT"),
                          "15:18 unknown column `nn`", "16:35 'zero' is no BIGINT, which column `n` is"));
}

TEST_F(PrepareTest, SelectKeepsAStepWithWhatItReads) {
  const char* steps =
      "  a: {sql: SELECT user_id FROM plays}\n  b: {sql: SELECT * FROM a}\n  c: {sql: SELECT artist FROM plays}\n";
  PrepareOptions options;
  options.select = {"b"};
  auto plan = prepared(steps, options);
  EXPECT_THAT(order(*plan), ElementsAre("a", "b"));
  EXPECT_FALSE(plan->steps[0].selected);
  EXPECT_TRUE(plan->steps[1].selected);
  EXPECT_THAT(plan->sources.at(0).used, ElementsAre(0, 2))
      << "what makes a row bad does not depend on what is selected";
  options.select = {"bb"};
  EXPECT_THROW(prepared(steps, options), Failure);
}

TEST_F(PrepareTest, WhatMakesARowBadDoesNotDependOnTheEngine) {
  const char* steps = "  v: {sql: 'SELECT * FROM plays', materialize: view}\n  a: {sql: SELECT user_id FROM v}\n";
  PrepareOptions duckdb;
  duckdb.engine = definition::EngineName::kDuckdb;
  EXPECT_EQ(prepared(steps)->sources.at(0).used, prepared(steps, duckdb)->sources.at(0).used);
}

TEST_F(PrepareTest, TheEngineOfEachStepIsChosenWithAReason) {
  const char* steps =
      "  a: {sql: 'SELECT user_id, count(*) AS plays FROM plays GROUP BY user_id'}\n"
      "  b: {sql: 'SELECT approx_count_distinct(artist) AS artists FROM plays'}\n";
  auto plan = prepared(steps);
  EXPECT_TRUE(plan->steps[0].native) << plan->steps[0].reason;
  EXPECT_FALSE(plan->steps[1].native);
  EXPECT_THAT(plan->steps[1].reason, HasSubstr("approx_count_distinct"));
  EXPECT_THAT(explain(*plan), HasSubstr("b  table  duckdb: "));
  PrepareOptions duckdb;
  duckdb.engine = definition::EngineName::kDuckdb;
  EXPECT_FALSE(prepared(steps, duckdb)->steps[0].native);
}

TEST_F(PrepareTest, ChecksAreComputedNativelyWithTheirStep) {
  auto plan = prepared(
      "  a:\n    sql: SELECT user_id, max(played_at) AS last, count(*) AS n FROM plays GROUP BY user_id\n    checks:\n"
      "      - unique: [user_id, last]\n      - not_null: user_id\n      - between: {column: n, min: 1, max: 100}\n"
      "      - row_count: {min: 1}\n      - sql: last > TIMESTAMP '2000-01-01'\n");
  for (const plan::StepNode& node : plan->graph.steps) EXPECT_TRUE(node.native) << node.name << ": " << node.reason;
  EXPECT_EQ(plan->steps[0].checks.size(), 5u);
}

}  // namespace
}  // namespace segue::runs

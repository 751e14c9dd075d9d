// Rows that are held back: by checks of severity quarantine, and by sources; and how they go through again.
#include <algorithm>

#include <gmock/gmock.h>

#include "base/error.h"
#include "lake/lake.h"
#include "runs/project_folder.h"
#include "runs/replay.h"
#include "runs/run_store.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHead = R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar, seconds: integer}
    bad_rows: quarantine
  users:
    path: users.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {id: varchar}
steps:
  by_user: {sql: "SELECT user_id, count(*) AS plays FROM good_plays GROUP BY user_id"}
  listeners: {sql: SELECT id FROM users}
)";

class QuarantineTest : public testing::Test {
 protected:
  QuarantineTest() {
    project_.write("plays.tsv",
                   "u1\t2009-05-04T10:00:00Z\tCake\t100\n"
                   "u1\t2009-05-04T10:20:00Z\tMuse\t-200\n"
                   "u2\t2009-05-04T10:40:00Z\t\t0\n"
                   "u2\t2009-05-04T10:50:00Z\tMuse\t300\n"
                   "u9\t2009-05-05T10:00:00Z\tCake\t400\n");
    project_.write("users.tsv", "u1\nu2\n");
  }

  void define(const std::string& checks, const std::string& sql = "SELECT * FROM plays") {
    project_.write_pipeline(std::string(kHead) + "  good_plays:\n    sql: " + sql + "\n    checks:\n" + checks);
  }

  // Runs with both engines, which do the same.
  RunResult run() {
    ProjectFolder::Ask ask;
    ask.duckdb = true;
    RunResult duckdb = project_.run(ask);
    auto tables = rows_of_all();
    RunResult native = project_.run();
    EXPECT_EQ(native.state, duckdb.state);
    EXPECT_EQ(rows_of_all(), tables);
    return native;
  }

  std::vector<std::vector<std::string>> rows_of_all() const {
    return {project_.rows("good_plays"), project_.rows("by_user"), held_texts()};
  }

  std::vector<HeldRow> held() const { return held_rows(lake::Lake(project_.lake().string()), "p", Cancellation()); }

  std::vector<std::string> held_texts() const {
    std::vector<std::string> texts;
    for (const HeldRow& row : held()) texts.push_back(row.owner + " | " + row.reason + " | " + row.text);
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  std::vector<std::string> to_replay() const { return steps_to_replay(*prepare(project_.pipeline()), held(), {}); }

  ProjectFolder project_;
};

constexpr const char* kChecks = R"(      - {not_null: artist, severity: quarantine}
      - {between: {column: seconds, min: 1}, severity: quarantine}
      - {relationship: {column: user_id, to: users, key: id}, severity: quarantine}
      - row_count: {max: 3}
)";

TEST_F(QuarantineTest, RowsThatBreakACheckAreHeldBackAndTheOthersPublished) {
  define(kChecks);
  RunResult result = run();
  ASSERT_EQ(result.state, RunState::kSucceeded) << (result.errors.empty() ? "" : result.errors[0].message);
  EXPECT_THAT(project_.rows("good_plays"),
              ElementsAre("u1|2009-05-04 10:00:00|Cake|100", "u2|2009-05-04 10:50:00|Muse|300"));
  EXPECT_THAT(project_.rows("by_user"), ElementsAre("u1|1", "u2|1")) << "what reads the step does not see them";
  EXPECT_THAT(
      held_texts(),
      ElementsAre(
          R"(good_plays | between(seconds: at least 1) | {"user_id":"u1","played_at":"2009-05-04 10:20:00","artist":"Muse","seconds":-200})",
          R"(good_plays | not_null(artist); between(seconds: at least 1) | {"user_id":"u2","played_at":"2009-05-04 10:40:00","artist":null,"seconds":0})",
          R"(good_plays | relationship(user_id in users: id) | {"user_id":"u9","played_at":"2009-05-05 10:00:00","artist":"Cake","seconds":400})"));
  EXPECT_EQ(held().at(0).run, result.id);
  ASSERT_EQ(result.checks.size(), 4u);
  EXPECT_FALSE(result.checks[0].passed);
  EXPECT_FALSE(result.checks[0].failed()) << "it stops nothing";
  EXPECT_EQ(result.checks[1].message, "2 of 5 rows have seconds below 1");
  EXPECT_EQ(result.checks[1].samples.size(), 2u);
  EXPECT_THAT(result.checks[1].sample_columns, ElementsAre("user_id", "played_at", "artist", "seconds"));
  EXPECT_EQ(result.checks[2].samples.at(0).at(0), "u9");
  EXPECT_TRUE(result.checks[3].passed) << "the other checks are about what is published";
  for (const StepResult& step : result.steps) EXPECT_EQ(step.held_rows, step.name == "good_plays" ? 3u : 0u);
  std::unique_ptr<const Prepared> prepared = prepare(project_.pipeline());
  for (const plan::StepNode& node : prepared->graph.steps) EXPECT_TRUE(node.native) << node.name << ": " << node.reason;
}

TEST_F(QuarantineTest, ASourceWithoutAGoodRowFailsUnlessItMay) {
  define("      - row_count: {min: 0}\n");
  ASSERT_EQ(run().state, RunState::kSucceeded);
  auto before = project_.tables();
  project_.write("plays.tsv", "u1,2009-05-04T10:00:00Z,Cake,100\nu1,2009-05-04T10:20:00Z,Muse,20\n");
  RunResult result = project_.run();
  ASSERT_EQ(result.state, RunState::kFailed);
  EXPECT_THAT(result.errors.at(0).message, HasSubstr("plays: all 2 rows are bad; the first: "));
  EXPECT_THAT(result.errors[0].place.file, HasSubstr("plays.tsv"));
  EXPECT_EQ(result.errors[0].place.line, 1u);
  EXPECT_THAT(result.errors[0].hint, HasSubstr("at_most: 100%"));
  EXPECT_EQ(project_.tables(), before);
  project_.write("plays.tsv", "");
  EXPECT_EQ(project_.run().state, RunState::kSucceeded) << "no rows are no bad rows";
  std::string text = kHead;
  text.replace(text.find("bad_rows: quarantine"), 20, "bad_rows: {quarantine, at_most: 100%}");
  project_.write_pipeline(text + "  good_plays: {sql: SELECT * FROM plays}\n");
  project_.write("plays.tsv", "u1\n");
  EXPECT_EQ(project_.run().state, RunState::kSucceeded);
  EXPECT_EQ(held().size(), 1u);
}

TEST_F(QuarantineTest, OfEqualKeysNoRowIsKept) {
  define("      - {unique: user_id, severity: quarantine}\n");
  RunResult result = run();
  EXPECT_THAT(project_.rows("good_plays"), ElementsAre("u9|2009-05-05 10:00:00|Cake|400"));
  EXPECT_EQ(held().size(), 4u);
  EXPECT_EQ(result.checks.at(0).message, "2 values of user_id come more than once");
  EXPECT_THAT(result.checks[0].samples, ElementsAre(ElementsAre("u1", "2"), ElementsAre("u2", "2")));
}

TEST_F(QuarantineTest, AFailingCheckLeavesTheQuarantineAsItWas) {
  define(kChecks);
  run();
  auto before = project_.tables();
  define("      - {not_null: artist, severity: quarantine}\n      - row_count: {max: 2}\n");
  EXPECT_EQ(project_.run().state, RunState::kChecksFailed);
  EXPECT_EQ(project_.tables(), before);
}

TEST_F(QuarantineTest, WhatNoCheckHoldsBackAnyMoreLeavesTheQuarantine) {
  define(kChecks);
  run();
  ASSERT_EQ(held().size(), 3u);
  define("      - row_count: {min: 5}\n");
  EXPECT_EQ(run().state, RunState::kSucceeded);
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_EQ(project_.rows("good_plays").size(), 5u);
}

TEST_F(QuarantineTest, AnExpressionMayUseAnyColumnAndParameter) {
  define(
      "      - sql: seconds > 0 -- of course\n        severity: quarantine\n      - {sql: found = 1, severity: "
      "quarantine}\n",
      "SELECT *, 1 AS found, 'r' AS rows FROM plays");
  EXPECT_EQ(run().state, RunState::kSucceeded);
  EXPECT_EQ(held().size(), 2u);
}

TEST_F(QuarantineTest, ACircleByWayOfACheckIsToldOf) {
  define("      - {relationship: {column: user_id, to: by_user}, severity: quarantine}\n");
  try {
    prepare(project_.pipeline());
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.error().message, HasSubstr("steps read each other in a circle"));
  }
  define("      - relationship: {column: user_id, to: by_user}\n");
  EXPECT_NO_THROW(prepare(project_.pipeline())) << "what only tells may look into what comes later";
}

TEST_F(QuarantineTest, ValuesThatFailArePointedAtInTheStepsSql) {
  define("      - {not_null: user_id, severity: quarantine}\n", "SELECT user_id, artist::INTEGER AS n FROM plays");
  RunResult result = project_.run();
  EXPECT_EQ(result.state, RunState::kFailed);
  EXPECT_EQ(result.errors.at(0).place.line, 16u);
}

TEST_F(QuarantineTest, WhatIsMendedGoesThroughAndNothingIsDoubled) {
  define(kChecks);
  project_.write("plays.tsv", project_.read("plays.tsv") + "u1\tsoon\tCake\t1\n");
  run();
  ASSERT_EQ(held().size(), 4u);
  std::vector<HeldRow> before = held();
  EXPECT_THAT(to_replay(), ElementsAre("good_plays", "by_user")) << "what the rows concern, and what reads that";

  project_.write("users.tsv", "u1\nu2\nu9\n");
  ProjectFolder::Ask ask;
  for (int again = 0; again < 2; ++again) {  // the second time nothing is left to happen
    ask.select = to_replay();
    ASSERT_EQ(project_.run(ask).state, RunState::kSucceeded);
    ReplayCounts counts = compare_held(before, held());
    EXPECT_EQ(counts.sent, 4u);
    EXPECT_EQ(counts.left, 1u);
    EXPECT_EQ(counts.held, 3u);
    EXPECT_EQ(counts.fresh, 0u);
    EXPECT_THAT(project_.rows("by_user"), ElementsAre("u1|1", "u2|1", "u9|1"));
    EXPECT_EQ(project_.rows("good_plays").size() + held().size(), 6u) << "each row is in one of them, once";
  }
}

TEST_F(QuarantineTest, RowsThatWouldBeLostAreNotSentAgain) {
  define(kChecks);
  project_.write("plays.tsv", project_.read("plays.tsv") + "u1\tsoon\tCake\t1\n");
  run();
  std::string plays = project_.read("plays.tsv");
  std::filesystem::remove(project_.path() / "plays.tsv");
  EXPECT_THROW(to_replay(), Failure) << "its file is gone";
  project_.write("plays.tsv", plays);
  EXPECT_EQ(to_replay().size(), 2u);
  project_.write_pipeline("name: p\nsteps:\n  other: {sql: SELECT 1 AS n}\n");
  try {
    to_replay();
    FAIL();
  } catch (const Failure& failure) {
    ASSERT_EQ(failure.errors().size(), 2u);
    EXPECT_THAT(failure.errors()[0].message, HasSubstr("there is no step of that name any more"));
    EXPECT_THAT(failure.errors()[1].message, HasSubstr("no step reads a source of that name any more"));
  }
}

TEST(CompareHeldTest, EqualRowsAreCountedAsOftenAsTheyCome) {
  HeldRow row;
  row.owner = "s";
  row.text = "{}";
  HeldRow other = row;
  other.text = "{1}";
  ReplayCounts counts = compare_held({row, row, other}, {row, other, other});
  EXPECT_EQ(counts.sent, 3u);
  EXPECT_EQ(counts.left, 1u);
  EXPECT_EQ(counts.held, 2u);
  EXPECT_EQ(counts.fresh, 1u);
}

}  // namespace
}  // namespace segue::runs

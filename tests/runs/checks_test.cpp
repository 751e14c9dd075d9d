// Checks of all kinds in runs: computed natively and by DuckDB, against other steps, other tables, the last version.
#include <gmock/gmock.h>

#include "base/error.h"
#include "lake/lake.h"
#include "runs/project_folder.h"

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
  users:
    path: users.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {id: varchar, gender: varchar}
steps:
  listeners: {sql: SELECT id FROM users}
  all_plays:
    sql: SELECT * FROM plays
    checks:
)";

class ChecksInRunsTest : public testing::Test {
 protected:
  ChecksInRunsTest() {
    project_.write("plays.tsv",
                   "u1\t2009-05-04T10:00:00Z\tCake\t100\n"
                   "u1\t2009-05-04T10:20:00Z\tMuse\t200\n"
                   "u2\t2009-05-04T10:40:00Z\t\t300\n"
                   "u9\t2009-05-05T10:00:00Z\tCake\t\n");
    project_.write("users.tsv", "u1\tf\nu2\tm\nu3\t\n");
  }

  // The messages of the checks, "" for those that hold; the same from both engines.
  std::vector<std::string> messages(const std::string& checks) {
    project_.write_pipeline(kHead + checks);
    std::vector<std::string> of_engine[2];
    for (bool duckdb : {false, true}) {
      ProjectFolder::Ask ask;
      ask.duckdb = duckdb;
      last_ = project_.run(ask);
      for (const Error& error : last_.errors) of_engine[duckdb].push_back(error.message);
      for (const CheckResult& check : last_.checks) of_engine[duckdb].push_back(check.message);
    }
    EXPECT_EQ(of_engine[0], of_engine[1]);
    return of_engine[0];
  }

  ProjectFolder project_;
  RunResult last_;
};

TEST_F(ChecksInRunsTest, AllKindsHold) {
  const char* checks = R"(      - not_null: [user_id, played_at]
      - unique: [user_id, played_at]
      - accepted_values: {column: artist, values: [Cake, Muse]}
      - between: {column: played_at, min: 2009-05-04}
      - length: {column: artist, min: 4, max: 4}
      - regex: {column: user_id, pattern: "^u[0-9]$"}
      - sql: seconds > 0
      - row_count: {min: 4, max: 4}
      - freshness: {column: played_at, within: 10000 weeks}
      - sum: {column: seconds, min: 600, max: 600}
      - mean: {column: seconds, min: 200, max: 200}
      - stddev: {column: seconds, min: 100, max: 100}
      - quantile: {column: seconds, at: 0.25, min: 150, max: 150}
      - change: {rows: 0%, null_share: {artist: 0%}}
)";
  EXPECT_THAT(messages(checks), testing::Each(""));
  EXPECT_EQ(last_.checks.size(), 14u);
  EXPECT_EQ(last_.checks[9].kind, "sum");
  EXPECT_EQ(last_.checks[9].observed, "600.0");
  EXPECT_EQ(last_.checks[9].rows, 3u);
  EXPECT_EQ(last_.checks[13].observed, "rows +0.0%, NULLs of artist +0.0") << "the second run has a version before it";
  std::unique_ptr<const Prepared> prepared = prepare(project_.pipeline());
  for (const plan::StepNode& node : prepared->graph.steps) EXPECT_TRUE(node.native) << node.name << ": " << node.reason;
}

TEST_F(ChecksInRunsTest, AllKindsFail) {
  const char* checks = R"(      - not_null: [artist, seconds]
      - unique: artist
      - accepted_values: {column: artist, values: Muse}
      - between: {column: seconds, min: 150, max: 250}
      - length: {column: artist, max: 3}
      - regex: {column: user_id, pattern: "[0-3]$"}
      - sql: artist = 'Cake'
      - row_count: {min: 5}
      - freshness: {column: played_at, within: 1 day}
      - sum: {column: seconds, min: 600.5}
      - mean: {column: seconds, max: 199}
      - stddev: {column: seconds, max: 99.5}
      - quantile: {column: seconds, at: 1, max: 250}
)";
  EXPECT_THAT(messages(checks),
              ElementsAre("2 of 4 rows have NULL in (artist, seconds)", "1 value of artist comes more than once",
                          "2 of 4 rows have another value in artist", "2 of 4 rows have seconds outside 150 to 250",
                          "3 of 4 rows have a length of artist above 3", "1 of 4 rows has user_id without the pattern",
                          "1 of 4 rows breaks artist = 'Cake'", "4 rows, at least 5 expected",
                          "the newest played_at is 2009-05-05 10:00:00, more than 1 day before the run",
                          "the sum of seconds is 600.0, below 600.5", "the mean of seconds is 200.0, above 199",
                          "the standard deviation of seconds is 100.0, above 99.5",
                          "the quantile 1 of seconds is 300.0, above 250"));
  EXPECT_EQ(last_.state, RunState::kChecksFailed);
  EXPECT_THAT(last_.checks[5].samples, ElementsAre(ElementsAre("u9", "2009-05-05 10:00:00", "Cake", "NULL")));
  EXPECT_THAT(project_.tables(), IsEmpty());
}

TEST_F(ChecksInRunsTest, ARelationshipLooksIntoStepsAndSources) {
  EXPECT_THAT(messages(R"(      - relationship: {column: user_id, to: users, key: id}
      - {relationship: {column: user_id, to: listeners, key: id}, severity: warn}
)"),
              ElementsAre("1 of 4 rows has user_id that users does not have",
                          "1 of 4 rows has user_id that listeners does not have"));
  EXPECT_EQ(last_.state, RunState::kChecksFailed);
  EXPECT_THAT(last_.checks[1].sample_columns, ElementsAre("user_id", "played_at", "artist", "seconds"));
  EXPECT_THAT(last_.checks[1].samples, ElementsAre(ElementsAre("u9", "2009-05-05 10:00:00", "Cake", "NULL")));
  std::unique_ptr<const Prepared> prepared = prepare(project_.pipeline());
  for (const plan::StepNode& node : prepared->graph.steps) EXPECT_TRUE(node.native) << node.name << ": " << node.reason;
  ProjectFolder::Ask ask;
  ask.select = {"all_plays"};
  EXPECT_EQ(project_.run(ask).checks.size(), 2u) << "what a check looks into is selected too";
}

TEST_F(ChecksInRunsTest, ARelationshipLooksIntoTablesOfTheLake) {
  project_.write(
      "pipelines/q/pipeline.yaml",
      "name: q\nsteps:\n  known:\n    sql: SELECT * FROM (VALUES ('u1', 1), ('u2', 2), (NULL, 3)) t(id, n)\n");
  std::string checks = "      - relationship: {column: user_id, to: q.known, key: id}\n";
  project_.write_pipeline(kHead + checks);
  try {
    project_.run();
    FAIL() << "there is no such table yet";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().message, "there is no table `q.known` in the lake");
    EXPECT_EQ(failure.error().place.line, 16u);
  }
  EXPECT_NO_THROW(prepare(project_.pipeline())) << "the definition by itself is right";
  ProjectFolder::Ask other;
  other.pipeline = "q";
  ASSERT_EQ(project_.run(other).state, RunState::kSucceeded);
  EXPECT_THAT(messages(checks), ElementsAre("1 of 4 rows has user_id that q.known does not have"));
  EXPECT_THAT(last_.checks[0].samples.at(0).at(0), "u9");
  EXPECT_THAT(messages("      - relationship: {column: user_id, to: q.known, key: id}\n"
                       "      - relationship: {column: seconds, to: q.known, key: n}\n")
                  .size(),
              2u)
      << "the same table twice";
}

TEST_F(ChecksInRunsTest, AChangeSinceTheLastVersionStopsThePublish) {
  std::string checks = "      - change: {rows: 20%, null_share: {artist: 10%}}\n";
  EXPECT_THAT(messages(checks), ElementsAre(""));
  auto before = project_.rows("all_plays");
  project_.write("plays.tsv", "u1\t2009-05-04T10:00:00Z\t\t100\nu1\t2009-05-04T10:20:00Z\t\t200\n");
  EXPECT_THAT(
      messages(checks),
      ElementsAre("2 rows, 50.0% fewer than the 4 of version 1, and 20% is allowed; 100.0% of artist is NULL, it "
                  "was 25.0% in version 1, and a change of 10 is allowed"));
  EXPECT_EQ(last_.state, RunState::kChecksFailed);
  EXPECT_EQ(last_.checks[0].observed, "rows -50.0%, NULLs of artist +75.0");
  EXPECT_EQ(project_.rows("all_plays"), before);
}

TEST_F(ChecksInRunsTest, MistakesOfChecksAreLocated) {
  project_.write_pipeline(std::string(kHead) + R"(      - accepted_values: {column: seconds, values: [1, many]}
      - regex: {column: artist, pattern: "(["}
      - relationship: {column: user_id, to: user, key: id}
      - relationship: {column: user_id, to: users, key: user_id}
      - relationship: {column: seconds, to: users, key: id}
      - mean: {column: artist, min: 1}
      - change: {null_share: {artists: 1%}}
)");
  std::vector<std::string> found;
  try {
    prepare(project_.pipeline());
  } catch (const Failure& failure) {
    for (const Error& error : failure.errors())
      found.push_back(std::to_string(error.place.line) + ":" + std::to_string(error.place.column) + " " +
                      error.message + " | " + error.hint);
  }
  EXPECT_THAT(found,
              ElementsAre(HasSubstr("16:56 'many' is no INTEGER, which column `seconds` is"),
                          HasSubstr("17:42 this is no regular expression: "),
                          HasSubstr("18:45 there is no source or step `user` | did you mean `users`?"),
                          HasSubstr("19:57 `users` has no column `user_id` | its columns: `id`, `gender`"),
                          HasSubstr("20:57 `seconds` is INTEGER and `id` of `users` is VARCHAR, which are never equal"),
                          HasSubstr("21:24 `mean` needs numbers, and `artist` is VARCHAR"),
                          HasSubstr("22:31 step `all_plays` has no column `artists` | did you mean `artist`?")));
}

}  // namespace
}  // namespace segue::runs

#include "runs/run_store.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "runs/process.h"
#include "runs/project_folder.h"

namespace segue::runs {
namespace {

RunResult sample(const std::string& id, int64_t started_at) {
  RunResult run;
  run.id = id;
  run.pipeline = "lastfm";
  run.started_at = started_at;
  run.version = "0.1.0";
  run.host = host_name();
  run.process = getpid();
  run.engine = "native";
  run.threads = 2;
  run.params = {{"gap", "20 minutes"}, {"plays", "/data/plays.tsv"}};
  return run;
}

class RunStoreTest : public testing::Test {
 protected:
  ProjectFolder project_;
};

TEST_F(RunStoreTest, ARecordComesBackWhole) {
  RunResult run = sample("20261121-120501-4f2a9c", 1'000);
  RunStore store(project_.path());
  store.begin(run);
  EXPECT_EQ(store.find(run.id)->state, RunState::kRunning);
  run.state = RunState::kChecksFailed;
  run.ended_at = 3'000'000;
  run.rows_read = 85;
  run.bytes_read = 9000;
  run.compute_seconds = 0.5;
  run.publish_seconds = 0.25;
  run.sources = {{"plays", 3}};
  run.steps = {{"view", true, "native", "", 0, {}},
               {"top", false, "duckdb", "regexp_matches is not native", 10, 0.125}};
  run.tables = {{"lastfm.top", 4, 10, 2048, 1}};
  CheckResult check;
  check.step = "top";
  check.check = "unique(artist)";
  check.failing = 2;
  check.message = "2 values of artist come more than once";
  check.sample_columns = {"artist", "times"};
  check.samples = {{"Sigur Rós", "2"}, {"NULL", "3"}};
  check.place = {"/p/pipeline.yaml", 12, 9, 0};
  run.checks = {check};
  run.exports = {{"top", "/p/top.tsv", 10}};
  Error error;
  error.code = ErrorCode::kIo;
  error.message = "disk full";
  error.hint = "free some";
  error.place = {"/data/plays.tsv", 3, 4, 5};
  run.errors = {error};
  store.finish(run);

  RunStore again(project_.path());
  RunResult read = again.find(run.id).value();
  EXPECT_EQ(read.state, RunState::kChecksFailed);
  EXPECT_EQ(read.ended_at, run.ended_at);
  EXPECT_EQ(read.params, run.params);
  EXPECT_EQ(read.rows_read, 85u);
  EXPECT_EQ(read.sources.at(0).bad_rows, 3u);
  ASSERT_EQ(read.steps.size(), 2u);
  EXPECT_TRUE(read.steps[0].view);
  EXPECT_FALSE(read.steps[0].seconds);
  EXPECT_EQ(read.steps[1].reason, "regexp_matches is not native");
  EXPECT_EQ(read.steps[1].seconds, 0.125);
  EXPECT_EQ(read.tables.at(0).version, 4);
  EXPECT_EQ(read.tables.at(0).bytes, 2048u);
  EXPECT_EQ(read.checks.at(0).samples, check.samples);
  EXPECT_EQ(read.checks.at(0).sample_columns, check.sample_columns);
  EXPECT_EQ(read.checks.at(0).place.line, 12u);
  EXPECT_EQ(read.exports.at(0).path, "/p/top.tsv");
  EXPECT_EQ(read.errors.at(0).code, ErrorCode::kIo);
  EXPECT_EQ(read.errors.at(0).place.length, 5u);
  EXPECT_EQ(again.last_of_table("lastfm.top")->id, run.id);
  EXPECT_FALSE(again.last_of_table("lastfm.other"));
}

TEST_F(RunStoreTest, RunsAreListedNewestFirstAndFoundByTheBeginningOfTheirId) {
  RunStore store(project_.path());
  store.begin(sample("20261121-1-aaaaaa", 1));
  store.begin(sample("20261121-2-bbbbbb", 2));
  RunResult other = sample("20261121-3-cccccc", 3);
  other.pipeline = "movielens";
  store.begin(other);
  std::vector<RunResult> runs = store.list();
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].id, "20261121-3-cccccc");
  EXPECT_EQ(store.list(1).size(), 1u);
  EXPECT_EQ(store.list(20, "lastfm").size(), 2u);
  EXPECT_EQ(store.find("20261121-2")->id, "20261121-2-bbbbbb");
  EXPECT_FALSE(store.find("20261121")) << "three runs begin so";
  EXPECT_FALSE(store.find("x"));
  EXPECT_FALSE(store.find(""));
}

TEST_F(RunStoreTest, ARunWhoseProcessIsGoneIsShownAsKilled) {
  { RunStore make(project_.path()); }
  pid_t child = fork();
  if (child == 0) {
    RunStore store(project_.path());
    store.begin(sample("dead", 1));
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  RunStore store(project_.path());
  EXPECT_EQ(store.find("dead")->state, RunState::kKilled);
  store.begin(sample("alive", 2));
  RunStore another(project_.path());
  EXPECT_EQ(another.find("alive")->state, RunState::kRunning);
}

TEST_F(RunStoreTest, APublishThatWasCompletedLaterSucceeded) {
  RunStore store(project_.path());
  RunResult run = sample("dead", 1);
  run.state = RunState::kKilled;
  store.begin(run);
  lake::Recovered cleared;
  cleared.run = "dead";
  store.recovered(cleared);
  EXPECT_EQ(store.find("dead")->state, RunState::kKilled);
  lake::Recovered completed;
  completed.run = "dead";
  completed.committed = true;
  completed.tables = {{{"lastfm", "top"}, 7, 3, 100, 1}};
  store.recovered(completed);
  EXPECT_EQ(store.find("dead")->state, RunState::kSucceeded);
  EXPECT_EQ(store.find("dead")->tables.at(0).version, 7);
}

TEST_F(RunStoreTest, AnExportThatIsMissingAfterACompletionIsInTheRecord) {
  RunStore store(project_.path());
  RunResult run = sample("dead", 1);
  run.state = RunState::kUnfinished;
  run.errors = {Error(ErrorCode::kIo, "the publish was decided but could not be completed")};
  store.begin(run);
  lake::Recovered completed;
  completed.run = "dead";
  completed.committed = true;
  completed.tables = {{{"lastfm", "top"}, 7, 3, 100, 1}};
  completed.missing_exports = {{"/p/top.csv", Error(ErrorCode::kIo, "cannot create /p/top.csv")}};
  store.recovered(completed);
  completed.missing_exports.clear();
  store.recovered(completed);  // told again, after it was removed
  RunResult read = store.find("dead").value();
  EXPECT_EQ(read.state, RunState::kPublishedInPart);
  EXPECT_EQ(read.tables.size(), 1u);
  ASSERT_EQ(read.errors.size(), 1u);
  EXPECT_EQ(read.errors[0].message, "the tables are published, but an export is not: cannot create /p/top.csv");
}

TEST_F(RunStoreTest, AnUnfinishedPublishThatHadNotBeenDecidedFailed) {
  RunStore store(project_.path());
  RunResult run = sample("dead", 1);
  run.state = RunState::kUnfinished;
  store.begin(run);
  lake::Recovered cleared;
  cleared.run = "dead";
  store.recovered(cleared);
  EXPECT_EQ(store.find("dead")->state, RunState::kFailed);
}

TEST_F(RunStoreTest, AFileThatIsNoDatabaseIsAnErrorWithAHint) {
  std::filesystem::create_directories(project_.path() / ".segue");
  std::ofstream(project_.path() / ".segue" / "runs.db") << std::string(4096, 'x');
  try {
    RunStore store(project_.path());
    FAIL() << "it must not open";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kIo);
    EXPECT_NE(failure.error().hint.find("remove the file"), std::string::npos);
  }
}

}  // namespace
}  // namespace segue::runs

#include "runs/run_store.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "runs/process.h"
#include "runs/project_folder.h"
#include "runs/sqlite.h"

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
  run.steps = {{"view", true, "native", "", 0, {}, 0, "", true, ""},
               {"top", false, "duckdb", "regexp_matches is not native", 10, 0.125, 4, "3 of 7 files are new", false,
                "`plays` has changed"}};
  run.tables = {{"lastfm.top", 4, 10, 2048, 1}};
  CheckResult check;
  check.step = "top";
  check.check = "unique(artist)";
  check.kind = "unique";
  check.severity = definition::Severity::kQuarantine;
  check.failing = 2;
  check.rows = 12;
  check.observed = "7.5";
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
  EXPECT_EQ(read.steps[1].held_rows, 4u);
  EXPECT_TRUE(read.steps[0].computed);
  EXPECT_FALSE(read.steps[1].computed);
  EXPECT_EQ(read.steps[1].why, "`plays` has changed");
  EXPECT_EQ(read.tables.at(0).version, 4);
  EXPECT_EQ(read.tables.at(0).bytes, 2048u);
  EXPECT_EQ(read.checks.at(0).samples, check.samples);
  EXPECT_EQ(read.checks.at(0).kind, "unique");
  EXPECT_EQ(read.checks.at(0).severity, definition::Severity::kQuarantine);
  EXPECT_EQ(read.checks.at(0).rows, 12u);
  EXPECT_EQ(read.checks.at(0).observed, "7.5");
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

// What the first version of the run store made, with a run of each kind of record in it.
constexpr const char* kFirstVersion = R"sql(
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
    version TEXT NOT NULL, host TEXT NOT NULL, process INTEGER NOT NULL, birth TEXT NOT NULL, engine TEXT NOT NULL, threads INTEGER NOT NULL,
    rows_read INTEGER NOT NULL, bytes_read INTEGER NOT NULL, compute_seconds REAL NOT NULL, publish_seconds REAL NOT NULL) WITHOUT ROWID;
  CREATE INDEX runs_by_time ON runs (started_at);
  CREATE TABLE params (run TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
  CREATE TABLE sources (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, bad_rows INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE steps (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, view INTEGER NOT NULL, engine TEXT NOT NULL, reason TEXT NOT NULL,
    rows INTEGER NOT NULL, seconds REAL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE tables (run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    files INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE INDEX tables_by_name ON tables (name);
  CREATE TABLE checks (run TEXT NOT NULL, position INTEGER NOT NULL, step TEXT NOT NULL, name TEXT NOT NULL, warn INTEGER NOT NULL, passed INTEGER NOT NULL,
    failing INTEGER NOT NULL, message TEXT NOT NULL, samples TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, column INTEGER NOT NULL,
    PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE exports (run TEXT NOT NULL, position INTEGER NOT NULL, step TEXT NOT NULL, path TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  CREATE TABLE errors (run TEXT NOT NULL, position INTEGER NOT NULL, code INTEGER NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL, file TEXT NOT NULL,
    line INTEGER NOT NULL, column INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
  INSERT INTO runs VALUES ('20260101-1', 'lastfm', 'checks failed', 1000, 3000000, '0.1.0', 'elsewhere', 7, 'b', 'native', 2, 85, 9000, 0.5, 0.25);
  INSERT INTO params VALUES ('20260101-1', 'gap', '20 minutes');
  INSERT INTO sources VALUES ('20260101-1', 0, 'plays', 3);
  INSERT INTO steps VALUES ('20260101-1', 1, 'top', 0, 'duckdb', 'why', 10, 0.125);
  INSERT INTO tables VALUES ('20260101-1', 2, 'lastfm.top', 4, 10, 2048, 1);
  INSERT INTO checks VALUES ('20260101-1', 3, 'top', 'unique(artist)', 0, 0, 2, 'twice', '{"columns":["artist"],"rows":[["Cake"]]}', '/p.yaml', 12, 9);
  INSERT INTO checks VALUES ('20260101-1', 4, 'top', 'not_null(artist)', 1, 1, 0, '', '{"columns":[],"rows":[]}', '/p.yaml', 13, 9);
  INSERT INTO exports VALUES ('20260101-1', 5, 'top', '/top.tsv', 10);
  INSERT INTO errors VALUES ('20260101-1', 0, 4, 'disk full', 'free some', '/plays.tsv', 3, 4, 5);
  PRAGMA user_version = 1;
)sql";

TEST_F(RunStoreTest, AFileOfTheFirstVersionIsBroughtToThisOneWithAllThatItHolds) {
  std::filesystem::create_directories(project_.path() / ".segue");
  std::string path = (project_.path() / ".segue" / "runs.db").string();
  { Sqlite(path).execute(kFirstVersion); }
  for (int time = 0; time < 2; ++time) {  // the second time there is nothing to bring
    RunStore store(project_.path());
    RunResult run = store.find("20260101-1").value();
    EXPECT_EQ(run.state, RunState::kChecksFailed);
    EXPECT_EQ(run.rows_read, 85u);
    EXPECT_EQ(run.spilled_bytes, 0u);
    EXPECT_EQ(run.params.at("gap"), "20 minutes");
    EXPECT_EQ(run.sources.at(0).bad_rows, 3u);
    EXPECT_EQ(run.steps.at(0).seconds, 0.125);
    EXPECT_EQ(run.steps.at(0).held_rows, 0u);
    EXPECT_TRUE(run.steps[0].computed);
    EXPECT_EQ(run.tables.at(0).version, 4);
    ASSERT_EQ(run.checks.size(), 2u);
    EXPECT_EQ(run.checks[0].kind, "unique");
    EXPECT_EQ(run.checks[0].severity, definition::Severity::kFail);
    EXPECT_EQ(run.checks[0].failing, 2u);
    EXPECT_EQ(run.checks[0].samples.at(0).at(0), "Cake");
    EXPECT_EQ(run.checks[0].place.line, 12u);
    EXPECT_EQ(run.checks[1].severity, definition::Severity::kWarn);
    EXPECT_TRUE(run.checks[1].passed);
    EXPECT_EQ(run.exports.at(0).path, "/top.tsv");
    EXPECT_EQ(run.errors.at(0).message, "disk full");
    run.id = "20260101-2";
    store.finish(run);
    EXPECT_EQ(store.find("20260101-2")->checks.size(), 2u) << "and it takes new runs";
  }
}

TEST_F(RunStoreTest, AFileOfANewerVersionIsRefused) {
  { RunStore store(project_.path()); }
  { Sqlite((project_.path() / ".segue" / "runs.db").string()).execute("PRAGMA user_version = 99"); }
  try {
    RunStore store(project_.path());
    FAIL() << "it must not open";
  } catch (const Failure& failure) {
    EXPECT_NE(failure.error().message.find("written by a newer Segue"), std::string::npos);
  }
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

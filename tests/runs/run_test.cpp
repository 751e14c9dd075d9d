#include "runs/run.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lake/lake.h"
#include "lake/publication.h"
#include "runs/project_folder.h"
#include "runs/run_store.h"

namespace segue::runs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPlays =
    "u1\t2009-05-04T10:00:00Z\tCake\n"
    "u1\t2009-05-04T10:20:00Z\tCake\n"
    "u1\t2009-05-04T10:40:01Z\tMuse\n"
    "u2\t2009-05-04T10:00:00Z\tMuse\n";

std::string pipeline(const std::string& checks = "", const std::string& bad_rows = "fail") {
  return R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
    bad_rows: )" +
         bad_rows + R"(
steps:
  numbered:
    materialize: view
    sql: SELECT *, session_number(played_at, INTERVAL 20 MINUTES) OVER (PARTITION BY user_id ORDER BY played_at) AS session FROM plays
  sessions:
    sql: SELECT user_id, session, min(played_at) AS started_at, count(*) AS plays FROM numbered GROUP BY user_id, session
)" + checks +
         R"(
  artists:
    sql: SELECT artist, count(*) AS plays FROM plays GROUP BY artist
    export: {format: tsv, path: artists.tsv}
)";
}

std::string message(const RunResult& run) { return run.errors.empty() ? "" : run.errors[0].message; }

class RunTest : public testing::Test {
 protected:
  RunTest() {
    project_.write("plays.tsv", kPlays);
    project_.write_pipeline(pipeline());
  }
  ProjectFolder project_;
};

TEST_F(RunTest, WhatCannotBeComputedIsPointedAtWhateverEngineRuns) {
  project_.write_pipeline(
      pipeline() +
      "  numbers:\n    sql: |\n      SELECT user_id,\n        CAST(artist AS INTEGER) AS n\n      FROM "
      "plays\n");
  std::string text = project_.read("pipelines/p/pipeline.yaml");
  text.resize(text.find("CAST(artist"));
  auto line = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (bool duckdb : {false, true}) {
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult run = project_.run(ask);
    ASSERT_EQ(run.state, RunState::kFailed);
    EXPECT_THAT(run.errors[0].place.file, HasSubstr("pipeline.yaml")) << (duckdb ? "duckdb" : "native");
    EXPECT_EQ(run.errors[0].place.line, line) << run.errors[0].message;
    EXPECT_THAT(message(run), AllOf(HasSubstr("Cake"), HasSubstr("INTEGER")));
  }
}

TEST_F(RunTest, PublishesEveryTableAndKeepsARecord) {
  RunResult run = project_.run();
  ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_EQ(exit_code(run), 0);
  EXPECT_THAT(project_.rows("sessions"),
              ElementsAre("u1|1|2009-05-04 10:00:00|2", "u1|2|2009-05-04 10:40:01|1", "u2|1|2009-05-04 10:00:00|1"));
  EXPECT_THAT(project_.rows("artists"), ElementsAre("Cake|2", "Muse|2"));
  EXPECT_THAT(project_.read("artists.tsv"),
              testing::AnyOf("artist\tplays\nCake\t2\nMuse\t2\n", "artist\tplays\nMuse\t2\nCake\t2\n"));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
  EXPECT_EQ(run.rows_read, 4u);
  ASSERT_EQ(run.tables.size(), 2u);
  EXPECT_EQ(run.tables[0].table, "p.sessions");
  EXPECT_EQ(run.tables[0].version, 0);
  ASSERT_EQ(run.steps.size(), 3u);
  EXPECT_EQ(run.steps[1].rows, 3u);
  EXPECT_EQ(run.steps[1].engine, "native") << run.steps[1].reason;

  RunResult record = RunStore(project_.path()).find(run.id).value();
  EXPECT_EQ(record.state, RunState::kSucceeded);
  EXPECT_EQ(record.tables.size(), 2u);
  EXPECT_EQ(lake::Lake(project_.lake().string()).find({"p", "sessions"})->run, run.id);
}

TEST_F(RunTest, DuckdbAloneGivesTheSameTables) {
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  std::vector<std::string> native = project_.rows("sessions");
  ProjectFolder::Ask duckdb;
  duckdb.duckdb = true;
  RunResult run = project_.run(duckdb);
  ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_EQ(run.steps[1].engine, "duckdb");
  EXPECT_EQ(project_.rows("sessions"), native);
  EXPECT_EQ(lake::Lake(project_.lake().string()).find({"p", "sessions"})->version, 1);
}

TEST_F(RunTest, AFailingCheckStopsThePublishAndShowsRows) {
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  auto before = project_.tables();
  std::string exported = project_.read("artists.tsv");
  project_.write("plays.tsv", std::string(kPlays) + "u3\t2009-05-04T10:00:00Z\tMuse\n");
  project_.write_pipeline(
      pipeline("    checks:\n      - unique: user_id\n      - between: {column: plays, min: 1}\n      - {sql: session "
               "< 2, severity: warn}"));
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kChecksFailed);
  EXPECT_EQ(exit_code(run), 3);
  ASSERT_EQ(run.checks.size(), 3u);
  EXPECT_FALSE(run.checks[0].passed);
  EXPECT_EQ(run.checks[0].message, "1 value of user_id comes more than once");
  EXPECT_THAT(run.checks[0].samples, ElementsAre(ElementsAre("u1", "2")));
  EXPECT_TRUE(run.checks[1].passed);
  EXPECT_FALSE(run.checks[2].failed()) << "it only warns";
  EXPECT_EQ(run.checks[2].failing, 1u);
  EXPECT_THAT(run.checks[2].sample_columns, ElementsAre("user_id", "session", "started_at", "plays"));
  EXPECT_EQ(project_.tables(), before);
  EXPECT_EQ(project_.read("artists.tsv"), exported);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
  EXPECT_EQ(RunStore(project_.path()).find(run.id)->checks.size(), 3u);
}

TEST_F(RunTest, AWarningDoesNotStopThePublish) {
  project_.write_pipeline(pipeline("    checks:\n      - {unique: user_id, severity: warn}"));
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_FALSE(run.checks.at(0).passed);
}

TEST_F(RunTest, ABadRowEndsTheRunAndLeavesTheTables) {
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  auto before = project_.tables();
  project_.write("plays.tsv", std::string(kPlays) + "u3\tyesterday\tMuse\n");
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_EQ(exit_code(run), 1);
  ASSERT_EQ(run.errors.size(), 1u);
  EXPECT_EQ(run.errors[0].code, ErrorCode::kData);
  EXPECT_EQ(run.errors[0].place.line, 5u);
  EXPECT_EQ(project_.tables(), before);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
  EXPECT_EQ(RunStore(project_.path()).find(run.id)->errors.at(0).place.line, 5u);
}

TEST_F(RunTest, AnOverflowOfALakeTypeNamesColumnAndStep) {
  for (bool duckdb : {false, true}) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  totals: {sql: "SELECT user_id, sum(9000000000000000000) AS total FROM plays GROUP BY user_id"}
)");
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult run = project_.run(ask);
    EXPECT_EQ(run.state, RunState::kFailed);
    EXPECT_THAT(message(run), AllOf(HasSubstr("total"), HasSubstr("totals"))) << (duckdb ? "duckdb" : "native");
  }
}

TEST_F(RunTest, AValueThatCannotBeCastIsLocatedInTheSqlOfItsStep) {
  project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  numbers:
    materialize: view
    sql: |
      SELECT user_id,
             CAST(artist AS INTEGER) AS n
      FROM plays
  totals: {sql: "SELECT user_id, sum(n) AS total FROM numbers GROUP BY user_id"}
)");
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(message(run), HasSubstr("Cake"));
  EXPECT_EQ(run.errors.at(0).place.line, 12u);
  EXPECT_EQ(run.errors.at(0).place.column, 14u);
  EXPECT_THAT(run.errors.at(0).hint, HasSubstr("TRY_CAST"));
}

// More plays than 4 MiB hold.
std::string many_plays() {
  std::string plays;
  for (int i = 0; i < 200'000; ++i) plays += fmt::format("u{}\t2009-05-04T10:00:00Z\tartist {}\n", i % 1000, i);
  return plays;
}

TEST_F(RunTest, WhatDoesNotFitIntoMemoryIsKeptOnDiskMeanwhile) {
  project_.write("plays.tsv", many_plays());
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  auto before = project_.rows("artists");
  ProjectFolder::Ask ask;
  ask.memory = 4 << 20;
  ask.full = true;
  RunResult run = project_.run(ask);
  EXPECT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_GT(run.spilled_bytes, 0u);
  EXPECT_EQ(project_.rows("artists"), before);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(RunTest, ARunThatCanKeepNothingOnDiskEndsAndLeavesTheTables) {
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  auto before = project_.tables();
  project_.write("plays.tsv", many_plays());
  std::filesystem::remove_all(project_.path() / ".segue/spill");
  project_.write(".segue/spill", "a file where the folder should be");
  ProjectFolder::Ask ask;
  ask.memory = 4 << 20;
  RunResult run = project_.run(ask);
  EXPECT_EQ(run.state, RunState::kFailed);
  ASSERT_EQ(run.errors.size(), 1u);
  EXPECT_EQ(run.errors[0].code, ErrorCode::kIo);
  EXPECT_THAT(run.errors[0].message, HasSubstr("cannot keep rows that do not fit into memory"));
  EXPECT_EQ(project_.tables(), before);
  std::filesystem::remove(project_.path() / ".segue/spill");
  EXPECT_EQ(project_.run().state, RunState::kSucceeded);
}

TEST_F(RunTest, AMissingFileIsLocatedInTheDefinition) {
  std::filesystem::remove(project_.path() / "plays.tsv");
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.errors.at(0).place.file, HasSubstr("pipeline.yaml"));
  EXPECT_EQ(run.errors.at(0).place.line, 4u);
}

TEST_F(RunTest, BadRowsGoToTheQuarantineTable) {
  project_.write_pipeline(pipeline("", "quarantine"));
  RunResult run = project_.run();
  ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_THAT(project_.rows("quarantine"), IsEmpty()) << "the table is there to be asked";
  project_.write("plays.tsv", std::string(kPlays) + "u3\tyesterday\tMuse\nu4\n");
  run = project_.run();
  ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_EQ(run.sources.at(0).bad_rows, 2u);
  std::vector<std::string> rows = project_.rows("quarantine");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0], HasSubstr("plays|NULL|" + (project_.path() / "plays.tsv").string() + "|5|"));
  EXPECT_THAT(rows[0], HasSubstr("yesterday"));
  EXPECT_THAT(rows[0], testing::EndsWith("|" + run.id));
  EXPECT_EQ(project_.rows("artists").size(), 2u);
  project_.write("plays.tsv", kPlays);
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  EXPECT_THAT(project_.rows("quarantine"), IsEmpty()) << "mended rows leave it";
}

TEST_F(RunTest, ParquetFilesOfATableAreASource) {
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  std::vector<std::string> sessions = project_.rows("sessions");
  project_.write_pipeline(R"(name: p
sources:
  sessions:
    path: lake/p/sessions/*.parquet
    format: {type: parquet}
    columns: {plays: bigint, user_id: varchar, session: bigint, started_at: timestamp}
steps:
  copied: {sql: 'SELECT user_id, session, started_at, plays FROM sessions'}
)");
  for (bool duckdb : {false, true}) {
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult run = project_.run(ask);
    ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
    EXPECT_EQ(run.rows_read, 3u);
    EXPECT_EQ(project_.rows("copied"), sessions);
  }
}

TEST_F(RunTest, SelectPublishesTheStepAndWhatItReads) {
  ProjectFolder::Ask ask;
  ask.select = {"artists"};
  RunResult run = project_.run(ask);
  ASSERT_EQ(run.state, RunState::kSucceeded) << message(run);
  EXPECT_THAT(project_.rows("sessions"), ElementsAre("no table"));
  EXPECT_EQ(project_.rows("artists").size(), 2u);
}

TEST_F(RunTest, ACancelledRunIsInterruptedAndPublishesNothing) {
  Cancellation cancellation;
  cancellation.request();
  ProjectFolder::Ask ask;
  ask.cancellation = &cancellation;
  RunResult run = project_.run(ask);
  EXPECT_EQ(run.state, RunState::kInterrupted);
  EXPECT_EQ(exit_code(run), 130);
  EXPECT_THAT(project_.tables(), IsEmpty());
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(RunTest, ASecondRunAtTheSameTimeSaysWhoIsFirst) {
  lake::Lake lake(project_.lake().string());
  lake::Publication first(lake, "p", {"the-first", "Segue/test", nullptr, 1});
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_EQ(run.errors.at(0).code, ErrorCode::kConflict);
  EXPECT_THAT(message(run), HasSubstr("run the-first"));
}

TEST_F(RunTest, MistakesOfTheDefinitionLeaveNoRecord) {
  project_.write_pipeline(pipeline() + "  bad: {sql: SELECT x FROM plays}\n");
  EXPECT_THROW(project_.run(), Failure);
  EXPECT_FALSE(std::filesystem::exists(project_.path() / ".segue"));
}

// What the child process of a test does and all it does: nothing of it may run the test's own clean-up.
[[noreturn]] void exit_with(const ProjectFolder& project) {
  try {
    _exit(exit_code(project.run()));
  } catch (...) {
    _exit(1);
  }
}

// A disk that takes no more than `bytes` in one file, as a full one would, for a run in a process of its own.
int run_with_file_limit(const ProjectFolder& project, rlim_t bytes) {
  pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);  // so that write() fails instead
    rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    exit_with(project);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(RunTest, AFullDiskLeavesTheTablesAsTheyWere) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  // Large enough to meet the limits below, which the record of runs (a few pages) does not.
  project_.write_pipeline(pipeline() + "  copy: {sql: 'SELECT *, user_id || artist AS both FROM plays'}\n");
  auto plays = [](int generation) {
    std::string text;
    for (int i = 0; i < 20'000; ++i)
      text += fmt::format("u{}\t2009-05-04T10:00:00Z\t{}\n", i * 7919 % 20'011, i * 104'729 % 1'000'003 + generation);
    return text;
  };
  project_.write("plays.tsv", plays(0));
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  std::vector<std::string> before = project_.rows("copy");
  project_.write("plays.tsv", plays(1));
  size_t failed = 0;
  for (rlim_t bytes = 110'000; bytes < 2'000'000; bytes = bytes * 3 / 2) {
    int code = run_with_file_limit(project_, bytes);
    if (code == 0) break;
    EXPECT_EQ(code, 1) << bytes;
    RunResult last = RunStore(project_.path()).list(1).at(0);
    EXPECT_EQ(last.state, RunState::kFailed);
    EXPECT_EQ(last.errors.at(0).code, ErrorCode::kIo);
    EXPECT_THAT(last.errors.at(0).hint, HasSubstr("ulimit -f"));
    EXPECT_EQ(project_.rows("copy"), before) << bytes;
    EXPECT_EQ(lake::Lake(project_.lake().string()).find({"p", "artists"})->version, 0);
    EXPECT_THAT(project_.leftovers(), IsEmpty());
    ++failed;
  }
  EXPECT_GT(failed, 1u);
  EXPECT_NE(project_.rows("copy"), before) << "it succeeds where there is room";
}

}  // namespace
}  // namespace segue::runs

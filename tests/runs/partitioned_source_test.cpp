// Sources in folders that tell columns: values, pruning, and what is wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definition/load.h"
#include "runs/project_folder.h"
#include "runs/sources.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PartitionedSource : public testing::Test {
 protected:
  PartitionedSource() {
    project.write("plays/year=2018/month=11/a.tsv", "a\t1\nb\t2\n");
    project.write("plays/year=2018/month=12/b.tsv", "c\t3\n");
    project.write("plays/year=2019/month=1/c.tsv", "d\t4\n");
    project.write("plays/year=__HIVE_DEFAULT_PARTITION__/month=2/d.tsv", "e\t5\n");
    project.write("plays/year=2018/_SUCCESS", "no rows");
    project.write("plays/.hidden/year=1/month=1/x.tsv", "no rows");
  }
  void write_steps(const std::string& steps, const std::string& partitions = "{year: integer, month: tinyint}",
                   const std::string& path = "plays") {
    project.write_pipeline("name: p\nsources:\n  plays:\n    path: " + path +
                           "\n    format: {type: delimited, delimiter: \"\\t\", quote: none}\n"
                           "    columns: {name: varchar, n: integer}\n    partitions: " +
                           partitions + "\n    bad_rows: quarantine\nsteps:\n" + steps);
  }
  // The bytes that a run read of the files.
  uint64_t bytes_read(bool duckdb = false) {
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult run = project.run(ask);
    EXPECT_EQ(run.state, RunState::kSucceeded) << (run.errors.empty() ? "" : run.errors[0].message);
    return run.bytes_read;
  }
  Error error() {
    RunResult run = project.run();
    EXPECT_EQ(run.state, RunState::kFailed);
    return run.errors.empty() ? Error{} : run.errors[0];
  }
  ProjectFolder project;
};

TEST_F(PartitionedSource, FoldersTellColumns) {
  write_steps(
      "  every: {sql: SELECT * FROM plays}\n  counts: {sql: \"SELECT year, count(*) AS n FROM plays GROUP BY "
      "year\"}\n");
  for (bool duckdb : {false, true}) {
    bytes_read(duckdb);
    EXPECT_THAT(project.rows("every"),
                ElementsAre("a|1|2018|11", "b|2|2018|11", "c|3|2018|12", "d|4|2019|1", "e|5|NULL|2"));
    EXPECT_THAT(project.rows("counts"), ElementsAre("2018|3", "2019|1", "NULL|1"));
  }
}

TEST_F(PartitionedSource, FoldersThatNoStepNeedsAreNotRead) {
  write_steps("  s: {sql: SELECT name FROM plays WHERE year = 2018 AND n > 1}\n");
  EXPECT_EQ(bytes_read(), 12u);  // three of five rows
  EXPECT_THAT(project.rows("s"), ElementsAre("b", "c"));
  // Another step needs others.
  write_steps(
      "  s: {sql: SELECT name FROM plays WHERE year = 2018}\n  t: {sql: SELECT name FROM plays WHERE year > 2018}\n");
  EXPECT_EQ(bytes_read(), 16u);
  // One that asks nothing of the folders needs all.
  write_steps("  s: {sql: SELECT name FROM plays WHERE year = 2018}\n  t: {sql: SELECT name FROM plays WHERE n = 5}\n");
  EXPECT_EQ(bytes_read(), 20u);
  EXPECT_THAT(project.rows("t"), ElementsAre("e"));
}

TEST_F(PartitionedSource, EveryFormOfConditionPrunes) {
  for (const char* condition : {"year = 2018 AND month = 12", "month BETWEEN 12 AND 13", "month IN (12)",
                                "year + month = 2030", "CAST(month AS VARCHAR) LIKE '%2' AND year IS NOT NULL"}) {
    write_steps(std::string("  s: {sql: \"SELECT name FROM plays WHERE ") + condition + "\"}\n");
    EXPECT_EQ(bytes_read(), 4u) << condition;
    EXPECT_THAT(project.rows("s"), ElementsAre("c")) << condition;
  }
  write_steps("  s: {sql: SELECT name FROM plays WHERE year IS NULL}\n");
  EXPECT_EQ(bytes_read(), 4u);
  EXPECT_THAT(project.rows("s"), ElementsAre("e"));
  write_steps("  s: {sql: SELECT name FROM plays WHERE year = 1900}\n");
  EXPECT_EQ(bytes_read(), 0u);
  EXPECT_TRUE(project.rows("s").empty());
}

TEST_F(PartitionedSource, ViewsPassConditionsOn) {
  write_steps(
      "  v: {materialize: view, sql: \"SELECT name, year FROM plays\"}\n"
      "  s: {sql: SELECT name FROM v WHERE year = 2019}\n");
  EXPECT_EQ(bytes_read(), 4u);
  EXPECT_THAT(project.rows("s"), ElementsAre("d"));
}

TEST_F(PartitionedSource, WhatIsReadDoesNotDependOnWhatIsSelectedNorOnTheEngine) {
  write_steps(
      "  s: {sql: SELECT name FROM plays WHERE year = 2018}\n  t: {sql: SELECT name FROM plays WHERE year = 2019}\n");
  ProjectFolder::Ask ask;
  ask.select = {"s"};
  EXPECT_EQ(project.run(ask).bytes_read, 16u);
  EXPECT_EQ(bytes_read(true), 16u);
}

TEST_F(PartitionedSource, BadRowsOfFoldersThatAreNotReadAreNotFound) {
  project.write("plays/year=2018/month=11/a.tsv", "a\t1\nbad\tx\n");
  write_steps("  s: {sql: \"SELECT name, n FROM plays WHERE year = 2018\"}\n");
  bytes_read();
  EXPECT_EQ(project.rows("quarantine").size(), 1u);
  write_steps("  s: {sql: \"SELECT name, n FROM plays WHERE year = 2019\"}\n");
  bytes_read();
  EXPECT_TRUE(project.rows("quarantine").empty());
}

TEST_F(PartitionedSource, AValueThatDoesNotFitIsLocated) {
  project.write("plays/year=2018/month=300/z.tsv", "z\t9\n");
  write_steps("  s: {sql: SELECT * FROM plays}\n");
  Error found = error();
  EXPECT_THAT(found.message, HasSubstr("the folder month=300 above"));
  EXPECT_THAT(found.place.file, HasSubstr("month=300/z.tsv"));
  EXPECT_EQ(found.code, ErrorCode::kData);
}

TEST_F(PartitionedSource, AFileOutsideOfTheFoldersIsLocated) {
  project.write("plays/stray.tsv", "z\t9\n");
  write_steps("  s: {sql: SELECT * FROM plays}\n");
  Error found = error();
  EXPECT_THAT(found.message, HasSubstr("no folder year=… stands above"));
  EXPECT_THAT(found.place.file, HasSubstr("plays/stray.tsv"));
}

TEST_F(PartitionedSource, TextsAreDecodedAndTypesAreMany) {
  project.write("events/at=2018-11-01T10%3A00%3A00Z/kind=a%2Fb%20c/price=1.50/day=2018-11-01/x.tsv", "x\t1\n");
  write_steps("  s: {sql: SELECT * FROM plays}\n", "{at: timestamp, kind: varchar, price: \"decimal(5,2)\", day: date}",
              "events/**/*.tsv");
  bytes_read();
  EXPECT_THAT(project.rows("s"), ElementsAre("x|1|2018-11-01 10:00:00|a/b c|1.50|2018-11-01"));
}

TEST_F(PartitionedSource, ColumnsOfOtherFormatsAreToldToo) {
  project.write("log/day=2018-11-01/a.json", "{\"n\": 1}\n{\"n\": 2}\n");
  project.write("log/day=2018-11-02/b.json", "{\"n\": 3}\n");
  project.write_pipeline(R"(name: p
sources:
  log: {path: log, format: {type: json_lines}, columns: {n: integer}, partitions: {day: date}}
steps:
  s: {sql: "SELECT day, sum(n) AS n FROM log GROUP BY day"}
  newest: {sql: SELECT max(day) AS day FROM log}
)");
  bytes_read();
  EXPECT_THAT(project.rows("s"), ElementsAre("2018-11-01|3", "2018-11-02|3"));
  EXPECT_THAT(project.rows("newest"), ElementsAre("2018-11-02"));
}

}  // namespace
}  // namespace segue::runs

// Published tables of other pipelines as sources.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "definition/load.h"
#include "runs/prepare.h"
#include "runs/project_folder.h"
#include "runs/table_columns.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TableSource : public testing::Test {
 protected:
  TableSource() {
    project.write("plays.tsv", "a\t1\t2018\nb\t2\t2018\nc\t\t2019\n");
    project.write("pipelines/other/pipeline.yaml", R"(name: other
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none}
    columns: {name: varchar, n: integer, year: integer}
steps:
  listeners: {sql: "SELECT name, n, n IS NULL AS silent, TIMESTAMP '2018-11-01 10:00:00' AS at, [n, 7] AS list FROM plays"}
  by_year: {sql: "SELECT name, year, n FROM plays", partition_by: year}
  seen: {materialize: view, sql: SELECT name FROM plays}
)");
  }
  void write_steps(const std::string& source, const std::string& steps) {
    project.write_pipeline("name: p\nsources:\n  t: {" + source + "}\nsteps:\n" + steps);
  }
  RunResult run(const std::string& pipeline = "p", bool duckdb = false) {
    ProjectFolder::Ask ask;
    ask.pipeline = pipeline;
    ask.duckdb = duckdb;
    return project.run(ask);
  }
  RunResult succeed(const std::string& pipeline = "p", bool duckdb = false) {
    RunResult result = run(pipeline, duckdb);
    EXPECT_EQ(result.state, RunState::kSucceeded) << (result.errors.empty() ? "" : result.errors[0].message);
    return result;
  }
  Error mistake() {
    try {
      RunResult result = run();
      ADD_FAILURE() << "no mistake";
    } catch (const Failure& failure) {
      return failure.error();
    }
    return {};
  }
  // What `segue check` proves.
  std::vector<Error> check() {
    definition::Project loaded = definition::load_project(project.path());
    PrepareOptions options;
    options.find_columns = columns_by_definition(loaded);
    try {
      prepare(definition::load_pipeline(loaded, "p"), options);
    } catch (const Failure& failure) {
      return failure.errors();
    }
    return {};
  }
  ProjectFolder project;
};

TEST_F(TableSource, TheNewestVersionIsRead) {
  succeed("other");
  write_steps("table: other.listeners", "  s: {sql: SELECT * FROM t}\n");
  for (bool duckdb : {false, true}) {
    succeed("p", duckdb);
    EXPECT_THAT(project.rows("s"),
                ElementsAre("a|1|false|2018-11-01 10:00:00|[1, 7]", "b|2|false|2018-11-01 10:00:00|[2, 7]",
                            "c|NULL|true|2018-11-01 10:00:00|[NULL, 7]"));
  }
  project.write("plays.tsv", "z\t9\t2020\n");
  succeed("other");
  succeed();
  EXPECT_THAT(project.rows("s"), ElementsAre("z|9|false|2018-11-01 10:00:00|[9, 7]"));
}

TEST_F(TableSource, AVersionIsReadWhateverIsNewest) {
  succeed("other");
  project.write("plays.tsv", "z\t9\t2020\n");
  succeed("other");
  write_steps("table: other.listeners, version: 0", "  s: {sql: SELECT name FROM t}\n");
  succeed();
  EXPECT_THAT(project.rows("s"), ElementsAre("a", "b", "c"));
  write_steps("table: other.listeners, version: 1", "  s: {sql: SELECT name FROM t}\n");
  succeed();
  EXPECT_THAT(project.rows("s"), ElementsAre("z"));
  write_steps("table: other.listeners, version: 7", "  s: {sql: SELECT name FROM t}\n");
  Error error = mistake();
  EXPECT_EQ(error.message, "there is no version 7 of the table `other.listeners`");
  EXPECT_EQ(error.place.line, 3u);
}

TEST_F(TableSource, PartitionsAreToldByTheLogAndPruneFiles) {
  succeed("other");
  write_steps("table: other.by_year", "  s: {sql: SELECT * FROM t}\n");
  uint64_t all = succeed().bytes_read;
  EXPECT_THAT(project.rows("s"), ElementsAre("a|2018|1", "b|2018|2", "c|2019|NULL"));
  write_steps("table: other.by_year", "  s: {sql: SELECT * FROM t WHERE year = 2019}\n");
  uint64_t some = succeed().bytes_read;
  EXPECT_THAT(project.rows("s"), ElementsAre("c|2019|NULL"));
  EXPECT_LT(some, all);
}

TEST_F(TableSource, OneThatWasNeverPublishedIsAMistake) {
  write_steps("table: other.listeners", "  s: {sql: SELECT * FROM t}\n");
  Error error = mistake();
  EXPECT_EQ(error.code, ErrorCode::kDefinition);
  EXPECT_EQ(error.message, "the table `other.listeners` was never published");
  EXPECT_THAT(error.hint, HasSubstr("segue run other"));
  EXPECT_EQ(error.place.line, 3u);
  EXPECT_EQ(error.place.column, 14u);
}

TEST_F(TableSource, ChecksKnowItsColumnsFromTheDefinition) {
  write_steps("table: other.listeners", "  s: {sql: \"SELECT name, n + 1 AS m FROM t\"}\n");
  EXPECT_TRUE(check().empty());
  EXPECT_FALSE(std::filesystem::exists(project.lake()));
  write_steps("table: other.listeners", "  s: {sql: SELECT nme FROM t}\n");
  ASSERT_EQ(check().size(), 1u);
  EXPECT_THAT(check()[0].message, HasSubstr("nme"));
}

TEST_F(TableSource, WhatNoPipelineMakesIsAMistake) {
  for (const char* table : {"other.nothing", "nobody.listeners", "other.seen"}) {
    write_steps(std::string("table: ") + table, "  s: {sql: SELECT * FROM t}\n");
    std::vector<Error> errors = check();
    ASSERT_EQ(errors.size(), 1u) << table;  // and none of the step that reads it
    EXPECT_EQ(errors[0].message, std::string("nothing is known of the table `") + table + "`");
  }
  write_steps("table: p.s", "  s: {sql: SELECT 1 AS n}\n  u: {sql: SELECT * FROM t}\n");
  ASSERT_EQ(check().size(), 1u);
  EXPECT_THAT(check()[0].message, HasSubstr("is a table of this pipeline itself"));
}

TEST_F(TableSource, PipelinesThatReadEachOtherEnd) {
  project.write("pipelines/other/pipeline.yaml",
                "name: other\nsources:\n  t: {table: p.s}\nsteps:\n  listeners: {sql: SELECT * FROM t}\n");
  write_steps("table: other.listeners", "  s: {sql: SELECT * FROM t}\n");
  EXPECT_EQ(check().size(), 1u);
}

TEST_F(TableSource, FilesThatAreGoneAreNamed) {
  succeed("other");
  for (const auto& file : std::filesystem::directory_iterator(project.lake() / "other" / "listeners"))
    if (file.path().extension() == ".parquet") std::filesystem::remove(file.path());
  write_steps("table: other.listeners", "  s: {sql: SELECT * FROM t}\n");
  RunResult result = run();
  EXPECT_EQ(result.state, RunState::kFailed);
  EXPECT_THAT(result.errors.at(0).message, HasSubstr("no such file"));
}

TEST_F(TableSource, FilesAndATableDoNotGoTogether) {
  write_steps("table: other.listeners, path: plays.tsv, format: {type: parquet}, columns: {n: integer}",
              "  s: {sql: SELECT 1 AS n}\n");
  EXPECT_THAT([&] { project.pipeline(); }, testing::Throws<Failure>());
}

}  // namespace
}  // namespace segue::runs

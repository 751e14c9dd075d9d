// Steps whose columns are not those of their tables: refused before anything is written, or as the definition says.
#include "runs/schema_changes.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "columns/value.h"
#include "lake/maintenance.h"
#include "runs/lake_tables.h"
#include "runs/project_folder.h"
#include "runs/run_store.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SchemaChangesTest : public testing::Test {
 protected:
  SchemaChangesTest() { file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\t100\n"); }
  // A step `t` that selects this, with more keys.
  void step(const std::string& columns, const std::string& keys) {
    project_.write_pipeline(fmt::format(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {{type: delimited, delimiter: "\t", quote: none, header: false}}
    columns: {{user_id: varchar, played_at: timestamp, artist: varchar, seconds: integer}}
    bad_rows: quarantine
steps:
  t: {{sql: "SELECT {} FROM plays", {}}}
)",
                                        columns, keys));
  }
  void file(const std::string& name, const std::string& rows) { project_.write("plays/" + name, rows); }

  std::string run() {
    RunResult result = project_.run();
    EXPECT_EQ(result.state, RunState::kSucceeded) << (result.errors.empty() ? "" : result.errors[0].message);
    return result.steps.empty() ? "" : result.steps[0].files;
  }
  Error refused() {
    try {
      project_.run();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kDefinition);
      EXPECT_THAT(failure.errors(), SizeIs(1));
      return failure.error();
    }
    ADD_FAILURE() << "it ran";
    return {};
  }
  lake::TableState table(std::optional<int64_t> version = {}) { return lake_.find({"p", "t"}, version).value(); }
  std::vector<std::string> columns(std::optional<int64_t> version = {}) {
    std::vector<std::string> names;
    for (const Field& field : table(version).fields) names.push_back(field.name + " " + to_string(field.type));
    return names;
  }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
};

TEST_F(SchemaChangesTest, AppendedTablesKeepTheirColumns) {
  step("user_id, artist, seconds", "write: append");
  run();
  size_t records = RunStore(project_.path()).list(10).size();
  step("user_id, played_at, seconds::BIGINT AS seconds", "write: append");
  Error error = refused();
  EXPECT_EQ(error.message,
            "step `t` would change the columns of its table p.t: `played_at` (TIMESTAMP) is new, `seconds` becomes "
            "BIGINT (it is INTEGER), `artist` is gone");
  EXPECT_EQ(error.hint,
            "`schema: {changes: any}` makes all rows anew with the columns that the step has, of the files that there "
            "are");
  EXPECT_EQ(error.place.line, 9u);
  EXPECT_EQ(table().version, 0);
  EXPECT_EQ(RunStore(project_.path()).list(10).size(), records) << "nothing has begun";
  step("user_id, artist, seconds, played_at", "write: append");
  EXPECT_THAT(refused().hint, HasSubstr("`schema: {changes: add}` keeps the rows that are there, with NULL in new"));
  // Another order is no other table, but another definition.
  step("artist, seconds, user_id", "write: append");
  EXPECT_EQ(run(), "all 1 file: the definition has changed");
}

TEST_F(SchemaChangesTest, AnyMakesAllRowsAnew) {
  step("user_id, artist", "write: append");
  run();
  step("user_id, played_at", "write: append, schema: {changes: any}");
  EXPECT_EQ(run(), "all 1 file: the definition has changed");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|2018-05-04 10:00:00"));
}

TEST_F(SchemaChangesTest, ReplacedTablesMayChangeUnlessTheyMustNot) {
  step("user_id, artist", "write: replace");
  run();
  step("user_id, seconds", "write: replace");
  run();
  EXPECT_THAT(columns(), ElementsAre("user_id VARCHAR", "seconds INTEGER"));
  EXPECT_THAT(columns(0), ElementsAre("user_id VARCHAR", "artist VARCHAR"));
  step("user_id, seconds, artist", "schema: {changes: refuse}");
  Error error = refused();
  EXPECT_THAT(error.message, HasSubstr("`artist` (VARCHAR) is new"));
  EXPECT_THAT(error.hint, HasSubstr("`schema: {changes: add}` lets columns come"));
  EXPECT_EQ(error.place.column, 58u);
  step("user_id, seconds::BIGINT AS seconds, artist", "schema: {changes: add}");
  run();
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|100|Cake"));
  step("user_id", "schema: {changes: add}");
  EXPECT_THAT(refused().message, HasSubstr("`seconds` is gone, `artist` is gone"));
  step("user_id, seconds::INTEGER AS seconds, artist", "schema: {changes: add}");
  EXPECT_THAT(refused().message, HasSubstr("`seconds` becomes INTEGER (it is BIGINT)"));
}

TEST_F(SchemaChangesTest, OldRowsHaveNullInNewColumns) {
  step("user_id, artist", "write: append");
  run();
  std::string old = table().files.at(0).path;
  step("seconds, user_id, artist", "write: append, schema: {changes: add}");
  EXPECT_EQ(run(), "no new files; columns: `seconds` (INTEGER) is new");
  EXPECT_THAT(columns(), ElementsAre("seconds INTEGER", "user_id VARCHAR", "artist VARCHAR"));
  EXPECT_THAT(project_.rows("t"), ElementsAre("NULL|u1|Cake"));
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t200\n");
  EXPECT_EQ(run(), "1 of 2 files is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("200|u2|Korn", "NULL|u1|Cake"));
  EXPECT_EQ(table().files.at(0).path, old) << "nothing of it was written again";
  EXPECT_THAT(columns(0), ElementsAre("user_id VARCHAR", "artist VARCHAR")) << "a version keeps its columns";
  EXPECT_EQ(run(), "no new files");
  // A changed file gets the new columns, too, and the others keep their NULL.
  file("3.tsv", "u3\t2018-05-05T10:00:00Z\tAbba\t300\n");
  run();
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t250\n");
  EXPECT_EQ(run(), "1 of 3 files has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("250|u2|Korn", "300|u3|Abba", "NULL|u1|Cake"));
}

TEST_F(SchemaChangesTest, FilesThatAreGoneStandInNobodysWay) {
  step("user_id", "write: append");
  run();
  std::filesystem::remove(project_.path() / "plays/1.tsv");
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t200\n");
  step("user_id, artist", "write: append, schema: {changes: add}");
  EXPECT_EQ(run(), "1 of 1 file is new; columns: `artist` (VARCHAR) is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|NULL", "u2|Korn"));
}

TEST_F(SchemaChangesTest, WiderNumbersAreWrittenAgain) {
  step("user_id, seconds, artist", "write: append, partition_by: artist");
  file("2.tsv", "u2\t2018-05-04T10:00:00Z\tKorn\t200\n");
  run();
  step("user_id, seconds::BIGINT * 10000000000 AS seconds, artist, played_at",
       "write: append, partition_by: artist, schema: {changes: add}");
  file("3.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\t300\n");
  EXPECT_EQ(run(),
            "1 of 3 files is new; columns: `played_at` (TIMESTAMP) is new, `seconds` becomes BIGINT (it is "
            "INTEGER)");
  EXPECT_THAT(project_.rows("t"),
              ElementsAre("u1|100|Cake|NULL", "u2|200|Korn|NULL", "u3|3000000000000|Korn|2018-05-05 10:00:00"));
  EXPECT_THAT(columns(0), ElementsAre("user_id VARCHAR", "seconds INTEGER", "artist VARCHAR"));
  // They tell still which file they are from.
  file("2.tsv", "u2\t2018-05-04T10:00:00Z\tKorn\t1\n");
  EXPECT_EQ(run(), "1 of 3 files has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|100|Cake|NULL", "u2|10000000000|Korn|2018-05-04 10:00:00",
                                              "u3|3000000000000|Korn|2018-05-05 10:00:00"));
}

TEST_F(SchemaChangesTest, MergedRowsGetTheirNewColumnsAsTheyCome) {
  step("user_id, played_at", "write: {merge: user_id, latest_by: played_at}");
  file("2.tsv", "u2\t2018-05-04T10:00:00Z\tKorn\t200\n");
  run();
  step("user_id, played_at, seconds::BIGINT AS seconds",
       "write: {merge: user_id, latest_by: played_at}, schema: {changes: add}");
  file("3.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t300\n");
  EXPECT_EQ(run(), "1 of 3 files is new; columns: `seconds` (BIGINT) is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|2018-05-04 10:00:00|NULL", "u2|2018-05-05 10:00:00|300"));
  // Other keys are another table.
  step("user_id, played_at, seconds::BIGINT AS seconds, artist",
       "write: {merge: artist, latest_by: played_at}, schema: {changes: add}");
  EXPECT_EQ(run(), "all 3 files: the definition has changed");
}

TEST_F(SchemaChangesTest, CombinedRowsAreMadeAnew) {
  project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar, seconds: integer}
steps:
  t: {sql: "SELECT artist, count(*) AS n FROM plays GROUP BY artist", write: {merge: artist}}
)");
  run();
  project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar, seconds: integer}
steps:
  t: {sql: "SELECT artist, count(*) AS n, sum(seconds) AS seconds FROM plays GROUP BY artist", write: {merge: artist},
      schema: {changes: add}}
)");
  EXPECT_EQ(run(), "all 1 file: the definition has changed") << "a sum of new rows alone would be wrong";
  EXPECT_THAT(project_.rows("t"), ElementsAre("Cake|1|100"));
}

TEST_F(SchemaChangesTest, ChecksExportsAndStepsSeeNullInOldRows) {
  const char* kSteps = R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {{type: delimited, delimiter: "\t", quote: none, header: false}}
    columns: {{user_id: varchar, played_at: timestamp, artist: varchar, seconds: integer}}
    bad_rows: quarantine
steps:
  t:
    sql: SELECT {} FROM plays
    write: append
    schema: {{changes: add}}
    checks:
      - accepted_values: {{column: artist, values: [Cake, Korn]}}
        severity: quarantine
      - row_count: {{max: 3}}
    export: {{format: csv, path: t.csv}}
  filled: {{sql: SELECT count(*) AS n FROM t{}}}
)";
  project_.write_pipeline(fmt::format(fmt::runtime(kSteps), "user_id, artist", ""));
  run();
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t200\nu3\t2018-05-05T10:00:00Z\tMuse\t200\n");
  project_.write_pipeline(fmt::format(fmt::runtime(kSteps), "user_id, artist, seconds", " WHERE seconds > 0"));
  run();
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake|NULL", "u2|Korn|200"));
  EXPECT_EQ(project_.read("t.csv"), "user_id,artist,seconds\nu1,Cake,\nu2,Korn,200\n");
  EXPECT_THAT(project_.rows("filled"), ElementsAre("1"));
  EXPECT_THAT(project_.rows("quarantine"), SizeIs(1));
}

// Another pipeline reads the table natively, and passes over files and row groups by what their statistics say.
TEST_F(SchemaChangesTest, NativeReadersPassOverNoOldRow) {
  step("user_id, artist", "write: append, partition_by: artist");
  run();
  step("user_id, artist, seconds", "write: append, partition_by: artist, schema: {changes: add}");
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tCake\t200\nu3\t2018-05-05T10:00:00Z\tKorn\t300\n");
  run();
  project_.write("pipelines/q/pipeline.yaml", R"(name: q
sources:
  t: {table: p.t}
steps:
  old: {sql: "SELECT user_id, seconds FROM t WHERE seconds IS NULL"}
  known: {sql: "SELECT user_id FROM t WHERE seconds >= 200 AND artist = 'Cake'"}
  sums: {sql: "SELECT count(*) AS n, count(seconds) AS known, sum(coalesce(seconds, 1)) AS total FROM t"}
)");
  ProjectFolder::Ask ask;
  ask.pipeline = "q";
  ASSERT_EQ(project_.run(ask).state, RunState::kSucceeded);
  auto row = [&](const std::string& name) {
    Relation rows = read_lake_table(lake_.find({"q", name}).value(), 1, Cancellation());
    std::string text;
    for (const segue::Batch& batch : rows.batches)
      for (size_t i = 0; i < batch.rows; ++i)
        for (const Column& column : batch.columns) text += to_string(value_at(column, i)) + "|";
    return text;
  };
  EXPECT_EQ(row("old"), "u1|NULL|");
  EXPECT_EQ(row("known"), "u2|");
  EXPECT_EQ(row("sums"), "3|2|501|");
}

TEST_F(SchemaChangesTest, ARollbackBringsTheOldColumnsBack) {
  step("user_id", "write: append");
  run();
  step("user_id, artist", "write: append, schema: {changes: add}");
  file("2.tsv", "u2\t2018-05-05T10:00:00Z\tKorn\t200\n");
  run();
  lake::rollback(lake_, {"p", "t"}, 0, {});
  EXPECT_THAT(columns(), ElementsAre("user_id VARCHAR"));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1"));
  EXPECT_EQ(run(), "1 of 2 files is new; columns: `artist` (VARCHAR) is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|NULL", "u2|Korn"));
}

TEST(SchemaChangeTest, WhatIsWiderAndWhatIsAnother) {
  auto change = [](const Type& before, const Type& now) { return compare_columns({{"c", before}}, {{"c", now}}); };
  EXPECT_FALSE(change(TypeId::kBigint, TypeId::kBigint).any());
  EXPECT_THAT(change(TypeId::kTinyint, TypeId::kSmallint).widened, ElementsAre("c"));
  EXPECT_THAT(change(TypeId::kTinyint, TypeId::kBigint).widened, ElementsAre("c"));
  EXPECT_THAT(change(TypeId::kBigint, TypeId::kInteger).retyped, ElementsAre("c"));
  EXPECT_THAT(change(TypeId::kInteger, TypeId::kDouble).retyped, ElementsAre("c"));
  EXPECT_THAT(change(TypeId::kDate, TypeId::kTimestamp).retyped, ElementsAre("c"));
  EXPECT_THAT(change(Type::decimal(9, 2), Type::decimal(18, 2)).retyped, ElementsAre("c"));
  EXPECT_THAT(change(Type::list(TypeId::kInteger), Type::list(TypeId::kBigint)).retyped, ElementsAre("c"));
  SchemaChange renamed = compare_columns({{"User", TypeId::kVarchar}}, {{"user", TypeId::kVarchar}});
  EXPECT_THAT(renamed.added, ElementsAre("user")) << "readers of Delta tables tell letters' case apart";
  EXPECT_THAT(renamed.removed, ElementsAre("User"));
  EXPECT_FALSE(renamed.only_adds());
}

}  // namespace
}  // namespace segue::runs

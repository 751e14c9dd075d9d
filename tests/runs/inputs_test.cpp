// Steps that replace their tables: which are computed again and which are not, and what is said of them.
#include <chrono>
#include <filesystem>

#include <gmock/gmock.h>

#include "columns/column.h"
#include "lake/lake.h"
#include "lake/maintenance.h"
#include "lake/rewrite.h"
#include "runs/project_folder.h"
#include "runs/run.h"
#include "runs/run_store.h"

namespace segue::runs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

class InputsTest : public testing::TestWithParam<bool> {
 protected:
  InputsTest() {
    file("plays/a.tsv", "u1\tCake\nu2\tMuse\n");
    file("artists.tsv", "Cake\tUS\nMuse\tGB\n");
  }

  static std::string pipeline(const std::string& steps, const std::string& more = "") {
    return "name: p\n" + more + R"yaml(sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, artist: varchar}
  artists:
    path: artists.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {artist: varchar, country: varchar}
steps:
)yaml" + steps;
  }
  void write(const std::string& steps, const std::string& more = "") { project_.write_pipeline(pipeline(steps, more)); }
  void file(const std::string& name, const std::string& rows) { project_.write(name, rows); }

  RunResult run(bool full = false) {
    ProjectFolder::Ask ask;
    ask.full = full;
    ask.duckdb = GetParam();
    RunResult result = project_.run(ask);
    std::string errors;
    for (const Error& error : result.errors) errors += error.message + "; ";
    EXPECT_EQ(result.state, RunState::kSucceeded) << errors;
    return result;
  }
  // Of each table that was computed, why.
  std::map<std::string, std::string> computed(bool full = false) {
    std::map<std::string, std::string> why;
    RunResult result = run(full);
    for (const StepResult& step : result.steps)
      if (!step.view && step.computed) why[step.name] = step.why;
    return why;
  }
  int64_t version(const std::string& step) { return lake::Lake(project_.lake().string()).find({"p", step})->version; }

  ProjectFolder project_;
};

TEST_P(InputsTest, WithoutAChangeNothingIsComputed) {
  write(R"yaml(  known: {materialize: view, sql: "SELECT * FROM plays WHERE user_id IS NOT NULL"}
  songs: {sql: "SELECT artist, count(*) AS plays FROM known GROUP BY artist", checks: [{unique: artist}], export: {format: csv, path: songs.csv}}
  countries: {sql: "SELECT country, sum(plays) AS plays FROM songs JOIN artists USING (artist) GROUP BY country", partition_by: country}
)yaml");
  EXPECT_THAT(computed(),
              ElementsAre(Pair("countries", "there is no table yet"), Pair("songs", "there is no table yet")));
  auto before = project_.tables();
  RunResult again = run();
  EXPECT_EQ(again.rows_read, 0u);
  EXPECT_THAT(again.tables, IsEmpty());
  EXPECT_THAT(again.checks, IsEmpty()) << "they held of these rows";
  RunResult kept = RunStore(project_.path()).find(again.id).value();
  for (const StepResult& step : kept.steps) {
    EXPECT_EQ(step.computed, step.view) << step.name;
    EXPECT_EQ(step.why, "");
    EXPECT_EQ(step.rows, step.view ? 0u : 2u) << "those of the table that stays";
  }
  EXPECT_EQ(project_.tables(), before);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
  EXPECT_THAT(computed(true), ElementsAre(Pair("countries", "asked for"), Pair("songs", "asked for")));
  EXPECT_EQ(version("songs"), 1);
  EXPECT_THAT(computed(), IsEmpty());
}

TEST_P(InputsTest, OnlyWhatAChangedFileReachesIsComputed) {
  write(R"yaml(  users: {materialize: view, sql: SELECT DISTINCT user_id FROM plays}
  listeners: {sql: SELECT count(*) AS n FROM users}
  origins: {sql: SELECT DISTINCT country FROM artists}
  local: {sql: "SELECT user_id, country FROM plays JOIN artists USING (artist)"}
)yaml");
  run();
  file("artists.tsv", "Cake\tUS\nMuse\tFR\n");
  std::string artists = "`artists` has changed: " + (project_.path() / "artists.tsv").string();
  EXPECT_THAT(computed(), ElementsAre(Pair("local", artists), Pair("origins", artists)));
  EXPECT_THAT(project_.rows("local"), ElementsAre("u1|US", "u2|FR"));
  EXPECT_EQ(version("listeners"), 0);
  file("plays/b.tsv", "u3\tCake\n");
  std::string plays = "`plays` has changed: " + (project_.path() / "plays/b.tsv").string();
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", plays), Pair("local", plays)));
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("3"));
  std::filesystem::remove(project_.path() / "plays/b.tsv");
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", plays + " is gone"), Pair("local", plays + " is gone")));
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("2"));
}

TEST_P(InputsTest, AFileIsKnownByItsContent) {
  write("  listeners: {sql: SELECT count(*) AS n FROM plays}\n");
  run();
  auto later = std::filesystem::file_time_type::clock::now() + std::chrono::hours(1);
  std::filesystem::last_write_time(project_.path() / "plays/a.tsv", later);
  EXPECT_THAT(computed(), IsEmpty()) << "it was touched";
  std::filesystem::rename(project_.path() / "plays/a.tsv", project_.path() / "plays/c.tsv");
  EXPECT_THAT(computed(), IsEmpty()) << "it has another name";
  file("plays/c.tsv", "u1\tCake\nu2\tMusa\n");
  EXPECT_EQ(computed().size(), 1u) << "its size is the same, what is in it is not";
}

TEST_P(InputsTest, ADefinitionThatChangesComputesWhatItReaches) {
  std::string steps = R"yaml(  big: {materialize: view, sql: SELECT * FROM plays WHERE length(artist) > $least}
  listeners: {sql: SELECT count(*) AS n FROM big}
  origins: {sql: "SELECT DISTINCT country FROM artists"}
)yaml";
  std::string param = "params: {least: {type: integer, default: 2}}\n";
  write(steps, param);
  run();
  EXPECT_THAT(computed(), IsEmpty());
  write(steps, "params: {least: {type: integer, default: 5}}\n");
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", "the parameter `least` has changed")));
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("0"));
  auto change = [&](const std::string& from, const std::string& to) {
    steps.replace(steps.find(from), from.size(), to);
    write(steps, "params: {least: {type: integer, default: 5}}\n");
    return computed();
  };
  EXPECT_THAT(change("length(artist) > $least", "length(artist) >= $least"),
              ElementsAre(Pair("listeners", "the definition of `big` has changed")));
  EXPECT_THAT(change("AS n FROM big}", "AS n FROM big, checks: [{not_null: n}]}"),
              ElementsAre(Pair("listeners", "what its table has to be has changed")));
  EXPECT_THAT(change("country FROM artists\"}", "country, length(country) AS l FROM artists\", partition_by: l}"),
              ElementsAre(Pair("origins", "the definition of `origins` has changed")));
  EXPECT_THAT(change(", partition_by: l}", "}"), ElementsAre(Pair("origins", "what its table has to be has changed")));
}

TEST_P(InputsTest, AnotherEngineOrAnotherVersionOfTheProgramComputes) {
  write("  listeners: {sql: SELECT count(*) AS n FROM plays}\n");
  run();
  ProjectFolder::Ask other;
  other.duckdb = !GetParam();
  EXPECT_EQ(project_.run(other).steps.at(0).why, "the engine that was asked for has changed");
  other.version = "later";
  EXPECT_EQ(project_.run(other).steps.at(0).why, "the version of Segue has changed");
  EXPECT_FALSE(project_.run(other).steps.at(0).computed);
}

TEST_P(InputsTest, WhatAVersionWasMadeOfBelongsToIt) {
  write("  listeners: {sql: SELECT count(*) AS n FROM plays}\n");
  run();
  file("plays/b.tsv", "u3\tCake\n");
  run();
  lake::Lake lake(project_.lake().string());
  lake::rollback(lake, {"p", "listeners"}, 0, {});
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("2"));
  EXPECT_EQ(computed().size(), 1u) << "the table is of the first file alone";
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("3"));
  std::filesystem::remove(project_.path() / "plays/b.tsv");
  lake::rollback(lake, {"p", "listeners"}, 0, {});
  EXPECT_THAT(computed(), IsEmpty()) << "and so are the sources again";
}

TEST_P(InputsTest, ATableThatSomebodyElseChangedIsComputed) {
  write("  listeners: {sql: SELECT user_id FROM plays}\n");
  run();
  lake::Lake lake(project_.lake().string());
  {
    lake::Rewrite rewrite(lake, {"p", "listeners"}, {});
    Relation none{rewrite.table().fields, {}};
    rewrite.replace({rewrite.table().files.at(0).path}, none, "DELETE", 1);
  }
  EXPECT_THAT(project_.rows("listeners"), IsEmpty());
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", "its table was changed since")));
  EXPECT_THAT(project_.rows("listeners"), ElementsAre("u1", "u2"));
}

TEST_P(InputsTest, WhatAsksForTheTimeOrForChanceIsAlwaysComputed) {
  write(R"yaml(  dated: {sql: "SELECT user_id, now()::TIMESTAMP AS at FROM plays"}
  view_of_today: {materialize: view, sql: "SELECT user_id FROM plays WHERE current_date > DATE '2000-01-01'"}
  of_today: {sql: SELECT count(*) AS n FROM view_of_today}
  drawn: {sql: "SELECT user_id FROM plays ORDER BY random() LIMIT 1"}
  fresh: {sql: "SELECT max(TIMESTAMP '2100-01-01') AS at FROM plays", checks: [{freshness: {column: at, within: 1 day}}]}
  plain: {sql: SELECT count(*) AS n FROM plays}
  checked: {sql: SELECT 1 AS n FROM plays, checks: [{sql: now() > TIMESTAMP '2000-01-01'}]}
)yaml");
  run();
  EXPECT_THAT(computed(), ElementsAre(Pair("checked", AllOf(HasSubstr("()"), EndsWith("is another at each run"))),
                                      Pair("dated", "now() of `dated` is another at each run"),
                                      Pair("drawn", "random() of `drawn` is another at each run"),
                                      Pair("fresh", "its check `freshness` asks for the time"),
                                      Pair("of_today", EndsWith("of `view_of_today` is another at each run"))));
}

TEST_P(InputsTest, AnExportThatIsGoneIsWrittenAgain) {
  write("  listeners: {sql: SELECT count(*) AS n FROM plays, export: {format: csv, path: n.csv}}\n");
  run();
  EXPECT_THAT(computed(), IsEmpty());
  std::filesystem::remove(project_.path() / "n.csv");
  EXPECT_THAT(computed(),
              ElementsAre(Pair("listeners", AllOf(StartsWith("its export "), EndsWith("n.csv is not there")))));
  EXPECT_EQ(project_.read("n.csv"), "n\n2\n");
}

TEST_P(InputsTest, WithoutARecordTheStepIsComputed) {
  write("  listeners: {sql: SELECT count(*) AS n FROM plays}\n");
  run();
  std::filesystem::path records = project_.lake() / "p/listeners/_segue/batches";
  for (const auto& record : std::filesystem::directory_iterator(records))
    project_.write(std::filesystem::relative(record.path(), project_.path()).string(), "{\"replaces\":tr");
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", "what its table was made of is not known")));
  EXPECT_THAT(computed(), IsEmpty());
  std::filesystem::remove_all(records);
  EXPECT_THAT(computed(), ElementsAre(Pair("listeners", "what its table was made of is not known")));
}

TEST_P(InputsTest, WhatReadsATableThatGrowsFollowsIt) {
  write(
      R"yaml(  per_artist: {sql: "SELECT artist, count(*) AS plays FROM plays GROUP BY artist", write: {merge: [artist]}}
  top: {sql: "SELECT artist FROM per_artist ORDER BY plays DESC, artist LIMIT 1"}
)yaml");
  if (GetParam()) return;  // DuckDB's steps cannot grow
  EXPECT_THAT(computed(), ElementsAre(Pair("per_artist", ""), Pair("top", "there is no table yet")));
  EXPECT_THAT(computed(), IsEmpty());
  file("plays/b.tsv", "u3\tMuse\n");
  EXPECT_THAT(computed(), ElementsAre(Pair("per_artist", ""), Pair("top", "`per_artist` has changed")));
  EXPECT_THAT(project_.rows("top"), ElementsAre("Muse"));
  EXPECT_THAT(computed(), IsEmpty());
}

TEST_P(InputsTest, TablesOfOtherPipelinesAreKnownByTheirVersions) {
  write("  listeners: {sql: SELECT DISTINCT user_id FROM plays}\n");
  project_.write("pipelines/q/pipeline.yaml", R"yaml(name: q
sources: {t: {table: p.listeners}}
steps:
  counted: {sql: SELECT count(*) AS n FROM t}
  one: {sql: "SELECT 'u1' AS u", checks: [{relationship: {column: u, to: p.listeners, key: user_id}}]}
)yaml");
  ProjectFolder::Ask other;
  other.pipeline = "q";
  other.duckdb = GetParam();
  run();
  auto states = [&] {
    RunResult result = project_.run(other);
    EXPECT_EQ(result.state, RunState::kSucceeded) << (result.errors.empty() ? "" : result.errors[0].message);
    std::vector<std::string> why;
    for (const StepResult& step : result.steps) why.push_back(step.computed ? step.why : "unchanged");
    return why;
  };
  states();
  run();
  EXPECT_THAT(states(), ElementsAre("unchanged", "unchanged"));
  file("plays/b.tsv", "u3\tMuse\n");
  run();
  EXPECT_THAT(states(), ElementsAre("`p.listeners` has changed", "`p.listeners` has changed"));
}

TEST_P(InputsTest, RowsThatWereHeldBackStayWhereTheyAre) {
  write(
      R"yaml(  known: {sql: SELECT user_id FROM plays, checks: [{accepted_values: {column: user_id, values: [u1]}, severity: quarantine}]}
  origins: {sql: SELECT DISTINCT country FROM artists}
)yaml");
  run();
  std::vector<std::string> held = project_.rows("quarantine");
  EXPECT_EQ(held.size(), 1u);
  EXPECT_THAT(computed(), IsEmpty());
  file("artists.tsv", "Cake\tUS\n");
  EXPECT_EQ(computed().size(), 1u);
  EXPECT_EQ(project_.rows("quarantine"), held);
}

INSTANTIATE_TEST_SUITE_P(Engines, InputsTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "duckdb" : "native"; });

}  // namespace
}  // namespace segue::runs

// What the columns of tables are made of, and that each version keeps it.
#include "runs/lineage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "lake/lake.h"
#include "lake/maintenance.h"
#include "runs/project_folder.h"
#include "runs/run.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LineageTest : public testing::Test {
 protected:
  void write(const std::string& steps) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar, tags: varchar}
  artists:
    path: artists.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {artist: varchar, country: varchar}
steps:
)" + steps);
  }
  static std::string text(const std::vector<plan::ColumnOrigin>& origins) {
    std::vector<std::string> names;
    for (const plan::ColumnOrigin& each : origins) names.push_back(each.table + "." + each.column);
    return fmt::format("{}", fmt::join(names, " "));
  }
  // Of step s: "column: origins" for each column, then "rows: origins".
  std::vector<std::string> lineage(const std::string& steps) {
    write(steps);
    std::vector<std::string> lines;
    auto prepared = prepare(project_.pipeline());
    for (const PreparedStep& step : prepared->steps) {
      if (step.step->name != "s") continue;
      for (size_t i = 0; i < step.lineage.columns.size(); ++i)
        lines.push_back(step.fields[i].name + ": " + text(step.lineage.columns[i]));
      lines.push_back(step.lineage.unknown.empty() ? "rows: " + text(step.lineage.rows) : step.lineage.unknown);
    }
    return lines;
  }

  ProjectFolder project_;
};

TEST_F(LineageTest, FollowsValuesThroughExpressionsJoinsAndGroups) {
  EXPECT_THAT(
      lineage(
          "  s: {sql: \"SELECT user_id AS who, upper(artist) || tags AS both, 1 AS one FROM plays WHERE played_at > "
          "TIMESTAMP '2018-01-01'\"}\n"),
      ElementsAre("who: plays.user_id", "both: plays.artist plays.tags", "one: ", "rows: plays.played_at"));
  EXPECT_THAT(lineage("  s: {sql: 'SELECT country, count(*) AS n, max(played_at) AS last, count(DISTINCT user_id) "
                      "FILTER (WHERE tags "
                      "IS NULL) AS users FROM plays JOIN artists USING (artist) GROUP BY country'}\n"),
              ElementsAre("country: artists.country", "n: ", "last: plays.played_at", "users: plays.tags plays.user_id",
                          "rows: artists.artist artists.country plays.artist"));
  EXPECT_THAT(
      lineage(
          "  s: {sql: 'SELECT user_id, row_number() OVER (PARTITION BY artist ORDER BY played_at) AS n FROM plays'}\n"),
      ElementsAre("user_id: plays.user_id", "n: plays.artist plays.played_at", "rows: "));
  EXPECT_THAT(lineage("  s: {sql: 'SELECT artist FROM plays UNION ALL SELECT country FROM artists'}\n"),
              ElementsAre("artist: artists.country plays.artist", "rows: "));
  EXPECT_THAT(lineage("  s: {sql: 'SELECT artist FROM plays ORDER BY played_at LIMIT 3'}\n"),
              ElementsAre("artist: plays.artist", "rows: plays.played_at"));
  EXPECT_THAT(lineage("  s: {sql: 'SELECT artist FROM plays WHERE artist IN (SELECT artist FROM artists WHERE country "
                      "= $$US$$)'}\n"),
              ElementsAre("artist: plays.artist", HasSubstr("artists.artist")));
  EXPECT_THAT(lineage("  s: {sql: \"SELECT unnest(string_split(tags, ' ')) AS tag FROM plays\"}\n"),
              ElementsAre("tag: plays.tags", "rows: plays.tags"));
}

TEST_F(LineageTest, StopsAtTablesAndLooksThroughViews) {
  std::vector<std::string> of_view = lineage(R"yaml(
  known: {materialize: view, sql: "SELECT user_id AS who, artist FROM plays WHERE tags = 'a'"}
  users: {sql: "SELECT who, count(*) AS n FROM known GROUP BY who"}
  s: {sql: "SELECT who, n, artist FROM users JOIN known USING (who)"}
)yaml");
  EXPECT_THAT(of_view, ElementsAre("who: users.who", "n: users.n", "artist: plays.artist",
                                   "rows: plays.tags plays.user_id users.who"));
  std::vector<std::string> of_kept = lineage(R"yaml(
  held: {sql: "SELECT user_id, artist FROM plays", checks: [{not_null: artist, severity: quarantine}]}
  s: {sql: "SELECT DISTINCT user_id FROM held"}
)yaml");
  EXPECT_THAT(of_kept, ElementsAre("user_id: held.user_id", "rows: held.user_id"));
}

TEST_F(LineageTest, SqlThatCannotBeFollowedSaysWhy) {
  EXPECT_THAT(
      lineage("  s: {sql: 'SELECT user_id, artist, count(*) AS n FROM plays GROUP BY CUBE (user_id, artist)'}\n"),
      ElementsAre("what the SQL of `s` does with rows is not known"));
}

TEST_F(LineageTest, AVersionKeepsItsOwn) {
  project_.write("plays.tsv", "u1\t2018-11-01T10:00:00Z\tCake\ta\n");
  project_.write("artists.tsv", "Cake\tUS\n");
  auto kept = [&] {
    lake::Lake lake(project_.lake().string());
    std::optional<std::string> record = lake.batch_record(lake.find({"p", "s"}).value());
    return parse_lineage(record.value()).value();
  };
  write("  s: {sql: SELECT artist FROM plays}\n");
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  write(
      "  t: {sql: 'SELECT country, count(*) AS n FROM artists GROUP BY country'}\n  s: {sql: SELECT country AS artist "
      "FROM t}\n");
  ProjectFolder::Ask duckdb;
  duckdb.duckdb = true;
  ASSERT_EQ(project_.run(duckdb).state, RunState::kSucceeded);
  TableLineage now = kept();
  ASSERT_EQ(now.columns.size(), 1u);
  EXPECT_EQ(now.columns[0].name, "artist");
  EXPECT_EQ(now.columns[0].made_of.at(0).name, "p.t");
  EXPECT_TRUE(now.columns[0].made_of[0].table);
  EXPECT_EQ(now.columns[0].made_of[0].column, "country");
  EXPECT_EQ(now.reads.at(0).name, "p.t");
  lake::Lake lake(project_.lake().string());
  lake::rollback(lake, {"p", "s"}, 0, {});
  TableLineage before = kept();
  EXPECT_EQ(before.columns.at(0).made_of.at(0).name, "plays");
  EXPECT_FALSE(before.columns[0].made_of[0].table);
  EXPECT_FALSE(parse_lineage("{\"format\":1}").has_value()) << "of an older version of the program";
  EXPECT_FALSE(parse_lineage("{\"lineage\":{\"reads\":3").has_value());
}

TEST_F(LineageTest, ATableThatGrowsHasOneToo) {
  project_.write("plays.tsv", "u1\t2018-11-01T10:00:00Z\tCake\ta\n");
  write("  s: {sql: 'SELECT artist, count(*) AS n FROM plays GROUP BY artist', write: {merge: [artist]}}\n");
  ASSERT_EQ(project_.run().state, RunState::kSucceeded);
  lake::Lake lake(project_.lake().string());
  std::optional<TableLineage> lineage = parse_lineage(lake.batch_record(lake.find({"p", "s"}).value()).value());
  ASSERT_TRUE(lineage.has_value());
  EXPECT_EQ(lineage->columns.at(0).made_of.at(0).column, "artist");
  EXPECT_THAT(lineage->columns.at(1).made_of, IsEmpty());
}

}  // namespace
}  // namespace segue::runs

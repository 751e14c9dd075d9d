// The lastfm_insights pipeline and its report: on the real plays, beside what DuckDB counts in the file itself.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

// The data within a page.
json data_of(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  size_t at = page.find(begin);
  EXPECT_NE(at, std::string::npos);
  at += begin.size();
  return json::parse(page.substr(at, page.find("</script>", at) - at));
}

class Insights : public testing::Test {
 protected:
  Insights() {
    fs::copy(repository() / "pipelines/lastfm_insights", project.folder() / "pipelines/lastfm_insights",
             fs::copy_options::recursive);
  }
  json rows(const std::string& sql) {
    std::vector<std::string> arguments = {"sql", sql, "--output", "json"};
    arguments.insert(arguments.end(), params.begin(), params.end());
    Outcome outcome = project.segue(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }
  std::string page(const std::string& pipeline) {
    Outcome outcome = project.segue({"export", "html", pipeline, "--out", "report.html"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return project.read("report.html");
  }
  Project project;
  std::vector<std::string> params;  // of the pipelines, for rows()
};

TEST_F(Insights, RealPlays) {
  fs::path data = shared_data();
  if (data.empty()) GTEST_SKIP() << "the plays are not here: they lie in ../shared/data, or where SEGUE_DATA points";
  params = {"--param", "plays=" + (data / "lastfm/plays.tsv").string(), "--param", "header=true"};
  std::vector<std::string> arguments = {"run", "lastfm_insights"};
  arguments.insert(arguments.end(), params.begin(), params.end());
  ASSERT_EQ(project.segue(arguments).code, 0);
  const std::string plays = "lastfm_insights.plays";
  EXPECT_EQ(rows("SELECT sum(plays)::BIGINT AS n FROM lastfm_insights.plays_per_hour"), json::parse(R"([{"n": 85}])"));
  EXPECT_EQ(rows("FROM lastfm_insights.plays_per_hour ORDER BY ALL"),
            rows("SELECT isodow(played_at) AS weekday, hour(played_at) AS hour, count(*) AS plays FROM " + plays +
                 " GROUP BY ALL ORDER BY ALL"));
  EXPECT_EQ(
      rows("SELECT user_id, plays, artists, songs, first_play, last_play FROM lastfm_insights.listeners"),
      rows("SELECT user_id, count(*) AS plays, count(DISTINCT artist) AS artists, count(DISTINCT (artist, track)) "
           "AS songs, min(played_at) AS first_play, max(played_at) AS last_play FROM " +
           plays + " GROUP BY user_id ORDER BY plays DESC, user_id"));
  // Sessions by SQL alone: a play that comes more than 20 minutes after the one before begins one.
  EXPECT_EQ(
      rows("FROM lastfm_insights.session_lengths ORDER BY minutes"),
      rows("WITH gaps AS (SELECT *, played_at - lag(played_at) OVER u > INTERVAL 20 MINUTES AS late FROM " + plays +
           " WINDOW u AS (PARTITION BY user_id ORDER BY played_at)), numbered AS (SELECT *, count(*) FILTER (late) "
           "OVER (PARTITION BY user_id ORDER BY played_at) AS session FROM gaps), sessions AS (SELECT "
           "epoch(max(played_at)) - epoch(min(played_at)) AS seconds, count(*) AS plays FROM numbered GROUP BY "
           "user_id, session) SELECT least(floor(seconds / 600) * 10, 300)::INTEGER AS minutes, count(*) AS "
           "sessions, sum(plays)::BIGINT AS plays FROM sessions GROUP BY minutes ORDER BY minutes"));
  EXPECT_EQ(rows("SELECT nulls, different FROM lastfm_insights.columns_of_plays WHERE name = 'artist'"),
            rows("SELECT count(*) - count(artist) AS nulls, count(DISTINCT artist) AS different FROM " + plays));
  EXPECT_EQ(rows("SELECT nulls, different FROM lastfm_insights.columns_of_plays WHERE name = 'track_id'"),
            rows("SELECT count(*) - count(track_id) AS nulls, count(DISTINCT track_id) AS different FROM " + plays));

  json report = data_of(page("lastfm_insights"));
  EXPECT_EQ(report["pipeline"], "lastfm_insights");
  EXPECT_EQ(report["sources"], json({"plays"}));
  EXPECT_EQ(report["steps"].size(), 7);
  EXPECT_EQ(report["run"]["state"], "succeeded");
  EXPECT_EQ(report["run"]["rows_read"], 85);
  ASSERT_EQ(report["tables"].size(), 5);
  const json& hours = report["tables"][0];
  EXPECT_EQ(hours["step"], "plays_per_hour");
  EXPECT_EQ(hours["chart"]["type"], "line");
  json points = json::array();
  for (const json& row : rows("FROM lastfm_insights.plays_per_hour ORDER BY hour, weekday"))
    points.push_back({std::to_string(row["hour"].get<int>()), row["plays"].get<double>(),
                      std::to_string(row["weekday"].get<int>())});
  EXPECT_EQ(hours["chart"]["points"], points);
  EXPECT_EQ(report["tables"][3]["step"], "listeners");
  EXPECT_EQ(report["tables"][3]["sample"][0]["user_id"], "user_000001");
}

TEST_F(Insights, MadePlaysOfBothEnginesAreTheSame) {
  Outcome made = project.segue({"generate", "lastfm", "--rows", "20000", "--users", "50", "--force"});
  ASSERT_EQ(made.code, 0) << made.err;
  const std::vector<std::string> tables = {"plays_per_hour", "plays_per_month", "session_lengths", "listeners",
                                           "columns_of_plays"};
  json run = json::parse(project.segue({"run", "lastfm_insights", "--json"}).out);
  for (const json& step : run["steps"]) EXPECT_EQ(step["engine"], "native") << step;
  std::vector<json> native;
  for (const auto& table : tables) native.push_back(rows("FROM lastfm_insights." + table));
  EXPECT_EQ(native[3].size(), 50);
  ASSERT_EQ(project.segue({"run", "lastfm_insights", "--engine", "duckdb", "--quiet"}).code, 0);
  for (size_t i = 0; i < tables.size(); ++i) {
    if (tables[i] == "columns_of_plays") continue;  // in no order
    EXPECT_EQ(rows("FROM lastfm_insights." + tables[i]), native[i]) << tables[i];
  }
  EXPECT_EQ(rows("FROM lastfm_insights.columns_of_plays ORDER BY ALL").size(), 6);
}

TEST_F(Insights, AReportNeedsNothingElseAndNoValueBreaksIt) {
  project.write("names.tsv", "</script><script>alert(1)</script>\t1\n<!-- \t2\n/*DATA*/ \"quoted\"\t3\n");
  project.write("pipelines/names/pipeline.yaml", R"(name: names
sources:
  names:
    path: names.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {name: varchar, number: bigint}
steps:
  listed: {sql: "SELECT name, number FROM names", chart: {type: bar, x: name, y: number}}
)");
  Outcome early = project.segue({"export", "html", "names"});
  EXPECT_EQ(early.code, 2);
  EXPECT_THAT(early.err, HasSubstr("names has published no table yet"));
  ASSERT_EQ(project.segue({"run", "names", "--quiet"}).code, 0);
  std::string text = page("names");
  json report = data_of(text);
  ASSERT_EQ(report["tables"].size(), 1);
  EXPECT_EQ(report["tables"][0]["chart"]["points"].size(), 3);
  std::vector<std::string> names;
  for (const json& row : report["tables"][0]["sample"]) names.push_back(row["name"]);
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("</script><script>alert(1)</script>", "<!-- ", "/*DATA*/ \"quoted\""));
  // Three scripts, and none of them from elsewhere.
  size_t scripts = 0;
  for (size_t at = 0; (at = text.find("<script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 3);
  for (const char* reference : {" src=", " href=", "@import", "url("})
    EXPECT_EQ(text.find(reference), std::string::npos);
  EXPECT_THAT(text, HasSubstr("Chart.js v"));  // and its licence

  Outcome outcome = project.segue({"export", "html", "names", "--out", "missing/report.html"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot write missing/report.html: No such file or directory"));
  EXPECT_EQ(json::parse(project.segue({"export", "html", "names", "--json"}).out)["tables"], 1);
  EXPECT_TRUE(fs::exists(project.folder() / "names.html"));
}

}  // namespace
}  // namespace segue::cli

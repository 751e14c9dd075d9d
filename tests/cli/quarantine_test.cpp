// What was held back, what was checked, what was run: as commands and SQL tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class QuarantineCommandTest : public testing::Test {
 protected:
  // The rows of a query, as JSON has them.
  json rows(const std::string& sql) const {
    Outcome outcome = project_.segue({"sql", sql, "--output", "json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }

  Project project_;
};

TEST_F(QuarantineCommandTest, ListsRowsWithTheirReasons) {
  Outcome outcome = project_.segue({"quarantine", "lastfm"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "nothing of lastfm is in quarantine\n");
  ASSERT_EQ(project_.segue({"run", "lastfm", "--quiet"}).code, 0);
  outcome = project_.segue({"quarantine", "lastfm"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("played_at: '…' is not a TIMESTAMP"));
  EXPECT_THAT(outcome.out, HasSubstr("plays.tsv:13"));
  EXPECT_THAT(outcome.err, HasSubstr("segue quarantine lastfm --replay"));
  json listed = json::parse(project_.segue({"quarantine", "lastfm", "--json", "--rows", "1"}).out);
  EXPECT_EQ(listed["rows"], 2);
  EXPECT_EQ(listed["reasons"].size(), 2u);
  ASSERT_EQ(listed["samples"].size(), 1u);
  EXPECT_EQ(listed["samples"][0]["source"], "plays");
  EXPECT_EQ(listed["samples"][0]["line"], 13);
  EXPECT_EQ(project_.segue({"quarantine", "lastfn"}).code, 2);
}

TEST_F(QuarantineCommandTest, ReplaySendsMendedRowsThrough) {
  EXPECT_EQ(project_.segue({"quarantine", "lastfm", "--replay"}).code, 0) << "nothing to do";
  ASSERT_EQ(project_.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string plays = project_.read("data/plays.tsv");
  size_t at = plays.find("yesterday");
  project_.write("data/plays.tsv", plays.substr(0, at) + "2009-01-01T00:01:00Z" + plays.substr(at + 9));
  Outcome outcome = project_.segue({"quarantine", "lastfm", "--replay"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 rows sent through again: 1 left the quarantine, 1 held back again"));
  EXPECT_EQ(rows("SELECT plays FROM lastfm.sessions WHERE user_id = 'user_000003'")[0]["plays"], 2);
  json again = json::parse(project_.segue({"quarantine", "lastfm", "--replay", "--json"}).out);
  EXPECT_EQ(again["sent"], 1);
  EXPECT_EQ(again["left"], 0);
  EXPECT_EQ(again["held"], 1);
  EXPECT_EQ(again["run"]["state"], "succeeded");
  EXPECT_EQ(rows("SELECT plays FROM lastfm.sessions WHERE user_id = 'user_000003'")[0]["plays"], 2);
}

TEST_F(QuarantineCommandTest, ReplayLosesNothing) {
  ASSERT_EQ(project_.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string before = project_.segue({"tables", "--json"}).out;
  project_.write("data/other.tsv", "");
  Outcome outcome = project_.segue({"quarantine", "lastfm", "--replay", "--param", "plays=data/other.tsv"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("which is not read any more"));
  EXPECT_EQ(project_.segue({"tables", "--json"}).out, before);
}

TEST_F(QuarantineCommandTest, RecordsAreTablesOfSql) {
  json none = rows("SELECT count(*) AS n FROM segue.runs");
  EXPECT_EQ(none[0]["n"], 0);
  ASSERT_EQ(project_.segue({"run", "lastfm", "--quiet"}).code, 0);
  json run = rows("FROM segue.runs");
  ASSERT_EQ(run.size(), 1u);
  EXPECT_EQ(run[0]["state"], "succeeded");
  EXPECT_EQ(run[0]["pipeline"], "lastfm");
  json checks = rows("SELECT * FROM segue.check_results WHERE step = 'songs_per_user' ORDER BY name");
  ASSERT_EQ(checks.size(), 3u) << "those that hold, too";
  EXPECT_EQ(checks[0]["name"], "between(songs: at least 1)");
  EXPECT_EQ(checks[0]["kind"], "between");
  EXPECT_EQ(checks[0]["severity"], "fail");
  EXPECT_EQ(checks[0]["passed"], true);
  EXPECT_EQ(checks[0]["rows"], 3);
  EXPECT_EQ(checks[0]["run"], run[0]["run"]);
  json held = rows("SELECT pipeline, source, line, text, run FROM segue.quarantine ORDER BY line");
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0]["pipeline"], "lastfm");
  EXPECT_EQ(held[0]["line"], 13);
  EXPECT_THAT(held[0]["text"].get<std::string>(), HasSubstr("yesterday"));
  EXPECT_EQ(held[0]["run"], run[0]["run"]);
  EXPECT_EQ(rows("SELECT rows FROM segue.steps WHERE step = 'songs_per_user'")[0]["rows"], 3);
  EXPECT_EQ(rows("SELECT version FROM segue.published WHERE name = 'lastfm.sessions'")[0]["version"], 0);
  EXPECT_EQ(rows("SELECT value FROM segue.params WHERE name = 'gap'")[0]["value"], "20 minutes");
  EXPECT_EQ(rows("SELECT count(*) AS n FROM segue.errors")[0]["n"], 0);
}

TEST_F(QuarantineCommandTest, ARunShowsAllItsChecks) {
  project_.write("pipelines/p/pipeline.yaml", R"(name: p
steps:
  s:
    sql: SELECT range AS n FROM range(10)
    checks:
      - mean: {column: n, min: 3, max: 4}
      - {between: {column: n, max: 7}, severity: quarantine}
      - {sum: {column: n, max: 1}, severity: warn}
)");
  Outcome outcome = project_.segue({"run", "p"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 rows of s held back in quarantine"));
  EXPECT_THAT(outcome.err, HasSubstr("warning: s: between(n: at most 7) does not hold: 2 of 10 rows have n above 7"));
  EXPECT_THAT(outcome.err, HasSubstr("next: segue quarantine p"));
  std::string id = json::parse(project_.segue({"runs", "--json"}).out)["runs"][0]["id"];
  outcome = project_.segue({"runs", "show", id});
  EXPECT_THAT(outcome.out, HasSubstr("mean(n: 3 to 4)"));
  EXPECT_THAT(outcome.out, HasSubstr("held back"));
  EXPECT_THAT(outcome.out, HasSubstr("the sum of n is 28.0, above 1"));
  json shown = json::parse(project_.segue({"runs", "show", id, "--json"}).out);
  EXPECT_EQ(shown["checks"][0]["kind"], "mean");
  EXPECT_EQ(shown["checks"][1]["severity"], "quarantine");
  EXPECT_EQ(shown["checks"][1]["failing"], 2);
  EXPECT_EQ(shown["steps"][0]["held_rows"], 2);
  json held = rows("SELECT step, reason, text FROM p.quarantine ORDER BY text");
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[1]["text"], "{\"n\":9}");
  EXPECT_EQ(held[1]["step"], "s");
}

}  // namespace
}  // namespace segue::cli

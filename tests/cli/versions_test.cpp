// Versions of tables at the command line: read, listed, brought back, removed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/golden.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;

class Versions : public testing::Test {
 protected:
  // Three versions: the songs of all plays, of none, and of all again.
  void SetUp() override {
    project_.write("data/none.tsv", "");
    run({});
    run({"--param", "plays=data/none.tsv"});
    run({});
  }
  void run(std::vector<std::string> options) {
    std::vector<std::string> arguments{"run", "lastfm", "--quiet", "--select", "sessions"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    Outcome outcome = project_.segue(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  std::string count(const std::string& table) {
    Outcome outcome = project_.segue({"sql", "SELECT count(*) FROM " + table, "--output", "csv", "--no-header"});
    return outcome.out + outcome.err;
  }

  Project project_;
};

TEST_F(Versions, AreQueriedByNumberAndTime) {
  EXPECT_EQ(count("lastfm.sessions"), "6\n");
  EXPECT_EQ(count("lastfm.sessions AT (VERSION => 1)"), "0\n");
  EXPECT_EQ(count("lastfm.sessions AT (TIMESTAMP => now())"), "6\n");
  EXPECT_EQ(count("sessions AT (VERSION => 1)").substr(0, 6), "error:") << "tables are named in full";
  Transcript session(project_);
  for (const char* clause : {"VERSION => 7", "VERSION => 'x'", "TIMESTAMP => '1999-01-01'"}) {
    std::string sql = std::string("FROM lastfm.sessions AT (") + clause + ")";
    session.run("sql \"" + sql + "\"", {"sql", sql});
  }
  session.run("sql \"FROM lastfm.sesions AT (VERSION => 1)\"", {"sql", "FROM lastfm.sesions AT (VERSION => 1)"});
  session.run("show sessions --at 1");
  session.run("show sessions --at \"1999-01-01 10:00\"", {"show", "sessions", "--at", "1999-01-01 10:00"});
  session.run("show sessions --at soon");
  expect_golden("versions", session.text());
}

TEST_F(Versions, AreBroughtBackAndRemoved) {
  Transcript session(project_);
  session.run("rollback sessions --to 1");
  EXPECT_EQ(count("lastfm.sessions"), "0\n");
  session.run("show sessions --history");
  session.run("vacuum");
  session.run("vacuum lastfm --keep \"0 days\" --dry-run", {"vacuum", "lastfm", "--keep", "0 days", "--dry-run"});
  EXPECT_EQ(count("lastfm.sessions AT (VERSION => 0)"), "6\n");
  session.run("vacuum lastfm.sessions --keep \"0 days\"", {"vacuum", "lastfm.sessions", "--keep", "0 days"});
  session.run("show sessions --history");
  session.run("sql \"FROM lastfm.sessions AT (VERSION => 0)\"", {"sql", "FROM lastfm.sessions AT (VERSION => 0)"});
  session.run("rollback sessions --to 0");
  session.run("rollback sessions --to 3");
  session.run("rollback sesions --to 0");
  session.run("vacuum --keep soon");
  expect_golden("rollback", session.text());
  EXPECT_EQ(count("lastfm.sessions"), "0\n");
}

TEST_F(Versions, RetentionIsTheProjectsOrThePipelines) {
  auto removed = [&](const std::string& table) {
    auto json = nlohmann::json::parse(project_.segue({"vacuum", table, "--dry-run", "--json"}).out);
    return json["tables"][0]["removed"].size();
  };
  EXPECT_EQ(removed("sessions"), 0u);
  project_.write("segue.yaml", "lake: ./lake\nretention: 0 s\n");
  EXPECT_EQ(removed("sessions"), 2u);
  std::string pipeline = project_.read("pipelines/lastfm/pipeline.yaml");
  project_.write("pipelines/lastfm/pipeline.yaml", pipeline + "\nretention: 90 days\n");
  EXPECT_EQ(removed("sessions"), 0u);
  project_.write("pipelines/lastfm/pipeline.yaml", pipeline + "\nretention: 90 dayz\n");
  Outcome outcome = project_.segue({"vacuum"});
  EXPECT_EQ(outcome.code, 2) << "what the definition asks for is not known";
  EXPECT_THAT(outcome.err, HasSubstr("`retention` must be a length of time, not `90 dayz`"));
}

TEST_F(Versions, AreJsonForPrograms) {
  auto json = nlohmann::json::parse(project_.segue({"show", "sessions", "--history", "--json"}).out);
  ASSERT_EQ(json["tables"][0]["versions"].size(), 3u);
  EXPECT_EQ(json["tables"][0]["versions"][1]["rows"], 0);
  EXPECT_EQ(json["tables"][0]["versions"][1]["operation"], "WRITE");
  json = nlohmann::json::parse(project_.segue({"rollback", "sessions", "--to", "0", "--json"}).out);
  EXPECT_EQ(json["version"], 3);
  EXPECT_EQ(json["rows"], 6);
  json = nlohmann::json::parse(project_.segue({"vacuum", "sessions", "--keep", "0 s", "--json"}).out);
  EXPECT_EQ(json["tables"][0]["removed"].size(), 2u);
  EXPECT_EQ(json["tables"][0]["versions_gone"], nlohmann::json::parse("[1, 2]"));
}

TEST_F(Versions, AVacuumPassesOverAPipelineAtWork) {
  // The lock of a run that is at work: flock holds it for as long as the shell that it starts.
  std::string lock = (project_.folder() / "lake/lastfm/_segue/lock").string();
  std::string command = "cd " + project_.folder().string() + " && flock " + lock + " " SEGUE_PROGRAM " vacuum 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char buffer[512] = {};
  std::string text;
  while (fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_THAT(text, HasSubstr("warning: pipeline lastfm is at work already"));
}

}  // namespace
}  // namespace segue::cli

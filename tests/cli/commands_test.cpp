// The whole output of every command, as a session in a shell (tests/cli/golden), and what programs rely on: exit codes,
// JSON, quiet pipes.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/golden.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Commands, ALastfmProjectFromCheckToRuns) {
  Project project;
  Transcript session(project);
  session.run("check");
  session.run("plan lastfm");
  session.run("tables");
  session.run("runs");
  session.run("run lastfm");
  session.run("tables");
  session.run("runs");
  expect_golden("lastfm_run", session.text());
}

TEST(Commands, ShowOfTablesAndOfAPipeline) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  Transcript session(project);
  session.run("show lastfm.top_songs");
  session.run("show sessions --rows 2");
  session.run("show longest_sessions");
  session.run("show lastfm");
  session.run("show lastfm.songs");
  session.run("show lastfm.top_songs --at 7");
  session.run("show sessions --statistics");
  std::string sql =
      "SELECT column_name, rows, nulls, distinct_values, min, median, most_frequent FROM segue.statistics WHERE "
      "table_name = 'lastfm.sessions'";
  session.run("sql \"" + sql + "\" --output csv", {"sql", sql, "--output", "csv"});
  expect_golden("show", session.text());
}

TEST(Commands, SqlInEveryFormat) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  Transcript session(project);
  for (const char* format : {"box", "csv", "tsv", "json", "markdown", "chart"})
    session.run(
        std::string("sql \"FROM lastfm.top_songs ORDER BY plays DESC, artist, track LIMIT 3\" --output ") + format,
        {"sql", "FROM lastfm.top_songs ORDER BY plays DESC, artist, track LIMIT 3", "--output", format});
  session.run("sql \"FROM range(100)\" --rows 3", {"sql", "FROM range(100)", "--rows", "3"});
  session.run("sql - < query.sql", {"sql", "-"}, "SELECT count(*) AS plays\nFROM lastfm.plays\n");
  session.run("sql \"SELECT artst FROM lastfm.top_songs\"", {"sql", "SELECT artst FROM lastfm.top_songs"});
  session.run("sql \"SELECT * FROM lastfm.top_song\"", {"sql", "SELECT * FROM lastfm.top_song"});
  session.run("sql \"FROM lastfm.top_songs\" --output xlsx", {"sql", "FROM lastfm.top_songs", "--output", "xlsx"});
  session.run("sql \"SELECT 'a'\" --output chart", {"sql", "SELECT 'a'", "--output", "chart"});
  expect_golden("sql", session.text());
}

TEST(Commands, MistakesOfTheCommandLine) {
  Project project;
  Transcript session(project);
  session.run("rnu lastfm");
  session.run("run lastfn");
  session.run("run");
  session.run("run lastfm --paramm gap=1");
  session.run("run lastfm --param gap");
  session.run("run lastfm --param gap=soon");
  session.run("run lastfm --param gapp=1");
  session.run("run lastfm --engine spark");
  session.run("run lastfm --threads 0");
  session.run("run lastfm --memory lots");
  session.run("run lastfm --select top_song");
  session.run("run lastfm extra");
  session.run("show");
  session.run("show lastfm.top_songs");
  session.run("runs show 20990101-000000-000000");
  session.run("runs show");
  session.run("runs shw");
  session.run("runs --limit 0");
  session.run("runs --pipeline lastfn");
  session.run("runs --pipeline lastfm");
  session.run("run lastfm --memory 1KB");
  session.run("run lastfm --select");
  session.run("sql --rows x");
  session.run("completions fsh");
  session.run("export");
  session.run("sql \"DROP TABLE lastfm.top_songs\"", {"sql", "DROP TABLE lastfm.top_songs"});
  session.run("run lastfm --profile cluster");
  session.run("--project /nowhere check");
  expect_golden("usage_errors", session.text());
}

TEST(Commands, MistakesOfTheDefinitionAreAllShownAtOnce) {
  Project project;
  std::string text = project.read("pipelines/lastfm/pipeline.yaml");
  auto change = [&](const std::string& from, const std::string& to) {
    size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  change("    bad_rows: quarantine", "    bad_row: quarantine");
  change("age: integer", "age: integr");
  change("SELECT artist, track, count(*)", "SELECT artst, track, count(*)");
  project.write("pipelines/lastfm/pipeline.yaml", text);
  Transcript session(project);
  session.run("check");
  session.run("check --json");
  session.run("run lastfm");
  project.write("segue.yaml", "treads: 2\n");
  session.run("check");
  session.run("check --json");
  expect_golden("definition_errors", session.text());
}

TEST(Commands, MistakesOfTheSqlPointIntoTheYaml) {
  Project project;
  std::string text = project.read("pipelines/lastfm/pipeline.yaml");
  size_t at = text.find("SELECT artist, track, count(*)");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 13, "SELECT artst");
  project.write("pipelines/lastfm/pipeline.yaml", text);
  project.write("pipelines/lastfm/longest_sessions.sql", "SELECT *\nFROM sesions\n");
  Transcript session(project);
  session.run("check lastfm");
  expect_golden("sql_errors", session.text());
}

TEST(Commands, ACheckThatFailsStopsThePublish) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string text = project.read("pipelines/lastfm/pipeline.yaml");
  size_t at = text.find("- row_count: {min: 1, max: 100}");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 0, "- between: {column: plays, min: 2}\n      ");
  project.write("pipelines/lastfm/pipeline.yaml", text);
  Transcript session(project);
  Outcome outcome = session.run("run lastfm");
  EXPECT_EQ(outcome.code, 3);
  session.run("tables");
  expect_golden("check_failed", session.text());
}

TEST(Commands, TheRowsThatBreakACheckAreShownAndCanBeLookedAtAgain) {
  Project project;
  std::string text = project.read("pipelines/lastfm/pipeline.yaml");
  size_t at = text.find("- row_count: {min: 1, max: 100}");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 0, "- between: {column: plays, min: 9}\n      ");
  project.write("pipelines/lastfm/pipeline.yaml", text);
  Outcome quiet = project.segue({"run", "lastfm", "--quiet"});
  EXPECT_EQ(quiet.code, 3);
  EXPECT_THAT(quiet.err, HasSubstr("8 of 8 rows have plays below 9"));
  EXPECT_THAT(quiet.err, HasSubstr("Hoppípolla")) << "a failing row belongs to its error";
  EXPECT_THAT(quiet.err, HasSubstr("and 3 more"));
  auto run = nlohmann::json::parse(project.segue({"run", "lastfm", "--json"}).out);
  EXPECT_EQ(run["state"], "checks failed");
  size_t shown = 0;
  for (const auto& check : run["checks"]) {
    if (check["severity"] != "fail" || check["passed"]) continue;
    shown += check["samples"]["rows"].size();
    EXPECT_THAT(check["samples"]["columns"], testing::ElementsAre("artist", "track", "plays"));
  }
  EXPECT_EQ(shown, 5u);
  std::string id = run["id"];
  EXPECT_THAT(project.segue({"runs", "show", id}).out, HasSubstr("Hoppípolla"));
  EXPECT_THAT(project.segue({"runs"}).out, HasSubstr("top_songs: between(pla"));
  EXPECT_THAT(project.segue({"run", "lastfm"}).err, HasSubstr("`segue runs show "));
}

TEST(Commands, AnIdThatSeveralRunsBeginWithListsThem) {
  Project project;
  for (int i = 0; i < 2; ++i) ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  auto runs = nlohmann::json::parse(project.segue({"runs", "--json"}).out)["runs"];
  Outcome outcome = project.segue({"runs", "show", "20"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("2 runs have an id that begins with `20`"));
  for (const auto& run : runs) EXPECT_THAT(outcome.err, HasSubstr(run["id"].get<std::string>()));
}

TEST(Commands, GenerateThatFailsLeavesNoFolder) {
  Project project;
  EXPECT_EQ(project.segue({"generate", "lastfm", "--rows", "0", "--out", "new/data"}).code, 2);
  Outcome negative = project.segue({"generate", "lastfm", "--seed", "-1", "--out", "new/data"});
  EXPECT_EQ(negative.code, 2);
  EXPECT_THAT(negative.err, HasSubstr("--seed must be from 0 on, not -1"));
  EXPECT_FALSE(std::filesystem::exists(project.folder() / "new"));
  std::filesystem::create_directory(project.folder() / "mine");
  EXPECT_EQ(project.segue({"generate", "sparkify", "--rows", "0", "--out", "mine"}).code, 2);
  EXPECT_TRUE(std::filesystem::exists(project.folder() / "mine")) << "it was there before";
  EXPECT_EQ(project.segue({"generate", "lastfm", "--rows", "100", "--users", "2", "--out", "new/data"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(project.folder() / "new/data/plays.tsv"));
}

TEST(Commands, AProjectWithoutDataIsToldHowToMakeSome) {
  Project project;
  std::filesystem::remove_all(project.folder() / "data");
  EXPECT_THAT(project.segue({"run", "lastfm"}).err, HasSubstr("`segue generate lastfm` makes data"));
  EXPECT_THAT(project.segue({"run", "lastfm", "--json"}).out, HasSubstr("`segue generate lastfm` makes data"));
}

TEST(Commands, AMissingFileIsSaid) {
  Project project;
  Transcript session(project);
  Outcome outcome = session.run("run lastfm --param plays=data/playz.tsv");
  EXPECT_EQ(outcome.code, 1);
  expect_golden("missing_file", session.text());
}

// As a run leaves it that dies right after it decided to publish.
void undo_newest_commits(const Project& project, const std::string& run) {
  nlohmann::json decision = {
      {"run", run}, {"engine", "test"}, {"tables", nlohmann::json::array()}, {"exports", nlohmann::json::array()}};
  for (const auto& table : std::filesystem::directory_iterator(project.folder() / "lake/lastfm")) {
    std::filesystem::path entry = table.path() / "_delta_log/00000000000000000001.json";
    if (!std::filesystem::exists(entry)) continue;
    std::string schema;
    std::istringstream first(project.read(table.path() / "_delta_log/00000000000000000000.json"));
    for (std::string line; std::getline(first, line);)
      if (auto action = nlohmann::json::parse(line); action.contains("metaData"))
        schema = action["metaData"]["schemaString"];
    decision["tables"].push_back({{"step", table.path().filename()},
                                  {"base", 0},
                                  {"schema", schema},
                                  {"parts", nullptr},
                                  {"entry", project.read(entry)}});
    std::filesystem::remove(entry);
  }
  ASSERT_FALSE(decision["tables"].empty());
  project.write("lake/lastfm/_segue/publish/" + run + ".json", decision.dump());
}

TEST(Commands, AReaderCompletesWhatAKilledRunHadDecidedToPublish) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"tables"}, {"show", "lastfm.top_songs"}, {"sql", "SELECT count(*) FROM lastfm.top_songs"}}) {
    Project project;
    ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
    auto run = nlohmann::json::parse(project.segue({"run", "lastfm", "--full", "--json"}).out);
    undo_newest_commits(project, run["id"]);
    Outcome outcome = project.segue(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("had been killed while it published: its tables are complete now"));
    EXPECT_EQ(nlohmann::json::parse(project.segue({"runs", "show", run["id"], "--json"}).out)["state"], "succeeded");
    auto tables = nlohmann::json::parse(project.segue({"tables", "--json"}).out);
    for (const auto& table : tables["tables"]) EXPECT_EQ(table["version"], 1) << table;
  }
}

TEST(Commands, CheckNeedsNoEnvironmentThatARunNeeds) {
  Project project;
  project.write("segue.yaml", "lake: ${SEGUE_TEST_LAKE_THAT_IS_NOT_SET}\n");
  EXPECT_EQ(project.segue({"check"}).code, 0);
  Outcome outcome = project.segue({"run", "lastfm"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("SEGUE_TEST_LAKE_THAT_IS_NOT_SET"));
}

TEST(Commands, NewProjectsAreComplete) {
  Project project;
  Transcript session(project);
  session.run("new music");
  session.run("new music");
  session.run("new visits --template empty");
  session.run("--project music check");
  session.run("--project visits check");
  expect_golden("new", session.text());
  EXPECT_THAT(project.read("music/pipelines/lastfm/pipeline.yaml"),
              HasSubstr("# yaml-language-server: $schema=../../schema/pipeline.json\nname: lastfm"));
  EXPECT_THAT(project.read("music/.gitignore"), HasSubstr("/lake/"));
  EXPECT_TRUE(nlohmann::json::accept(project.read("music/schema/pipeline.json")));
}

TEST(Commands, HelpTeaches) {
  Project project;
  Transcript session(project);
  session.run("");
  session.run("--version");
  session.run("run --help");
  session.run("help runs show");
  expect_golden("help", session.text());
}

TEST(Json, EveryCommandGivesJsonThatParses) {
  Project project;
  using Arguments = std::vector<std::string>;
  for (const Arguments& arguments : {Arguments{"check"},
                                     {"plan", "lastfm"},
                                     {"tables"},
                                     {"runs"},
                                     {"run", "lastfm"},
                                     {"tables"},
                                     {"runs"},
                                     {"show", "lastfm"},
                                     {"show", "lastfm.sessions"},
                                     {"sql", "FROM lastfm.sessions"},
                                     {"schema"},
                                     {"new", "other"},
                                     {"run", "nothing"},
                                     {"sql", "SELEKT"}}) {
    Arguments with = arguments;
    with.push_back("--json");
    Outcome outcome = project.segue(with);
    EXPECT_TRUE(nlohmann::json::accept(outcome.out)) << arguments[0] << ": " << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("error"))) << "with --json errors are on stdout";
  }
}

TEST(Json, TheRecordOfARunHoldsWhatHappened) {
  Project project;
  Outcome outcome = project.segue({"run", "lastfm", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  auto run = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(run["state"], "succeeded");
  EXPECT_EQ(run["steps"].size(), 7u);
  for (const auto& step : run["steps"]) EXPECT_EQ(step["engine"], "native") << step;
  auto shown = nlohmann::json::parse(project.segue({"runs", "show", run["id"], "--json"}).out);
  EXPECT_EQ(shown["id"], run["id"]);
  EXPECT_EQ(shown["tables"], run["tables"]);
}

TEST(Json, InsightsNameTheMostFrequentUser) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  auto insights = nlohmann::json::parse(project.segue({"show", "lastfm", "--json"}).out);
  for (const auto& table : insights["tables"]) {
    if (table["table"] != "lastfm.sessions") continue;
    const auto& user = table["columns"][0];
    EXPECT_EQ(user["name"], "user_id");
    EXPECT_EQ(user["nulls"], 0);
    EXPECT_EQ(user["distinct"], 3);
    EXPECT_EQ(user["most_frequent"][0]["value"], "user_000001");
    EXPECT_EQ(user["most_frequent"][0]["rows"], 3);
    EXPECT_EQ(table["columns"][1]["quantiles"].size(), 7u);
    EXPECT_EQ(table["columns"][1]["quantiles"][3]["at"], 0.5);
    EXPECT_EQ(table["columns"][1]["quantiles"][3]["value"], "1");
    return;
  }
  FAIL() << "no sessions in " << insights;
}

TEST(Output, QuietSaysNothingOnStderr) {
  Project project;
  EXPECT_THAT(project.segue({"run", "lastfm", "--quiet"}).err, IsEmpty());
}

TEST(Output, WithoutATerminalThereIsNoEscape) {
  Project project;
  Outcome run = project.segue({"run", "lastfm"});
  Outcome shown = project.segue({"show", "lastfm.top_songs"});
  EXPECT_THAT(run.out + run.err + shown.out, Not(HasSubstr("\033")));
}

TEST(Output, ParquetFilesReadBack) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  ASSERT_EQ(project.segue({"sql", "FROM lastfm.sessions", "--to", "sessions.parquet", "--quiet"}).code, 0);
  EXPECT_EQ(project.read("sessions.parquet").substr(0, 4), "PAR1");
  EXPECT_FALSE(std::filesystem::exists(project.folder() / "sessions.parquet.part"));
}

TEST(Output, AFailedQueryLeavesNoFile) {
  Project project;
  EXPECT_EQ(project.segue({"sql", "SELECT CAST('x' AS INTEGER) AS n FROM range(3)", "--to", "out.csv"}).code, 1);
  EXPECT_FALSE(std::filesystem::exists(project.folder() / "out.csv"));
  EXPECT_FALSE(std::filesystem::exists(project.folder() / "out.csv.part"));
}

TEST(Output, AReaderThatHasEnoughEndsItQuietly) {
  Project project;
  // pipefail hands on segue's own exit code.
  project.write("pipe.sh", "set -o pipefail\n" SEGUE_PROGRAM
                           " sql 'FROM range(10000000)' --output csv 2>err | head -1\necho $?\n");
  FILE* shell = popen(("cd " + project.folder().string() + " && bash pipe.sh").c_str(), "r");
  ASSERT_NE(shell, nullptr);
  char buffer[64] = {};
  std::string text;
  while (fgets(buffer, sizeof buffer, shell) != nullptr) text += buffer;
  pclose(shell);
  EXPECT_EQ(text, "range\n0\n");
  EXPECT_THAT(project.read("err"), IsEmpty());
}

// What a shell prints that runs `script` in the project; `segue` is in its PATH.
std::string shell_output(const Project& project, const std::string& shell, const std::string& script) {
  project.write("script", script);
  std::string bin = std::filesystem::path(SEGUE_PROGRAM).parent_path().string();
  FILE* pipe = popen(
      ("cd " + project.folder().string() + " && HOME=$PWD PATH=" + bin + ":$PATH " + shell + " script 2>&1").c_str(),
      "r");
  if (pipe == nullptr) return "cannot run " + shell;
  char buffer[256] = {};
  std::string text;
  while (fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  pclose(pipe);
  return text;
}

TEST(Completions, LoadInBashAndCompleteNames) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  EXPECT_EQ(shell_output(project, "bash",
                         "source <(segue completions bash)\n"
                         "complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                         "_segue; echo \"${COMPREPLY[*]}\"; }\n"
                         "complete_words segue r\n"
                         "complete_words segue run ''\n"
                         "complete_words segue run lastfm --en\n"
                         "complete_words segue run lastfm --engine ''\n"
                         "complete_words segue show lastfm.top\n"
                         "complete_words segue runs s\n"
                         "complete_words segue --json sql --output m\n"
                         "complete_words segue run lastfm --select top\n"
                         "complete_words segue run lastfm --param ga\n"
                         "complete_words segue run lastfm --param plays = data/pl\n"
                         "cd /; complete_words segue -C \"$OLDPWD\" run lastfm --select top\n"),
            "run runs rollback\nlastfm\n--engine\nnative duckdb\nlastfm.top_songs\nshow\nmarkdown\ntop_songs\ngap=\n"
            "data/plays.tsv\ntop_songs\n");
}

TEST(Completions, LoadInFishAndCompleteNames) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string script = "segue completions fish | source\n";
  for (const char* words :
       {"segue r", "segue run ", "segue run lastfm --en", "segue run lastfm --engine ", "segue show lastfm.top",
        "segue runs s", "segue --json sql --output m", "segue run lastfm --select top", "segue run lastfm --param ga"})
    script += std::string("complete -C '") + words + "' | string replace -r '\\t.*' ''; echo .\n";
  EXPECT_EQ(shell_output(project, "fish", script),
            "rollback\nrun\nruns\n.\nlastfm\n.\n--engine\n.\nduckdb\nnative\n.\nlastfm.top_songs\n.\nshow\n."
            "\nmarkdown\n.\ntop_songs\n.\ngap=\n.\n");
}

// The functions of zsh's own that the script calls print what they are given.
TEST(Completions, LoadInZshAndCompleteNames) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string text = shell_output(project, "zsh -f",
                                  "compdef() { print compdef $1 $2 }\n"
                                  "compadd() { while [[ $1 != -- ]] shift; shift; print -r -- $@ }\n"
                                  "_describe() { print -rl -- ${(P)2} | cut -d: -f1 }\n"
                                  "source <(segue completions zsh)\n"
                                  "ask() { words=(\"$@\"); CURRENT=$#words; _segue }\n"
                                  "ask segue run ''\n"
                                  "ask segue run lastfm --engine ''\n"
                                  "ask segue show lastfm.top\n"
                                  "ask segue runs ''\n"
                                  "ask segue run lastfm --select top\n"
                                  "ask segue completions ''\n");
  EXPECT_THAT(text, testing::StartsWith("compdef _segue segue\nlastfm\nnative duckdb\n"));
  EXPECT_THAT(text, HasSubstr("lastfm.top_songs"));
  EXPECT_THAT(text, HasSubstr("\nshow\n"));
  EXPECT_THAT(text, HasSubstr("songs_per_user listeners top_songs"));
  EXPECT_THAT(text, testing::EndsWith("bash zsh fish\n"));
}

TEST(Completions, ScriptsOfAllShells) {
  Project project;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Outcome outcome = project.segue({"completions", shell});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("segue run"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("__names'"))) << "what the scripts call is not offered";
  }
}

}  // namespace
}  // namespace segue::cli

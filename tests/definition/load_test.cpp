#include "definition/load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/diagnostic.h"
#include "base/limits.h"
#include "definition/cases.h"

namespace segue::definition {
namespace {

constexpr char kLastfm[] = R"yaml(name: lastfm
description: Who listens to what, and for how long without a pause
params:
  plays: {type: path, default: data/plays.tsv}
  gap:   {type: interval, default: 20 minutes}
  header: {type: boolean, default: false}
sources:
  plays:
    path: $plays                      # a file or a pattern
    format: {type: delimited, delimiter: "\t", quote: none, header: $header, null: ["\\N"]}
    columns: {user_id: varchar, played_at: timestamp, artist_id: varchar, artist: varchar, track_id: varchar, track: varchar}
    bad_rows: {quarantine, at_most: 1%}
  users:
    path: data/*/users-[0-9].tsv
    format: {type: delimited, delimiter: ",", quote: none, header: true}
    columns: {"#id": varchar, age: integer, score: "decimal(10,2)"
}
steps:
  songs_per_user:
    sql: SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id
    checks:
      - unique: user_id
      - between: {column: songs, min: 1}
  session_plays:
    materialize: view
    sql: |
      SELECT *, session_number(played_at, $gap) OVER (PARTITION BY user_id ORDER BY played_at) AS session
      FROM plays
  sessions:
    file: sessions.sql
    format: parquet
    write: replace
    checks:
      - not_null: [user_id, started_at]
      - row_count: {min: 1, max: 1000}
      - between: {column: started_at, min: 2000-01-01, max: "it's"}
      - sql: ended_at >=
             started_at
        severity: warn
  most_played_tracks:
    file: ../shared/most_played_tracks.sql
    export: {format: tsv, path: out/most_played_tracks.tsv}
)yaml";

class Load : public ::testing::Test {
 protected:
  Load() {
    folder_.write(
        "segue.yaml",
        "lake: ./lake\nprofiles:\n  local: {memory: 4 GiB}\n  big: {engine: duckdb, threads: 2, lake: /big}\n");
    folder_.write("pipelines/lastfm/pipeline.yaml", kLastfm);
    folder_.write("pipelines/lastfm/sessions.sql", "SELECT 1\nFROM session_plays\n");
    folder_.write("pipelines/shared/most_played_tracks.sql", "SELECT 2");
  }
  std::string path(const std::string& file) const { return (folder_.path() / file).string(); }
  Pipeline lastfm(LoadOptions options = {}) const { return load_pipeline(load_project("."), "lastfm", options); }

  ProjectFolder folder_;
};

TEST_F(Load, TheProjectIsFoundFromAnyFolderInIt) {
  for (const char* from : {".", "", "pipelines/lastfm", "pipelines/", "pipelines/lastfm/../.."}) {
    Project project = load_project(from);
    EXPECT_EQ(project.folder, folder_.path()) << from;
    EXPECT_EQ(project.file, path("segue.yaml")) << from;
  }
  EXPECT_EQ(load_project(folder_.path() / "pipelines").folder, folder_.path());
}

TEST_F(Load, WithoutAProjectTheHintSaysHowToMakeOne) {
  std::filesystem::remove("segue.yaml");
  try {
    load_project(".");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUsage);
    EXPECT_EQ(render(failure.errors()),
              fmt::format("error: there is no segue.yaml in `{}` or in a folder above\n"
                          "help: change into a project's folder, or make a project: segue new\n",
                          folder_.path().string()));
  }
}

TEST_F(Load, AnEmptyProjectHasDefaults) {
  folder_.write("segue.yaml", "# nothing\n");
  Settings defaults = settings(load_project("."));
  EXPECT_EQ(defaults.lake, path("lake"));
  EXPECT_EQ(defaults.engine, EngineName::kNative);
  EXPECT_EQ(defaults.memory, std::nullopt);
  EXPECT_EQ(defaults.threads, std::nullopt);
}

TEST_F(Load, ProfilesChangeWhatTheySay) {
  Project project = load_project(".");
  EXPECT_EQ(settings(project).memory, uint64_t{4} << 30) << "local holds without being chosen";
  Settings big = settings(project, "big");
  EXPECT_EQ(big.lake, "/big");
  EXPECT_EQ(big.engine, EngineName::kDuckdb);
  EXPECT_EQ(big.threads, 2u);
  EXPECT_EQ(big.memory, std::nullopt) << "local does not hold when another is chosen";
  EXPECT_EQ(settings(project, "local").lake, path("lake"));
  try {
    settings(project, "bog");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(render(failure.errors()),
              "error: there is no profile `bog`\nhelp: did you mean `big`? profiles: `local`, `big`\n");
  }
}

TEST_F(Load, PipelinesAreTheFoldersWithAPipelineFile) {
  folder_.write("pipelines/another/pipeline.yaml", "");
  folder_.write("pipelines/readme.md", "");
  EXPECT_EQ(pipeline_names(load_project(".")), (std::vector<std::string>{"another", "lastfm"}));
  std::filesystem::remove_all("pipelines");
  EXPECT_TRUE(pipeline_names(load_project(".")).empty());
}

TEST_F(Load, AUnknownPipelineIsRefusedWithTheNearest) {
  for (const char* name : {"lastfn", "../lastfm", "", "lastfm/", "."}) {
    EXPECT_THROW(load_pipeline(load_project("."), name), Failure) << name;
  }
  try {
    load_pipeline(load_project("."), "lastfn");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUsage);
    EXPECT_EQ(render(failure.errors()), "error: there is no pipeline `lastfn`\nhelp: did you mean `lastfm`?\n");
  }
}

TEST_F(Load, SourcesAreWhatTheFileSays) {
  Pipeline pipeline = lastfm();
  EXPECT_EQ(pipeline.name, "lastfm");
  EXPECT_EQ(pipeline.description, "Who listens to what, and for how long without a pause");
  EXPECT_EQ(pipeline.folder, path("pipelines/lastfm"));
  ASSERT_EQ(pipeline.sources.size(), 2u);
  const Source& plays = *pipeline.source("plays");
  EXPECT_EQ(plays.path, path("data/plays.tsv"));
  EXPECT_EQ(plays.format.delimiter, "\t");
  EXPECT_FALSE(plays.format.header);
  EXPECT_EQ(plays.format.nulls, std::vector<std::string>{"\\N"});
  ASSERT_EQ(plays.columns.size(), 6u);
  EXPECT_EQ(plays.columns[0], (Field{"user_id", TypeId::kVarchar}));
  EXPECT_EQ(plays.columns[1], (Field{"played_at", TypeId::kTimestamp}));
  EXPECT_EQ(plays.columns[5], (Field{"track", TypeId::kVarchar}));
  EXPECT_EQ(plays.column_places.size(), 6u);
  EXPECT_EQ(plays.column_places[1].line, 11u);
  EXPECT_TRUE(plays.bad_rows.quarantine);
  EXPECT_DOUBLE_EQ(plays.bad_rows.at_most_share.value(), 0.01);
  EXPECT_EQ(plays.place.line, 8u);
  EXPECT_EQ(plays.place.column, 3u);
  EXPECT_EQ(plays.path_place.line, 9u);
  const Source& users = *pipeline.source("users");
  EXPECT_EQ(users.path, path("data/*/users-[0-9].tsv"));
  EXPECT_EQ(users.format.delimiter, ",");
  EXPECT_TRUE(users.format.header);
  EXPECT_EQ(users.columns[0].name, "#id");
  EXPECT_EQ(users.columns[2].type, Type::decimal(10, 2));
  EXPECT_FALSE(users.bad_rows.quarantine);
  EXPECT_EQ(pipeline.source("nothing"), nullptr);
}

TEST_F(Load, StepsAreWhatTheFileSays) {
  Pipeline pipeline = lastfm();
  ASSERT_EQ(pipeline.steps.size(), 4u);
  EXPECT_EQ(pipeline.steps[0].name, "songs_per_user");
  EXPECT_EQ(pipeline.steps[0].sql.text(),
            "SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id");
  EXPECT_FALSE(pipeline.steps[0].view);
  EXPECT_EQ(pipeline.steps[0].format, TableFormat::kDelta);
  const Step& view = *pipeline.step("session_plays");
  EXPECT_TRUE(view.view);
  EXPECT_NE(view.sql.text().find("$gap"), std::string::npos) << "parameters in SQL are not filled here";
  EXPECT_EQ(view.sql.place(view.sql.text().find("$gap"), 4).line, 27u);
  EXPECT_EQ(view.sql.place(view.sql.text().find("$gap"), 4).column, 43u);
  const Step& sessions = *pipeline.step("sessions");
  EXPECT_EQ(sessions.sql.text(), "SELECT 1\nFROM session_plays\n");
  EXPECT_EQ(sessions.sql.place(14).file, "pipelines/lastfm/sessions.sql");
  EXPECT_EQ(sessions.sql.place(14).line, 2u);
  EXPECT_EQ(sessions.format, TableFormat::kParquet);
  const Step& tracks = *pipeline.step("most_played_tracks");
  EXPECT_EQ(tracks.sql.text(), "SELECT 2");
  ASSERT_TRUE(tracks.export_to);
  EXPECT_EQ(tracks.export_to->format, ExportFormat::kTsv);
  EXPECT_EQ(tracks.export_to->path, path("out/most_played_tracks.tsv"));
}

TEST_F(Load, ChecksAreWhatTheFileSays) {
  Pipeline pipeline = lastfm();
  const std::vector<Check>& first = pipeline.step("songs_per_user")->checks;
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(to_string(first[0]), "unique(user_id)");
  EXPECT_EQ(first[0].severity, Severity::kFail);
  ASSERT_EQ(first[0].columns.size(), 1u);
  EXPECT_EQ(first[0].columns[0].name, "user_id");
  EXPECT_EQ(to_string(first[1]), "between(songs: at least 1)");
  EXPECT_TRUE(first[1].min->number);
  EXPECT_FALSE(first[1].max);
  const std::vector<Check>& checks = pipeline.step("sessions")->checks;
  ASSERT_EQ(checks.size(), 4u);
  EXPECT_EQ(to_string(checks[0]), "not_null(user_id, started_at)");
  EXPECT_EQ(checks[0].columns.size(), 2u);
  EXPECT_EQ(to_string(checks[1]), "row_count(1 to 1000)");
  EXPECT_EQ(checks[1].least, 1u);
  EXPECT_EQ(checks[1].most, 1000u);
  EXPECT_EQ(to_string(checks[2]), "between(started_at: 2000-01-01 to it's)");
  EXPECT_FALSE(checks[2].min->number) << "so a text for the column's type to read";
  EXPECT_EQ(checks[2].max->text, "it's");
  EXPECT_EQ(to_string(checks[3]), "sql(ended_at >= started_at)");
  EXPECT_EQ(checks[3].severity, Severity::kWarn);
  EXPECT_EQ(checks[3].expression.place(checks[3].expression.text().find("started_at")).column, 14u);
}

TEST_F(Load, ParamsHaveTheirDefaults) {
  Pipeline pipeline = lastfm();
  EXPECT_EQ(pipeline.param("gap")->value, (Value{TypeId::kInterval, Interval{0, 0, 1'200'000'000}}));
  EXPECT_EQ(pipeline.param("gap")->text, "20 minutes");
  EXPECT_EQ(pipeline.param("plays")->value, (Value{TypeId::kVarchar, path("data/plays.tsv")}));
  EXPECT_FALSE(pipeline.param("plays")->overridden);
  EXPECT_EQ(pipeline.param("header")->value, (Value{TypeId::kBoolean, int64_t{0}}));
  EXPECT_EQ(pipeline.param("nothing"), nullptr);
}

TEST_F(Load, TheCommandLineChangesParams) {
  LoadOptions options;
  options.params = {{"gap", "90 s"}, {"header", "true"}};
  Pipeline pipeline = lastfm(options);
  EXPECT_EQ(pipeline.param("gap")->value, (Value{TypeId::kInterval, Interval{0, 0, 90'000'000}}));
  EXPECT_TRUE(pipeline.param("gap")->overridden);
  EXPECT_TRUE(pipeline.source("plays")->format.header) << "$header fills a scalar that is no text";
}

TEST_F(Load, APathFromTheCommandLineIsRelativeToTheWorkingDirectory) {
  Project project = load_project(".");
  std::filesystem::current_path("pipelines/lastfm");
  LoadOptions options;
  options.params = {{"plays", "../mine.tsv"}};
  EXPECT_EQ(load_pipeline(project, "lastfm", options).source("plays")->path, path("pipelines/mine.tsv"));
  options.params = {{"plays", "/data/plays.tsv"}};
  EXPECT_EQ(load_pipeline(project, "lastfm", options).source("plays")->path, "/data/plays.tsv");
  EXPECT_EQ(load_pipeline(project, "lastfm").source("plays")->path, path("data/plays.tsv"))
      << "a default is the project's";
}

TEST_F(Load, TheEnvironmentFillsScalars) {
  folder_.write("pipelines/p/pipeline.yaml", R"(name: p
params:
  folder: {type: path, default: "${SEGUE_TEST_FOLDER}/x"}
sources:
  a: {path: "${SEGUE_TEST_FOLDER}/$$a.tsv", format: {type: delimited, delimiter: ",", quote: none}, columns: {a: varchar}}
  b: {path: $folder/b.tsv, format: {type: delimited, delimiter: ",", quote: none}, columns: {a: varchar}}
steps:
  s: {sql: "SELECT '${SEGUE_TEST_FOLDER}', $$x$$"}
)");
  setenv("SEGUE_TEST_FOLDER", "da: {ta}", 1);
  Pipeline pipeline = load_pipeline(load_project("."), "p");
  EXPECT_EQ(pipeline.source("a")->path, path("da: {ta}/$a.tsv"));
  EXPECT_EQ(pipeline.source("b")->path, path("da: {ta}/x/b.tsv"));
  EXPECT_EQ(pipeline.steps[0].sql.text(), "SELECT '${SEGUE_TEST_FOLDER}', $$x$$") << "SQL is taken as it stands";
  setenv("SEGUE_TEST_FOLDER", "\xFF", 1);
  EXPECT_THROW(load_pipeline(load_project("."), "p"), Failure);
  unsetenv("SEGUE_TEST_FOLDER");
}

TEST_F(Load, ForACheckValuesMayBeMissing) {
  folder_.write("pipelines/p/pipeline.yaml", R"(name: p
params:
  plays: {type: path}
  gap: {type: interval}
  token: {type: varchar, default: "${SEGUE_NOT_SET}"}
sources:
  a: {path: $plays, format: {type: delimited, delimiter: ",", quote: none, header: "${SEGUE_NOT_SET}"}, columns: {a: varchar}}
steps:
  s: {sql: SELECT $gap}
)");
  LoadOptions options;
  options.without_values = true;
  Pipeline pipeline = load_pipeline(load_project("."), "p", options);
  EXPECT_EQ(pipeline.param("gap")->value, (Value{TypeId::kInterval, std::monostate{}})) << "NULL, but with its type";
  EXPECT_TRUE(pipeline.param("plays")->value.null());
  EXPECT_TRUE(pipeline.param("token")->value.null());
  EXPECT_EQ(pipeline.source("a")->path, "$plays");
  EXPECT_FALSE(pipeline.source("a")->format.header);
}

TEST_F(Load, FilesThatAreNoTextAreRefused) {
  auto refusal = [&](const std::string& text) {
    folder_.write("pipelines/p/pipeline.yaml", text);
    return load_and_render();
  };
  EXPECT_EQ(refusal("name: p\ndescription: caf\xE9\n"),
            "error: this byte is not UTF-8\n"
            " --> pipelines/p/pipeline.yaml:2:17\n"
            "  |\n"
            "2 | description: caf\uFFFD\n"
            "  |                 ^\n"
            "help: save the file as UTF-8\n");
  EXPECT_EQ(refusal(std::string("name: p\n\0", 9)),
            "error: a control character (byte 0x00) cannot stand in a definition\n"
            " --> pipelines/p/pipeline.yaml:2:1\n"
            "  |\n"
            "2 | \uFFFD\n"
            "  | ^\n"
            "help: remove it; in double quotes it is written as an escape such as \"\\x01\"\n");
  EXPECT_NE(refusal("name: p\n\x04steps: {s: {sql: SELECT 1}}\n").find("byte 0x04"), std::string::npos)
      << "yaml-cpp takes it for the end";
  EXPECT_NE(refusal("name: p\rsteps: {s: {sql: SELECT 1}}\n").find("byte 0x0d"), std::string::npos);
  EXPECT_NE(refusal("\xFF\xFEn\0a\0").find("not UTF-8"), std::string::npos) << "UTF-16";
  EXPECT_EQ(refusal("\xEF\xBB\xBFname: p\r\nsteps: {s: {sql: SELECT 1}}\r\n"), "fine\n")
      << "a byte order mark and CRLF";
  EXPECT_EQ(refusal("name: p\nsteps:\n  s: {sql: \"SELECT 'a\\x01b'\"}"), "fine\n");
  EXPECT_EQ(refusal(std::string(limits::kDefinitionBytes + 1, '#')),
            "error: `pipelines/p/pipeline.yaml` is larger than 4 MiB\nhelp: definitions are small; is this a file of "
            "data?\n");
  EXPECT_EQ(refusal("name: p\nsteps: {s: {sql: SELECT 1}}\n" + std::string(limits::kDefinitionBytes - 40, '#')),
            "fine\n");
}

TEST_F(Load, SqlFilesThatAreNoTextAreRefusedAtTheirPlace) {
  folder_.write("pipelines/p/pipeline.yaml", "name: p\nsteps:\n  s: {file: s.sql}\n");
  folder_.write("pipelines/p/s.sql", "SELECT\n  'caf\xE9'");
  EXPECT_NE(load_and_render().find("--> pipelines/p/s.sql:2:7\n"), std::string::npos) << load_and_render();
}

TEST_F(Load, AFolderInPlaceOfAFileIsRefused) {
  std::filesystem::create_directories("pipelines/p/pipeline.yaml");
  EXPECT_EQ(load_and_render(), "error: `pipelines/p/pipeline.yaml` is a folder, not a file\n");
}

TEST_F(Load, MistakesOfTheFileComeBeforeThoseOfItsSqlFiles) {
  folder_.write("pipelines/p/pipeline.yaml", "name: p\nsteps:\n  s: {file: a.sql}\n  t: {slq: SELECT 1}\n");
  folder_.write("pipelines/p/a.sql", "\x01");
  std::string text = load_and_render();
  EXPECT_LT(text.find("unknown key `slq`"), text.find("a.sql:1:1")) << text;
}

TEST_F(Load, FromOutsideTheProjectFilesAreShownByTheirWholePath) {
  folder_.write("pipelines/p/pipeline.yaml", "name: q\n");
  Project project = load_project(".");
  std::filesystem::current_path("/");
  try {
    load_pipeline(project, "p");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ("/" + failure.error().place.file, path("pipelines/p/pipeline.yaml"));
  }
  std::filesystem::current_path(folder_.path() / "pipelines/lastfm");
  try {
    load_pipeline(project, "p");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().place.file, path("pipelines/p/pipeline.yaml"));
    EXPECT_NE(render(failure.errors()).find("1 | name: q\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace segue::definition

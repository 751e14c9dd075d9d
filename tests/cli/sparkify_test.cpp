// The sparkify pipeline: on the real files with the numbers that are known of them, and on made ones.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

namespace fs = std::filesystem;

class Sparkify : public testing::Test {
 protected:
  Sparkify() {
    fs::copy(repository() / "pipelines/sparkify", project.folder() / "pipelines/sparkify", fs::copy_options::recursive);
  }

  nlohmann::json run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "sparkify", "--json"});
    Outcome outcome = project.segue(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  nlohmann::json rows(const std::string& sql) {
    return nlohmann::json::parse(project.segue({"sql", sql, "--output", "json"}).out);
  }
  void make(const std::string& rows) {
    ASSERT_EQ(project.segue({"generate", "sparkify", "--rows", rows, "--users", "200"}).code, 0);
  }

  Project project;
};

constexpr const char* kNumbers =
    "SELECT (SELECT count(*) FROM sparkify.songplays) AS plays,"
    " (SELECT count(*) FROM sparkify.songplays WHERE song_id IS NOT NULL) AS matched,"
    " (SELECT count(*) FROM sparkify.users) AS users,"
    " (SELECT count(*) FROM sparkify.users WHERE level = 'paid') AS paid,"
    " (SELECT count(*) FROM sparkify.users WHERE level = 'free') AS free,"
    " (SELECT count(*) FROM sparkify.songs) AS songs, (SELECT count(*) FROM sparkify.artists) AS artists,"
    " (SELECT count(*) FROM sparkify.time) AS times, (SELECT count(*) FROM sparkify.quarantine) AS bad";

TEST_F(Sparkify, RealEvents) {
  fs::path data = shared_data();
  if (data.empty()) GTEST_SKIP() << "Sparkify is not here: it lies in ../shared/data, or where SEGUE_DATA points";
  const std::vector<std::string> paths = {"--param", "logs=" + (data / "sparkify/log_data/**/*.json").string(),
                                          "--param", "songs=" + (data / "sparkify/song_data/**/*.json").string()};
  for (const char* engine : {"native", "duckdb"}) {
    std::vector<std::string> arguments = paths;
    arguments.insert(arguments.end(), {"--engine", engine});
    run(arguments);
    EXPECT_EQ(rows(kNumbers), nlohmann::json::parse(R"([{"plays": 6820, "matched": 1, "users": 96, "paid": 22,
        "free": 74, "songs": 71, "artists": 69, "times": 6813, "bad": 0}])"))
        << engine;
    EXPECT_EQ(rows("SELECT title, a.name AS artist, p.user_id, p.level, p.start_time::VARCHAR AS at, p.session_id,"
                   " p.location, p.year, p.month, length(songplay_id) AS id FROM sparkify.songplays p"
                   " JOIN sparkify.songs USING (song_id) JOIN sparkify.artists a ON a.artist_id = p.artist_id"),
              nlohmann::json::parse(R"([{"title": "Setanta matins", "artist": "Elena", "user_id": 15, "level": "paid",
        "at": "2018-11-21 21:56:47.796", "session_id": 818, "location": "Chicago-Naperville-Elgin, IL-IN-WI",
        "year": 2018, "month": 11, "id": 32}])"))
        << engine;
    EXPECT_EQ(rows("FROM sparkify.time ORDER BY start_time LIMIT 1"),
              nlohmann::json::parse(R"([{"start_time": "2018-11-01 21:01:46.796", "hour": 21, "day": 1, "week": 44,
        "month": 11, "year": 2018, "weekday": 4}])"))
        << engine;
  }
}

TEST_F(Sparkify, MadeEventsOfBothEnginesAreTheSame) {
  make("20000");
  run({});
  const std::vector<std::string> tables = {"songplays", "users", "songs", "artists", "time"};
  std::vector<nlohmann::json> native;
  for (const std::string& table : tables) native.push_back(rows("FROM sparkify." + table + " ORDER BY ALL"));
  EXPECT_GT(native[1].size(), 100u);
  EXPECT_EQ(native[2].size(), 200u);
  EXPECT_GT(rows("SELECT count(song_id) AS n FROM sparkify.songplays")[0]["n"], 100);
  ASSERT_EQ(project.segue({"run", "sparkify", "--engine", "duckdb", "--quiet"}).code, 0);
  for (size_t i = 0; i < tables.size(); ++i)
    EXPECT_EQ(rows("FROM sparkify." + tables[i] + " ORDER BY ALL"), native[i]) << tables[i];
}

TEST_F(Sparkify, AFileThatArrivesTwiceCountsOnce) {
  make("3000");
  run({});
  auto before = rows(kNumbers);
  auto ids = rows("SELECT songplay_id FROM sparkify.songplays ORDER BY ALL");
  fs::path logs = project.folder() / "data/log_data/2018/11";
  fs::copy(logs / "2018-11-05-events.json", logs / "2018-11-05-events-again.json");
  run({});
  EXPECT_EQ(rows(kNumbers), before);
  EXPECT_EQ(rows("SELECT songplay_id FROM sparkify.songplays ORDER BY ALL"), ids);
}

TEST_F(Sparkify, LinesThatAreNoEventsGoToTheQuarantine) {
  make("3000");
  fs::path log = project.folder() / "data/log_data/2018/11/2018-11-05-events.json";
  std::ofstream(log, std::ios::app) << "\n{\"page\":\"NextSong\",\"ts\":\"soon\"}\n{\"page\":\n";
  std::ofstream(project.folder() / "data/song_data/broken.json") << "{\"song_id\":\"S\"";
  run({});
  auto bad = rows("SELECT source, line, reason FROM sparkify.quarantine ORDER BY source, line");
  EXPECT_EQ(bad, nlohmann::json::parse(R"([
      {"source": "events", "line": 101, "reason": "ts: 'soon' is not a BIGINT"},
      {"source": "events", "line": 102, "reason": "the object is not closed, or something stands behind it"},
      {"source": "song_files", "line": 1, "reason": "the object is not closed, or something stands behind it"}])"));
}

TEST_F(Sparkify, AnEmptyTableIsNotPublished) {
  make("3000");
  fs::path songs = project.folder() / "data/song_data";
  fs::remove_all(songs);
  fs::create_directories(songs);
  std::ofstream(songs / "none.json") << "[]";
  EXPECT_EQ(project.segue({"run", "sparkify", "--quiet"}).code, 3);
  EXPECT_NE(project.segue({"sql", "FROM sparkify.songplays"}).code, 0);
}

// Lists and structs of a source that is read by several steps, and twice by one of them.
TEST_F(Sparkify, NestedColumnsAreReadByAllSteps) {
  project.write("rows.json",
                "{\"tags\":[\"a\",null],\"n\":1,\"place\":{\"at\":{\"lat\":1.5},\"city\":\"Zo\\u00eb\"}}\n"
                "{\"tags\":[],\"n\":3,\"place\":{\"city\":\"b\"}}\n{\"n\":5}\n");
  project.write("pipelines/nested/pipeline.yaml", R"yaml(
name: nested
sources:
  rows:
    path: rows.json
    format: {type: json_lines}
    columns: {tags: "varchar[]", n: bigint, place: "struct(city varchar, at struct(lat double))"}
steps:
  high: {sql: "SELECT n, tags, place FROM rows WHERE n >= (SELECT avg(n) FROM rows)"}
  flat: {sql: "SELECT n, place.city AS city, place.at.lat AS lat, len(tags) AS tags FROM rows"}
)yaml");
  for (const char* engine : {"native", "duckdb"}) {
    ASSERT_EQ(project.segue({"run", "nested", "--quiet", "--engine", engine}).code, 0) << engine;
    EXPECT_EQ(rows("FROM nested.high ORDER BY n"),
              nlohmann::json::parse(R"([{"n": 3, "tags": [], "place": {"city": "b", "at": null}},
                                        {"n": 5, "tags": null, "place": null}])"))
        << engine;
    EXPECT_EQ(rows("FROM nested.flat ORDER BY n"),
              nlohmann::json::parse(R"([{"n": 1, "city": "Zo\u00eb", "lat": 1.5, "tags": 2},
                                        {"n": 3, "city": "b", "lat": null, "tags": 0},
                                        {"n": 5, "city": null, "lat": null, "tags": null}])"))
        << engine;
  }
}

TEST_F(Sparkify, SourcesAreQueriedAsTheyAre) {
  make("3000");
  EXPECT_EQ(rows("SELECT count(*) AS n, count(DISTINCT userId) > 50 AS users FROM sparkify.events")[0],
            nlohmann::json::parse(R"({"n": 3000, "users": true})"));
  EXPECT_EQ(rows("SELECT count(*) AS n FROM sparkify.song_files WHERE duration > 0")[0]["n"], 200);
}

}  // namespace
}  // namespace segue::cli

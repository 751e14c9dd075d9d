#include "generate/sparkify.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "formats/scan_helpers.h"

namespace segue::generate {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uint64_t kPinnedHash = 9455212172204163386u;

class Sparkify : public testing::Test {
 protected:
  fs::path folder_path() const { return fs::path(folder.path("x")).parent_path(); }
  void generate(const SparkifyOptions& options) { generate_sparkify(options, folder_path(), cancellation, &progress); }
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // By path, which says the order.
  std::map<std::string, std::string> files(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_path() / name)) {
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), folder_path() / name).string()] = content(entry.path());
    }
    return files;
  }
  formats::TestFolder folder;
  Cancellation cancellation;
  Progress progress;
};

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST_F(Sparkify, EventsHaveTheShapeOfTheRealOnes) {
  generate({20'000, 300, 50, 7, false});
  EXPECT_EQ(progress.rows_read, 20'000u);
  EXPECT_EQ(progress.bytes_read, progress.bytes_total);
  auto logs = files("log_data");
  ASSERT_EQ(logs.size(), 30u);
  EXPECT_EQ(logs.begin()->first, "2018/11/2018-11-01-events.json");
  size_t events = 0, plays = 0;
  std::set<std::string> pages, keys;
  for (const auto& [name, text] : logs) {
    ASSERT_TRUE(text.ends_with('}')) << name << ": no line end behind the last line";
    std::istringstream lines(text);
    int64_t before = 0;
    for (std::string line; std::getline(lines, line); ++events) {
      Json event = Json::parse(line);
      ASSERT_EQ(keys_of(event),
                (std::vector<std::string>{"artist", "auth", "firstName", "gender", "itemInSession", "lastName",
                                          "length", "level", "location", "method", "page", "registration", "sessionId",
                                          "song", "status", "ts", "userAgent", "userId"}));
      bool play = event["page"] == "NextSong", known = event["auth"] == "Logged In";
      plays += play;
      pages.insert(event["page"]);
      for (const char* key : {"artist", "song"}) ASSERT_EQ(event[key].is_string(), play) << line;
      ASSERT_EQ(event["length"].is_number_float(), play) << line;
      for (const char* key : {"firstName", "lastName", "gender", "location", "userAgent"})
        ASSERT_EQ(event[key].is_string(), known) << line;
      ASSERT_EQ(event["registration"].is_number_float(), known) << line;
      ASSERT_EQ(event["userId"] == "", !known) << line;
      ASSERT_TRUE(event["level"] == "paid" || event["level"] == "free");
      ASSERT_TRUE(event["status"].is_number_integer() && event["sessionId"].is_number_integer());
      auto at = event["ts"].get<int64_t>();
      ASSERT_GE(at, before) << line;
      ASSERT_EQ(fmt::format("2018/11/2018-11-{:02}-events.json", (at / 1000 - 1541030400) / 86400 + 1), name);
      before = at;
      ASSERT_TRUE(
          keys.insert(event["userId"].dump() + event["sessionId"].dump() + "," + event["itemInSession"].dump()).second)
          << line;
    }
  }
  EXPECT_EQ(events, 20'000u);
  EXPECT_GT(plays, 14'000u);
  EXPECT_LT(plays, 19'000u);
  EXPECT_GE(pages.size(), 10u);
}

TEST_F(Sparkify, SongsAreOfThoseThatArePlayed) {
  generate({20'000, 300, 50, 7, false});
  std::set<std::string> played, ids;
  for (const auto& [name, text] : files("log_data")) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      Json event = Json::parse(line);
      if (event["page"] == "NextSong")
        played.insert(event["song"].dump() + event["artist"].dump() + event["length"].dump());
    }
  }
  size_t found = 0;
  auto songs = files("song_data");
  ASSERT_EQ(songs.size(), 50u);
  for (const auto& [name, text] : songs) {
    Json song = Json::parse(text);
    ASSERT_EQ(keys_of(song),
              (std::vector<std::string>{"num_songs", "artist_id", "artist_latitude", "artist_longitude",
                                        "artist_location", "artist_name", "song_id", "title", "duration", "year"}));
    EXPECT_TRUE(ids.insert(song["song_id"]).second);
    EXPECT_EQ(song["song_id"].get<std::string>().size(), 18u);
    EXPECT_EQ(song["artist_id"].get<std::string>().size(), 18u);
    // A/B/C/TRABC….json
    EXPECT_EQ(name.size(), 6u + 18 + 5) << name;
    EXPECT_EQ(name.substr(6, 5), std::string("TR") + name[0] + name[2] + name[4]);
    found += played.count(song["title"].dump() + song["artist_name"].dump() + song["duration"].dump());
  }
  EXPECT_GT(found, 5u) << "some are played";
}

TEST_F(Sparkify, TheBytesAreTheSameOnEveryMachine) {
  generate({3000, 50, 20, 1, false});
  std::string all;
  for (const char* name : {"log_data", "song_data"}) {
    for (const auto& [path, text] : files(name)) all += path + text;
  }
  EXPECT_EQ(hash_text(all.data(), all.size()), kPinnedHash);
}

TEST_F(Sparkify, OptionsThatCannotBe) {
  for (const SparkifyOptions& options : {SparkifyOptions{29, 1, 1, 1, false}, SparkifyOptions{100, 0, 1, 1, false},
                                         SparkifyOptions{100, 1, 20'001, 1, false}}) {
    EXPECT_THROW(generate(options), Failure);
    EXPECT_TRUE(fs::is_empty(folder_path()));
  }
}

TEST_F(Sparkify, FoldersThatAreThereStayAndACancelledRunLeavesNone) {
  generate({100, 20, 10, 1, false});
  auto before = files("log_data");
  EXPECT_THROW(generate({100, 20, 10, 2, false}), Failure);
  cancellation.request();
  EXPECT_THROW(generate({100, 20, 10, 2, true}), Failure);
  EXPECT_EQ(files("log_data"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_path()), {}), 2) << "nothing else is left";
  Cancellation none;
  generate_sparkify({100, 20, 10, 2, true}, folder_path(), none, nullptr);
  EXPECT_NE(files("log_data"), before);
  EXPECT_EQ(files("song_data").size(), 10u);
}

}  // namespace
}  // namespace segue::generate

// What is found in the real files of ../shared/data, and that it reads them.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crawl/read_back.h"

namespace segue::crawl {
namespace {

namespace fs = std::filesystem;
using definition::FormatType;
using testing::HasSubstr;

class CrawlRealData : public testing::Test {
 protected:
  CrawlRealData() {
    const char* set = std::getenv("SEGUE_DATA");
    data = set != nullptr ? fs::path(set) : fs::current_path().parent_path() / "shared/data";
  }
  void SetUp() override {
    if (!fs::exists(data)) GTEST_SKIP() << "there is no " << data;
  }
  FoundSource at(const std::string& name) { return source_at((data / name).string()); }

  fs::path data;
};

TEST_F(CrawlRealData, PlaysOfLastfm) {
  FoundSource found = at("lastfm/plays.tsv");
  EXPECT_EQ(found.source.name, "plays");
  EXPECT_EQ(found.source.format.delimiter, "\t");
  EXPECT_EQ(found.source.format.quote, std::nullopt);
  EXPECT_TRUE(found.source.format.header);
  EXPECT_EQ(columns_text(found),
            "user varchar, timestamp timestamp, artist_id varchar, artist varchar, artist_id_2 varchar, song varchar");
  EXPECT_EQ(found.exceptions_in_all, 0u);
  ReadBack read = read_back(found);
  EXPECT_EQ(read.rows.size(), found.rows);
  EXPECT_TRUE(read.bad.empty());
}

TEST_F(CrawlRealData, ProfilesOfLastfm) {
  FoundSource found = at("lastfm/userid-profile.tsv");
  EXPECT_EQ(columns_text(found), "id varchar, gender varchar, age bigint, country varchar, registered varchar");
  EXPECT_EQ(found.rows, 992u);
  EXPECT_TRUE(read_back(found).bad.empty());
}

TEST_F(CrawlRealData, RatingsAndMoviesOfMovielens) {
  Crawled crawled = crawl_at((data / "ml-100k").string());
  ASSERT_EQ(crawled.sources.size(), 2u);
  const FoundSource &ratings = crawled.sources[0], &movies = crawled.sources[1];
  EXPECT_EQ(ratings.source.path, (data / "ml-100k/u.data").string());
  EXPECT_EQ(columns_text(ratings), "column_1 bigint, column_2 bigint, column_3 bigint, column_4 bigint");
  EXPECT_FALSE(ratings.source.format.header);
  EXPECT_EQ(read_back(ratings).rows.size(), 100'000u);
  EXPECT_EQ(movies.source.format.delimiter, "|");
  EXPECT_EQ(movies.source.format.encoding, definition::Encoding::kLatin1);
  EXPECT_EQ(movies.columns.size(), 24u);
  ReadBack read = read_back(movies);
  EXPECT_EQ(read.rows.size(), 1682u);
  EXPECT_TRUE(read.bad.empty());
}

TEST_F(CrawlRealData, UsersAndMoviesOfMovielens1m) {
  Crawled crawled = crawl_at((data / "ml-1m").string());
  ASSERT_EQ(crawled.sources.size(), 2u);
  EXPECT_EQ(crawled.sources[0].source.name, "movies");
  EXPECT_EQ(crawled.sources[0].source.format.delimiter, "::");
  EXPECT_EQ(crawled.sources[0].source.format.encoding, definition::Encoding::kLatin1);
  EXPECT_EQ(columns_text(crawled.sources[0]), "column_1 bigint, column_2 varchar, column_3 varchar");
  EXPECT_EQ(crawled.sources[1].source.name, "users");
  EXPECT_EQ(columns_text(crawled.sources[1]),
            "column_1 bigint, column_2 varchar, column_3 bigint, column_4 bigint, column_5 varchar");
  EXPECT_EQ(read_back(crawled.sources[0]).rows.size(), 3883u);
  EXPECT_EQ(read_back(crawled.sources[1]).rows.size(), 6040u);
  ASSERT_EQ(crawled.others.size(), 1u);
  EXPECT_THAT(crawled.others[0].file, HasSubstr("README"));
}

TEST_F(CrawlRealData, LogsAndSongsOfSparkify) {
  Crawled crawled = crawl_at((data / "sparkify").string(), Together::kAuto, 2);
  ASSERT_EQ(crawled.sources.size(), 2u);
  const FoundSource &logs = crawled.sources[0], &songs = crawled.sources[1];
  EXPECT_EQ(logs.source.name, "events");
  EXPECT_EQ(logs.source.path, (data / "sparkify/log_data/*/*/*-events.json").string());
  EXPECT_EQ(logs.source.format.type, FormatType::kJsonLines);
  EXPECT_EQ(logs.files.size(), 30u);
  EXPECT_EQ(columns_text(logs),
            "artist varchar, auth varchar, firstName varchar, gender varchar, itemInSession bigint, lastName varchar, "
            "length double, level varchar, location varchar, method varchar, page varchar, registration double, "
            "sessionId bigint, song varchar, status bigint, ts bigint, userAgent varchar, userId varchar");
  EXPECT_EQ(read_back(logs).rows.size(), 8056u);
  EXPECT_EQ(songs.source.name, "song_data");
  EXPECT_EQ(songs.source.path, (data / "sparkify/song_data/A/*/*/*.json").string());
  EXPECT_EQ(songs.source.format.type, FormatType::kJson);
  EXPECT_EQ(songs.files.size(), 71u);
  EXPECT_EQ(
      columns_text(songs),
      "num_songs bigint, artist_id varchar, artist_latitude double, artist_longitude double, artist_location varchar, "
      "artist_name varchar, song_id varchar, title varchar, duration double, year bigint");
  ReadBack read = read_back(songs);
  EXPECT_EQ(read.rows.size(), 71u);
  EXPECT_TRUE(read.bad.empty());
}

TEST_F(CrawlRealData, SongsOfSpotify) {
  FoundSource found = at("spotify/spotify-songs.csv");
  EXPECT_EQ(found.source.format.quote, '"');
  EXPECT_TRUE(found.source.format.header);
  ReadBack read = read_back(found);
  EXPECT_EQ(read.rows.size() + read.bad.size(), 5937u);
  EXPECT_EQ(found.columns[2].field.name, "duration_ms");
  EXPECT_EQ(type_text(found.columns[2].field.type), "bigint");
  EXPECT_EQ(type_text(found.columns[5].field.type), "double");
}

TEST_F(CrawlRealData, PublishedResultsInParquet) {
  for (const char* name : {"distinct_songs", "popular_songs", "longest_sessions"}) {
    FoundSource found = at(std::string("lastfm/published-results/") + name + ".parquet");
    EXPECT_EQ(found.source.format.type, FormatType::kParquet);
    EXPECT_FALSE(found.columns.empty());
    EXPECT_EQ(read_back(found).rows.size(), found.rows);
  }
}

TEST_F(CrawlRealData, NothingOfAllFilesIsLost) {
  Crawled crawled = crawl_at(data.string());
  size_t files = crawled.others.size();
  for (const FoundSource& found : crawled.sources) files += found.files.size() + found.empty_files.size();
  EXPECT_EQ(files, crawled.files);
}

}  // namespace
}  // namespace segue::crawl

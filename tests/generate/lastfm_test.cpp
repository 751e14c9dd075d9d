#include "generate/lastfm.h"

#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/clean_text.h"
#include "base/hash.h"
#include "formats/scan_helpers.h"
#include "formats/values.h"
#include "generate/random.h"

namespace segue::generate {
namespace {

constexpr uint64_t kPinnedHash = 674137714434037639u;

using formats::TestFolder;
using testing::HasSubstr;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  if (!text.empty() && text.back() == at && at != '\n') parts.emplace_back();
  return parts;
}

class Lastfm : public testing::Test {
 protected:
  void generate(const LastfmOptions& options, size_t threads = 2, const std::string& name = "plays.tsv") {
    Workers workers(threads, cancellation);
    generate_lastfm(options, folder.path(name), folder.path(name + ".profiles"), workers, &progress);
  }
  Error error_of(const LastfmOptions& options) {
    try {
      generate(options);
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  size_t files() const {
    std::filesystem::directory_iterator entries(std::filesystem::path(folder.path("x")).parent_path());
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }
  TestFolder folder;
  Cancellation cancellation;
  Progress progress;
};

TEST_F(Lastfm, TheBytesDependOnOptionsAlone) {
  LastfmOptions options{20000, 7, 42, false};
  generate(options, 1, "one");
  generate(options, 3, "three");
  EXPECT_EQ(content_of(folder.path("one")), content_of(folder.path("three")));
  EXPECT_EQ(content_of(folder.path("one.profiles")), content_of(folder.path("three.profiles")));
  options.seed = 43;
  generate(options, 1, "other");
  EXPECT_NE(content_of(folder.path("one")), content_of(folder.path("other")));
}

// What a machine made once, every machine makes: pinned by a hash of a small file.
TEST_F(Lastfm, TheBytesAreTheSameOnEveryMachine) {
  generate({1000, 5, 1, false});
  std::string plays = content_of(folder.path("plays.tsv"));
  EXPECT_EQ(hash_text(plays.data(), plays.size()), kPinnedHash)
      << "the generator's output has changed: if that is meant, pin the new hash";
}

TEST_F(Lastfm, HasTheShapeOfTheRealFile) {
  constexpr uint64_t kRows = 60000, kUsers = 12;
  generate({kRows, kUsers, 1, false});
  std::vector<std::string> rows = split(content_of(folder.path("plays.tsv")), '\n');
  ASSERT_EQ(rows.size(), kRows);
  std::set<std::string> users, songs, accents;
  std::map<std::string, size_t> plays_of_user, plays_of_song;
  std::string user;
  int64_t before = 0;
  size_t without_artist_id = 0, without_track_id = 0, sessions = 0;
  for (const std::string& row : rows) {
    std::vector<std::string> fields = split(row, '\t');
    ASSERT_EQ(fields.size(), 6u) << row;
    int64_t time = 0;
    ASSERT_EQ(formats::parse_timestamp(fields[1], time), formats::Parsed::kOk);
    ASSERT_EQ(fields[1].size(), 20u);
    ASSERT_GE(fields[1], "2005-02-14");
    ASSERT_LT(fields[1], "2009-06-20");
    if (fields[0] != user) {
      ASSERT_TRUE(users.insert(fields[0]).second) << "the rows of " << fields[0] << " are apart";
      user = fields[0];
      ++sessions;
    } else {
      ASSERT_LE(time, before) << "newest first";
      sessions += before - time > int64_t{1200} * 1'000'000;
    }
    before = time;
    ASSERT_TRUE(clean_text(row));
    ASSERT_TRUE(fields[2].empty() || fields[2].size() == 36u);
    ASSERT_TRUE(fields[4].empty() || fields[4].size() == 36u);
    ASSERT_FALSE(fields[3].empty() || fields[5].empty());
    without_artist_id += fields[2].empty();
    without_track_id += fields[4].empty();
    if (!plain_ascii(fields[3])) accents.insert(fields[3]);
    ++plays_of_user[fields[0]];
    ++plays_of_song[fields[3] + '\t' + fields[5]];
  }
  EXPECT_EQ(users.size(), kUsers);
  EXPECT_EQ(*users.begin(), "user_000001");
  EXPECT_GT(accents.size(), 100u);
  EXPECT_GT(without_artist_id, kRows / 100);
  EXPECT_LT(without_artist_id, kRows / 10);
  EXPECT_GT(without_track_id, kRows / 12);
  EXPECT_LT(without_track_id, kRows / 3);
  EXPECT_GT(sessions, kRows / 40);
  EXPECT_LT(sessions, kRows / 10);
  size_t most = 0, least = kRows, favourite = 0;
  for (const auto& [name, count] : plays_of_user) most = std::max(most, count), least = std::min(least, count);
  for (const auto& [name, count] : plays_of_song) favourite = std::max(favourite, count);
  EXPECT_GT(most, 5 * least);
  EXPECT_GT(favourite, 50u);
  EXPECT_GT(plays_of_song.size(), kRows / 10);
  EXPECT_LT(plays_of_song.size(), kRows / 2);
}

TEST_F(Lastfm, WritesAProfileForEachUser) {
  generate({1000, 40, 1, false});
  std::vector<std::string> lines = split(content_of(folder.path("plays.tsv.profiles")), '\n');
  ASSERT_EQ(lines.size(), 41u);
  EXPECT_EQ(lines[0], "#id\tgender\tage\tcountry\tregistered");
  for (size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(split(lines[i], '\t').size(), 5u);
  EXPECT_EQ(lines[40].substr(0, 12), "user_000040\t");
}

TEST_F(Lastfm, EverySizeWorks) {
  for (const LastfmOptions& options :
       {LastfmOptions{1, 1, 1, true}, {2, 1, 1, true}, {5, 5, 1, true}, {992, 992, 9, true}, {200000, 1, 3, true}}) {
    generate(options);
    EXPECT_EQ(split(content_of(folder.path("plays.tsv")), '\n').size(), options.rows);
    EXPECT_EQ(progress.bytes_total, progress.bytes_read);
    progress.bytes_read = 0;
  }
}

TEST_F(Lastfm, OptionsOutOfRangeAreRefused) {
  EXPECT_THAT(error_of({0, 1, 1, false}).message, HasSubstr("rows must be 1 to 19150868"));
  EXPECT_THAT(error_of({kLastfmRows + 1, 1, 1, false}).message, HasSubstr("rows must be"));
  EXPECT_THAT(error_of({1000, 993, 1, false}).message, HasSubstr("users must be 1 to 992"));
  EXPECT_THAT(error_of({10, 11, 1, false}).message, HasSubstr("11 users can't share 10 rows"));
  EXPECT_EQ(files(), 0u);
}

TEST_F(Lastfm, FilesThatAreThereAreReplacedOnlyWhenAsked) {
  folder.write("plays.tsv", "precious");
  Error error = error_of({100, 2, 1, false});
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_THAT(error.hint, HasSubstr("--force"));
  EXPECT_EQ(content_of(folder.path("plays.tsv")), "precious");
  EXPECT_EQ(files(), 1u);
  generate({100, 2, 1, true});
  EXPECT_EQ(split(content_of(folder.path("plays.tsv")), '\n').size(), 100u);
  EXPECT_EQ(files(), 2u);
}

TEST_F(Lastfm, AMissingFolderIsAnError) {
  Workers workers(1, cancellation);
  try {
    generate_lastfm({100, 2, 1, false}, folder.path("none/plays.tsv"), {}, workers, nullptr);
    FAIL() << "no error";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kIo);
    EXPECT_THAT(failure.error().hint, HasSubstr("mkdir -p"));
  }
}

TEST_F(Lastfm, CancellationLeavesNothing) {
  std::thread stopper([&] {
    while (progress.rows_read == 0) std::this_thread::yield();
    cancellation.request();
  });
  Error error = error_of({kLastfmRows, 992, 1, false});
  stopper.join();
  EXPECT_EQ(error.code, ErrorCode::kCancelled);
  EXPECT_EQ(files(), 0u);
}

// A limit of the file size stands in for a full disk: writing fails in the same place.
TEST_F(Lastfm, NoRoomLeavesNothing) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  Error error;
  try {
    Workers workers(2, cancellation);
    generate_lastfm({100000, 10, 1, false}, folder.path("plays.tsv"), {}, workers, nullptr);
  } catch (const Failure& failure) {
    error = failure.error();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_THAT(error.message, HasSubstr("no room"));
  EXPECT_EQ(files(), 0u);
}

TEST(Random, ItsFunctionsAreRight) {
  for (double x : {-5.5, -1.0, -0.25, 0.0, 0.3, 1.0, 7.75}) EXPECT_NEAR(power_of_two(x) / std::exp2(x), 1, 1e-11);
  for (double x : {1e-6, 0.1, 0.5, 0.7, 1.0, 1.5, 2.0, 1234.5}) EXPECT_NEAR(log_of_two(x), std::log2(x), 1e-11);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-8);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963985, 1e-7);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306, 1e-7);
}

}  // namespace
}  // namespace segue::generate

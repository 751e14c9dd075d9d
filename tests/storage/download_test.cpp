// Downloads from a server that breaks off, is slow, answers wrongly, or has something else the next time.
#include "storage/download.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "storage/web_server.h"

namespace segue::storage {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Downloads : public testing::Test {
 protected:
  Downloads() : path(target()) {}
  static std::string target() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-download-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    return name + "/cache/plays.tsv";
  }
  ~Downloads() override {
    std::error_code ignored;
    std::filesystem::remove_all(std::filesystem::path(path).parent_path().parent_path(), ignored);
  }
  Downloaded fetch(const std::string& name = "plays.tsv", const std::string& md5 = "", const std::string& sha256 = "") {
    return download({server.url(name), path, md5, sha256}, options, &cancellation, nullptr);
  }
  Error error_of(const std::string& name = "plays.tsv", const std::string& md5 = "") {
    try {
      fetch(name, md5);
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  std::string content() const {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  json request(size_t number) const { return server.requests().at(number); }

  const std::string path;
  WebServer server;
  Cancellation cancellation;
  DownloadOptions options{4, 10, {2000, 3000}};
};

std::string text(size_t bytes, int seed = 0) {
  std::string made;
  for (size_t i = 0; made.size() < bytes; ++i)
    made += "line " + std::to_string(i * 7919 + static_cast<size_t>(seed)) + "\n";
  made.resize(bytes);
  return made;
}

TEST_F(Downloads, AFileIsFetchedAndThenAskedFor) {
  server.serve("plays.tsv", "one\n", {{"etag", "\"1\""}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), "one\n");
  Downloaded again = fetch();
  EXPECT_FALSE(again.fresh);
  EXPECT_EQ(again.bytes, 4u);
  EXPECT_EQ(content(), "one\n");
  EXPECT_EQ(request(1)["if_none_match"], "\"1\"");
  EXPECT_EQ(request(1)["status"], 304);
  server.serve("plays.tsv", "two!\n", {{"etag", "\"2\""}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), "two!\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_F(Downloads, TheTimeOfItsChangeServesWithoutATag) {
  server.serve("plays.tsv", "one\n", {{"last_modified", "Sat, 21 Nov 2026 10:00:00 GMT"}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_FALSE(fetch().fresh);
  EXPECT_EQ(request(1)["if_modified_since"], "Sat, 21 Nov 2026 10:00:00 GMT");
}

TEST_F(Downloads, WithAChecksumNoServerIsAskedAgain) {
  server.serve("plays.tsv", "one\n");
  EXPECT_TRUE(fetch("plays.tsv", "5bbf5a52328e7439ae6e719dfe712200").fresh);
  EXPECT_FALSE(fetch("plays.tsv", "5bbf5a52328e7439ae6e719dfe712200").fresh);
  EXPECT_FALSE(fetch("plays.tsv", "", "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806").fresh);
  EXPECT_EQ(server.requests().size(), 1u);
  // Somebody changed the file: it is fetched anew.
  std::ofstream(path, std::ios::app) << "more";
  EXPECT_TRUE(fetch("plays.tsv", "5bbf5a52328e7439ae6e719dfe712200").fresh);
  EXPECT_EQ(content(), "one\n");
}

TEST_F(Downloads, AFileWithAnotherChecksumIsNotUsed) {
  server.serve("plays.tsv", "two\n", {{"etag", "\"2\""}});
  Error error = error_of("plays.tsv", "5bbf5a52328e7439ae6e719dfe712200");
  EXPECT_EQ(error.code, ErrorCode::kData);
  EXPECT_THAT(error.message,
              HasSubstr("has the MD5 c193497a1a06b2c72230e6146ff47080, not 5bbf5a52328e7439ae6e719dfe712200"));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  // What was there stays until the right one comes.
  EXPECT_TRUE(fetch().fresh);
  error_of("plays.tsv", "5bbf5a52328e7439ae6e719dfe712200");
  EXPECT_EQ(content(), "two\n");
}

TEST_F(Downloads, OneThatBreaksOffGoesOnWhereItEnded) {
  std::string whole = text(300'000);
  server.serve("plays.tsv", whole, {{"etag", "\"1\""}, {"breaks", {100'000, 50'000}}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), whole);
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(request(1)["range"], "bytes=100000-");
  EXPECT_EQ(request(1)["if_range"], "\"1\"");
  EXPECT_EQ(request(2)["range"], "bytes=150000-");
}

TEST_F(Downloads, WhatCameIsKeptForTheNextTime) {
  std::string whole = text(200'000);
  server.serve("plays.tsv", whole, {{"etag", "\"1\""}, {"breaks", {80'000}}});
  options.attempts = 1;
  Error error = error_of();
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_THAT(error.hint, HasSubstr("goes on from there"));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), whole);
  EXPECT_EQ(request(1)["range"], "bytes=80000-");
}

TEST_F(Downloads, PartsOfTwoFilesAreNeverPutTogether) {
  server.serve("plays.tsv", text(200'000), {{"etag", "\"1\""}, {"breaks", {80'000}}});
  options.attempts = 1;
  error_of();
  std::string other = text(200'000, 1);
  server.serve("plays.tsv", other, {{"etag", "\"2\""}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), other);
  EXPECT_EQ(request(1)["status"], 200);
}

TEST_F(Downloads, WithoutAStrongTagADownloadBeginsAnew) {
  std::string whole = text(200'000);
  for (const json& how : {json{{"breaks", {80'000}}}, json{{"etag", "W/\"1\""}, {"breaks", {80'000}}}}) {
    server.serve("plays.tsv", whole, how);
    size_t before = server.requests().size();
    EXPECT_TRUE(fetch().fresh);
    EXPECT_EQ(content(), whole);
    EXPECT_EQ(request(before + 1)["range"], nullptr);
    std::filesystem::remove(path);
  }
}

TEST_F(Downloads, APartThatIsTooLongBeginsAnew) {
  server.serve("plays.tsv", text(100'000), {{"etag", "\"1\""}, {"breaks", {80'000}}});
  options.attempts = 1;
  error_of();
  std::ofstream(path + ".part", std::ios::app) << text(50'000);
  options.attempts = 4;
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), text(100'000));
  EXPECT_EQ(request(1)["status"], 416);
}

TEST_F(Downloads, AnswersThatMayPassAreTriedAgain) {
  server.serve("plays.tsv", "one\n", {{"statuses", {500, 503, 429}}});
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(server.requests().size(), 4u);
  server.serve("plays.tsv", "one\n", {{"statuses", {500, 500, 500, 502, 500}}});
  Error error = error_of();
  EXPECT_THAT(error.message, HasSubstr("the server answered 502; tried 4 times"));
}

TEST_F(Downloads, TheServerSaysHowLongToWait) {
  server.serve("plays.tsv", "one\n", {{"statuses", {503}}, {"headers", {{"Retry-After", "1"}}}});
  auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(fetch().fresh);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(Downloads, OtherAnswersAreErrorsAtOnce) {
  Error error = error_of("nothing.tsv");
  EXPECT_THAT(error.message, HasSubstr("/nothing.tsv: the server answered 404"));
  EXPECT_EQ(server.requests().size(), 1u);
  server.serve("secret.tsv", "", {{"statuses", {403}}});
  EXPECT_THAT(error_of("secret.tsv").message, HasSubstr("answered 403"));
}

TEST_F(Downloads, AServerThatIsGoneIsAnError) {
  server.stop();
  Error error = error_of();
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_THAT(error.message, HasSubstr("tried 4 times"));
}

TEST_F(Downloads, AConnectionThatStallsIsTriedAgain) {
  std::string whole = text(100'000);
  server.serve("plays.tsv", whole, {{"etag", "\"1\""}, {"stalls", {30'000}}});
  options.times.stall_millis = 300;
  EXPECT_TRUE(fetch().fresh);
  EXPECT_EQ(content(), whole);
  EXPECT_EQ(request(1)["range"], "bytes=30000-");
}

TEST_F(Downloads, StopsWithinASecond) {
  server.serve("plays.tsv", text(1'000'000), {{"etag", "\"1\""}, {"pace", 50'000}});
  std::chrono::steady_clock::time_point asked;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    asked = std::chrono::steady_clock::now();
    cancellation.request();
  });
  Error error = error_of();
  auto took = std::chrono::steady_clock::now() - asked;
  stopper.join();
  EXPECT_EQ(error.code, ErrorCode::kCancelled);
  EXPECT_LT(took, std::chrono::seconds(1));
  EXPECT_GT(std::filesystem::file_size(path + ".part"), 0u);
}

TEST_F(Downloads, StopsWhileItWaitsToTryAgain) {
  server.serve("plays.tsv", "one\n", {{"statuses", {503}}, {"headers", {{"Retry-After", "20"}}}});
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancellation.request();
  });
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of().code, ErrorCode::kCancelled);
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1300));
}

TEST_F(Downloads, RedirectsAreFollowed) {
  server.serve("old.tsv", "", {{"redirect", server.url("plays.tsv")}});
  server.serve("plays.tsv", "one\n");
  EXPECT_TRUE(fetch("old.tsv").fresh);
  EXPECT_EQ(content(), "one\n");
  server.serve("round.tsv", "", {{"redirect", server.url("round.tsv")}});
  options.attempts = 1;
  EXPECT_EQ(error_of("round.tsv").code, ErrorCode::kIo);
}

TEST_F(Downloads, AnEmptyFileIsAFile) {
  server.serve("plays.tsv", "");
  EXPECT_TRUE(fetch().fresh);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(std::filesystem::file_size(path), 0u);
}

TEST_F(Downloads, WhatIsSecretIsNotShown) {
  EXPECT_EQ(shown_url("https://me:pass@example.org/a/b.tsv?token=x#y"), "https://example.org/a/b.tsv");
  EXPECT_EQ(shown_url("https://example.org"), "https://example.org");
  EXPECT_EQ(shown_url("https://example.org/a@b"), "https://example.org/a@b");
  Error error = error_of("nothing.tsv?token=hidden");
  EXPECT_THAT(error.message, Not(HasSubstr("hidden")));
}

TEST_F(Downloads, OfTwoAtOnceOneFetches) {
  server.serve("plays.tsv", text(200'000), {{"etag", "\"1\""}, {"pace", 400'000}});
  std::vector<Downloaded> results(2);
  std::thread other([&] { results[0] = fetch(); });
  results[1] = fetch();
  other.join();
  EXPECT_NE(results[0].fresh, results[1].fresh);
  EXPECT_EQ(content(), text(200'000));
}

TEST_F(Downloads, ProgressTellsOfAll) {
  server.serve("plays.tsv", text(100'000), {{"etag", "\"1\""}, {"breaks", {40'000}}});
  Progress progress;
  download({server.url("plays.tsv"), path, "", ""}, options, &cancellation, &progress);
  EXPECT_EQ(progress.bytes_total, 100'000u);
  EXPECT_EQ(progress.bytes_read, 100'000u);
}

}  // namespace
}  // namespace segue::storage

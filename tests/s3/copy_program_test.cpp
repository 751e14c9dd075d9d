// segue copy, as its users call it.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "s3/s3_server.h"
#include "storage/store.h"
#include "storage/web_server.h"

namespace segue::cli {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

std::string noise(size_t bytes) {
  std::minstd_rand random(static_cast<uint32_t>(bytes) + 1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

constexpr size_t kPart = size_t{16} << 20;

class CopyCommandTest : public testing::Test {
 protected:
  Call call_of(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "copy");
    return {std::move(arguments), project_.folder(), {}, server_.environment()};
  }
  Outcome copy(std::vector<std::string> arguments) const { return call(call_of(std::move(arguments))); }
  bool there(const std::string& path) const { return std::filesystem::exists(project_.folder() / path); }

  storage::S3Server server_;
  std::shared_ptr<storage::Store> bucket_ = storage::open_store("s3://lake");
  Project project_;
};

TEST_F(CopyCommandTest, AFolderGoesToS3AndBack) {
  const std::string large = noise(2 * kPart + 12345);
  project_.write("in/a.tsv", "a\n");
  project_.write("in/deep/er/b [1].tsv", "b\n");
  project_.write("in/.hidden", "");
  project_.write("in/large", large);
  Outcome outcome = copy({"in", "s3://lake/there"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("copied 4 files, 33.6 MB"));
  EXPECT_EQ(bucket_->read("there/deep/er/b [1].tsv"), "b\n");
  EXPECT_EQ(bucket_->read("there/.hidden"), "");
  EXPECT_EQ(bucket_->read("there/large"), large);
  EXPECT_THAT(copy({"in", "s3://lake/there/"}).out, HasSubstr("nothing to copy; 4 files were there already"));
  ASSERT_EQ(copy({"s3://lake/there", "back"}).code, 0);
  EXPECT_EQ(project_.read("back/large"), large);
  EXPECT_EQ(project_.read("back/deep/er/b [1].tsv"), "b\n");
  EXPECT_TRUE(there("back/.hidden"));
  EXPECT_FALSE(there("back/large.copy") || there("back/large.copy.pieces"));
  outcome = copy({"s3://lake/there", "back", "--json"});
  auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["files"].size(), 4u);
  EXPECT_EQ(json["bytes"], 0);
  EXPECT_EQ(json["files"][0]["copied"], false);
}

TEST_F(CopyCommandTest, OneFileAndPatterns) {
  bucket_->put("in/a.tsv", "a");
  bucket_->put("in/b.csv", "b");
  ASSERT_EQ(copy({"s3://lake/in/a.tsv", "here.tsv"}).code, 0);
  EXPECT_EQ(project_.read("here.tsv"), "a");
  ASSERT_EQ(copy({"s3://lake/in/a.tsv", "folder/"}).code, 0);
  EXPECT_EQ(project_.read("folder/a.tsv"), "a");
  ASSERT_EQ(copy({"s3://lake/*/*.csv", "matched"}).code, 0);
  EXPECT_EQ(project_.read("matched/in/b.csv"), "b");
  EXPECT_FALSE(there("matched/in/a.tsv"));
  ASSERT_EQ(copy({"here.tsv", "s3://lake"}).code, 0);
  EXPECT_EQ(bucket_->read("here.tsv"), "a");
  ASSERT_EQ(copy({"s3://lake/in/b.csv", "s3://lake/out/c.csv"}).code, 0);
  EXPECT_EQ(bucket_->read("out/c.csv"), "b");
  Outcome outcome = copy({"s3://lake/in/a.tvs", "x"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no such file: s3://lake/in/a.tvs"), HasSubstr("did you mean")));
  EXPECT_THAT(copy({"s3://no-such-bucket/a", "x"}).err, HasSubstr("there is no bucket no-such-bucket"));
  EXPECT_THAT(copy({"here.tsv", "s3://no-such-bucket/a"}).err, HasSubstr("there is no bucket no-such-bucket"));
  EXPECT_EQ(copy({"ftp://x/y", "x"}).code, 2);
}

TEST_F(CopyCommandTest, OtherContentIsNotReplacedUnlessAsked) {
  project_.write("in/a", "old");
  project_.write("in/b", "b");
  bucket_->put("there/a", "new");  // as long
  Outcome outcome = copy({"in", "s3://lake/there"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("s3://lake/there/a is there already, with other content"),
                                 HasSubstr("nothing was copied"), HasSubstr("--force")));
  EXPECT_EQ(bucket_->read("there/a"), "new");
  EXPECT_EQ(bucket_->read("there/b"), std::nullopt);
  ASSERT_EQ(copy({"in", "s3://lake/there", "--force"}).code, 0);
  EXPECT_EQ(bucket_->read("there/a"), "old");
  project_.write("back/a", "mine");
  EXPECT_EQ(copy({"s3://lake/there", "back"}).code, 1);
  EXPECT_EQ(project_.read("back/a"), "mine");
  EXPECT_FALSE(there("back/b"));
  ASSERT_EQ(copy({"s3://lake/there", "back", "--force"}).code, 0);
  EXPECT_EQ(project_.read("back/a"), "old");
}

TEST_F(CopyCommandTest, AnUploadThatBrokeOffIsGoneOnWith) {
  const std::string large = noise(5 * kPart + 1);
  project_.write("large", large);
  server_.fail("500", -1, "PUT", "partNumber=4");
  Outcome outcome = copy({"large", "s3://lake/large"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("s3://lake/large"));
  EXPECT_EQ(bucket_->list("").size(), 0u) << "nothing is seen of it";
  server_.fail("slow", -1, "PUT", "partNumber");
  ASSERT_EQ(copy({"large", "s3://lake/large"}).code, 0);
  EXPECT_LT(server_.failed(), 6) << "parts that were there are not uploaded again";
  server_.heal();
  EXPECT_EQ(bucket_->read("large"), large);
}

TEST_F(CopyCommandTest, ADownloadThatBrokeOffIsGoneOnWith) {
  const std::string large = noise(5 * kPart + 1);
  project_.write("large", large);
  ASSERT_EQ(copy({"large", "s3://lake/large"}).code, 0);
  Child child(call_of({"s3://lake/large", "back"}));
  while (child.running() && !there("back.copy.pieces")) std::this_thread::sleep_for(milliseconds(5));
  std::this_thread::sleep_for(milliseconds(300));
  child.send(SIGKILL);
  child.wait();
  EXPECT_TRUE(there("back") || there("back.copy"));
  Outcome outcome = copy({"s3://lake/large", "back"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(project_.read("back"), large);
  EXPECT_FALSE(there("back.copy") || there("back.copy.pieces"));
  // What a disk lost of a piece that is said to be there is seen.
  project_.write("back", "");
  std::filesystem::remove(project_.folder() / "back");
  project_.write("back.copy", std::string(large.size(), 'x'));
  ASSERT_EQ(copy({"s3://lake/large", "back"}).code, 0);
  EXPECT_EQ(project_.read("back"), large);
}

TEST_F(CopyCommandTest, AFileOfTheWebIsCopied) {
  WebServer web;
  web.serve("plays.tsv", "plays\n");
  Outcome outcome = copy({web.url("plays.tsv"), "s3://lake/in/"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(bucket_->read("in/plays.tsv"), "plays\n");
  ASSERT_EQ(copy({web.url("plays.tsv"), "here/"}).code, 0);
  EXPECT_EQ(project_.read("here/plays.tsv"), "plays\n");
  size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(project_.folder() / "here")) ++files;
  EXPECT_EQ(files, 1u) << "nothing else is left";
}

TEST_F(CopyCommandTest, AnInterruptEndsACopyThatWaits) {
  project_.write("large", noise(3 * kPart));
  server_.fail("silent", -1, "PUT", "partNumber");
  Child child(call_of({"large", "s3://lake/large"}));
  while (server_.failed() == 0 && child.running()) std::this_thread::sleep_for(milliseconds(20));
  auto begin = std::chrono::steady_clock::now();
  child.send(SIGINT);
  Outcome outcome = child.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2500));
  server_.heal();
  EXPECT_EQ(bucket_->list("").size(), 0u);
}

}  // namespace
}  // namespace segue::cli

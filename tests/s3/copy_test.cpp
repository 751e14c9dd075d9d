// Files copied to S3 and from it: whole or not at all, gone on with, compared.
#include "storage/copy.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/limits.h"
#include "s3/s3_server.h"
#include "storage/digest.h"
#include "storage/remote_file.h"
#include "storage/store.h"

namespace segue::storage {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

constexpr size_t kPart = limits::kUploadPartBytes;

std::string noise(size_t bytes) {
  std::minstd_rand random(static_cast<uint32_t>(bytes) + 1);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

class CopyTest : public testing::Test {
 protected:
  CopyTest() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-copy-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
  }
  ~CopyTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  bool there(const std::string& name) const { return std::filesystem::exists(path(name)); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<Copy> copy(std::vector<Copy> copies, bool force = false) {
    copy_files(copies, force, cancellation_, &progress_);
    return copies;
  }
  Error failure(std::vector<Copy> copies) {
    try {
      copy(std::move(copies));
    } catch (const Failure& failure) {
      return failure.error();
    }
    return {};
  }

  S3Server server_;
  std::shared_ptr<Store> bucket_ = open_store("s3://lake");
  std::filesystem::path folder_;
  Cancellation cancellation_;
  Progress progress_;
};

TEST_F(CopyTest, FilesOfAllSizesGoToS3AndBack) {
  const std::string large = noise(2 * kPart + 12345);
  write("in/large", large);
  write("in/empty", "");
  write("in/b [1].tsv", "b\n");
  std::vector<Copy> up{{path("in/large"), "s3://lake/there/large"},
                       {path("in/empty"), "s3://lake/there/empty"},
                       {path("in/b [1].tsv"), "s3://lake/there/b [1].tsv"}};
  std::vector<Copy> made = copy(up);
  EXPECT_EQ(made[0].bytes, large.size());
  EXPECT_FALSE(made[0].was_there);
  EXPECT_EQ(progress_.bytes_read, large.size() + 2);
  EXPECT_EQ(progress_.bytes_total, large.size() + 2);
  EXPECT_EQ(bucket_->read("there/large"), large);
  EXPECT_EQ(bucket_->read("there/empty"), "");
  EXPECT_EQ(bucket_->read("there/b [1].tsv"), "b\n");
  for (const Copy& again : copy(up)) EXPECT_TRUE(again.was_there) << again.to;
  copy({{"s3://lake/there/large", path("back/deep/large")}, {"s3://lake/there/empty", path("back/empty")}});
  EXPECT_EQ(read("back/deep/large"), large);
  EXPECT_TRUE(there("back/empty"));
  EXPECT_FALSE(there("back/deep/large.copy") || there("back/deep/large.copy.pieces"));
  copy({{"s3://lake/there/large", "s3://lake/twice"}});
  EXPECT_EQ(bucket_->read("twice"), large);
}

TEST_F(CopyTest, OtherContentIsNotReplacedUnlessAsked) {
  write("a", "old");
  write("b", "b");
  bucket_->put("a", "new");  // as long
  std::vector<Copy> up{{path("a"), "s3://lake/a"}, {path("b"), "s3://lake/b"}};
  Error error = failure(up);
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, AllOf(HasSubstr("s3://lake/a is there already"), HasSubstr("nothing was copied")));
  EXPECT_EQ(bucket_->read("a"), "new");
  EXPECT_EQ(bucket_->read("b"), std::nullopt);
  std::vector<Copy> down{{"s3://lake/a", path("a")}};
  EXPECT_EQ(failure(down).code, ErrorCode::kConflict);
  EXPECT_EQ(read("a"), "old");
  copy(down, true);
  EXPECT_EQ(read("a"), "new");
  write("a", "old");
  copy(up, true);
  EXPECT_EQ(bucket_->read("a"), "old");
}

TEST_F(CopyTest, WhatIsNotThereIsTold) {
  EXPECT_THAT(failure({{"s3://lake/a", path("a")}}).message, HasSubstr("no such file: s3://lake/a"));
  EXPECT_THAT(failure({{path("a"), "s3://lake/a"}}).message, HasSubstr("no such file: "));
  EXPECT_THAT(failure({{"s3://no-such-bucket/a", path("a")}}).message, HasSubstr("there is no bucket no-such-bucket"));
  write("a", "a");
  EXPECT_THAT(failure({{path("a"), "s3://no-such-bucket/a"}}).message, HasSubstr("there is no bucket no-such-bucket"));
  std::filesystem::create_directory(path("folder"));
  EXPECT_THAT(failure({{path("a"), path("folder")}}).message, HasSubstr("is no regular file"));
}

TEST_F(CopyTest, AnUploadThatBrokeOffIsGoneOnWith) {
  const std::string large = noise(3 * kPart + 1);
  write("large", large);
  std::vector<Copy> up{{path("large"), "s3://lake/large"}};
  server_.fail("500", -1, "PUT", "partNumber=2");
  Error error = failure(up);
  EXPECT_THAT(error.message, HasSubstr("s3://lake/large"));
  EXPECT_EQ(bucket_->list("").size(), 0u) << "nothing is seen of it";
  server_.fail("slow", -1, "PUT", "partNumber");
  copy(up);
  EXPECT_LT(server_.failed(), 4) << "parts that are there are not uploaded again";
  server_.heal();
  EXPECT_EQ(bucket_->read("large"), large);
  // Parts of another content are not taken.
  std::filesystem::remove(path("large"));
  bucket_->remove("large");
  write("large", noise(3 * kPart + 2));
  server_.fail("500", -1, "PUT", "partNumber=2");
  failure(up);
  server_.heal();
  write("large", large);
  copy(up);
  EXPECT_EQ(bucket_->read("large"), large);
}

TEST_F(CopyTest, ADownloadThatBrokeOffIsGoneOnWith) {
  const std::string large = noise(2 * kPart + 1);
  write("large", large);
  copy({{path("large"), "s3://lake/large"}});
  std::vector<Copy> down{{"s3://lake/large", path("back")}};
  server_.fail("cut", -1, "GET", "/large");
  EXPECT_EQ(failure(down).code, ErrorCode::kIo);
  EXPECT_FALSE(there("back"));
  server_.heal();
  // As a process that was killed, and then a disk that lost power, leave it: one piece is there, one is said to be, one
  // is not.
  std::string left = large;
  left[kPart + 1] ^= 1;
  left.back() ^= 1;
  write("back.copy", left);
  auto sum = [&](size_t begin) { return hex(digest(Digest::Kind::kSha256, large.substr(begin, kPart))); };
  std::string etag = open_remote("s3://lake/large", nullptr)->etag();
  write("back.copy.pieces", fmt::format("s3://lake/large {} {}\n0 {}\n1 {}\n", large.size(), etag, sum(0), sum(kPart)));
  server_.fail("slow", -1, "GET", "/large");
  copy(down);
  EXPECT_EQ(server_.failed(), 4) << "two looks at the file, two pieces";
  EXPECT_EQ(read("back"), large);
  EXPECT_FALSE(there("back.copy") || there("back.copy.pieces"));
  // Of another file nothing is taken.
  std::filesystem::remove(path("back"));
  write("back.copy", left);
  write("back.copy.pieces", fmt::format("s3://lake/large 7 \"x\"\n0 {}\n1 {}\n", sum(0), sum(kPart)));
  copy(down);
  EXPECT_EQ(read("back"), large);
}

TEST_F(CopyTest, ACancellationEndsACopyThatWaits) {
  write("large", noise(2 * kPart));
  server_.fail("silent", -1, "PUT", "partNumber");
  std::chrono::steady_clock::time_point asked;
  std::jthread stopper([&] {
    while (server_.failed() == 0) std::this_thread::sleep_for(milliseconds(10));
    asked = std::chrono::steady_clock::now();
    cancellation_.request();
  });
  EXPECT_EQ(failure({{path("large"), "s3://lake/large"}}).code, ErrorCode::kCancelled);
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, milliseconds(1500));
  server_.heal();
  EXPECT_EQ(bucket_->list("").size(), 0u);
}

}  // namespace
}  // namespace segue::storage

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <set>
#include <thread>

#include <dirent.h>
#include <dlfcn.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "storage/store.h"

// Stands before the system's readdir(): reading a folder breaks off after so many names, as on a disk that fails. -1:
// never.
static std::atomic<int> names_before_failure{-1};

extern "C" [[gnu::visibility("default")]] dirent* readdir(DIR* folder) {
  static auto system_readdir = reinterpret_cast<dirent* (*)(DIR*)>(dlsym(RTLD_NEXT, "readdir"));
  if (names_before_failure == 0) {
    errno = EIO;
    return nullptr;
  }
  if (names_before_failure > 0) --names_before_failure;
  return system_readdir(folder);
}

namespace segue::storage {
namespace {

using testing::ElementsAre;

class LocalStoreTest : public testing::Test {
 protected:
  LocalStoreTest() : folder_(std::filesystem::temp_directory_path() / ("segue-" + unique_id())) {}
  ~LocalStoreTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> names(const std::string& folder) const {
    std::vector<std::string> names;
    for (const Listed& listed : store_->list(folder)) names.push_back(listed.name + (listed.folder ? "/" : ""));
    return names;
  }

  std::filesystem::path folder_;
  std::shared_ptr<Store> store_ = open_local(folder_.string());
};

TEST_F(LocalStoreTest, WhatIsNotThereIsNoError) {
  EXPECT_TRUE(store_->list("a/b").empty());
  EXPECT_FALSE(store_->read("a/b"));
  store_->remove("a/b");
  EXPECT_FALSE(std::filesystem::exists(folder_)) << "reading makes no folder";
}

TEST_F(LocalStoreTest, OfManyWritersOneCreatesTheFile) {
  std::atomic<int> winners{0};
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 8; ++writer)
      writers.emplace_back(
          [&, writer] { winners += store_->put_if_absent("log/0.json", "writer " + std::to_string(writer)); });
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(store_->read("log/0.json")->substr(0, 7), "writer ");
  EXPECT_THAT(names("log"), ElementsAre("0.json")) << "the losers leave nothing";
}

TEST_F(LocalStoreTest, APendingFileIsNotSeenUntilItIsCommitted) {
  auto pending = store_->prepare({{"a/x", "1"}, {"b/y", "2"}});
  EXPECT_FALSE(store_->read("a/x"));
  EXPECT_TRUE(pending[1]->commit());
  pending.clear();
  EXPECT_THAT(names("a"), ElementsAre());
  EXPECT_THAT(names("b"), ElementsAre("y"));
}

TEST_F(LocalStoreTest, AListThatBreaksOffIsAnErrorAndNotAShorterList) {
  for (const char* file : {"a/1", "a/2", "a/3", "a/4"}) store_->put(file, "");
  for (int names = 0; names < 6; ++names) {  // 4 files, `.` and `..`
    names_before_failure = names;
    try {
      store_->list("a");
      names_before_failure = -1;
      ADD_FAILURE() << "after " << names << " names";
    } catch (const Failure& failure) {
      names_before_failure = -1;
      EXPECT_EQ(failure.error().code, ErrorCode::kIo);
      EXPECT_THAT(failure.error().message, testing::HasSubstr((folder_ / "a").string()));
    }
  }
  EXPECT_EQ(names("a").size(), 4u);
}

TEST_F(LocalStoreTest, PutReplacesWhole) {
  store_->put("a/x", "old");
  store_->put("a/x", "new");
  store_->sync({"a/x"});
  EXPECT_EQ(store_->read("a/x"), "new");
  EXPECT_THAT(names("a"), ElementsAre("x"));
  EXPECT_THAT(names(""), ElementsAre("a/"));
}

TEST_F(LocalStoreTest, ALockIsHeldByOne) {
  auto lock = store_->try_lock("lock", "me");
  ASSERT_TRUE(lock);
  EXPECT_EQ(store_->read("lock"), "me");
  EXPECT_FALSE(store_->try_lock("lock", "you"));
  EXPECT_EQ(store_->read("lock"), "me");
  lock.reset();
  EXPECT_TRUE(store_->try_lock("lock", "you"));
}

TEST_F(LocalStoreTest, AFileInTheWayIsAnErrorThatNamesIt) {
  store_->put("a", "a file");
  try {
    store_->put("a/b", "below it");
    FAIL() << "it must not be written";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kIo);
    EXPECT_THAT(failure.error().message, testing::HasSubstr((folder_ / "a").string()));
  }
}

TEST(UniqueIdTest, IsAUuid) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(unique_id());
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_THAT(*ids.begin(),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace segue::storage

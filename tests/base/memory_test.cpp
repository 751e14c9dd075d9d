#include "base/memory.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"

namespace segue {
namespace {

TEST(Memory, BlocksOfAnySizeMayBeReadPastTheirEnds) {
  for (size_t bytes : {size_t{1}, size_t{100}, kLargeBlock - 1, kLargeBlock, 5 * kLargeBlock + 3}) {
    Block block(bytes);
    std::memset(block.data(), 7, bytes);
    std::byte before[kPadding], after[kPadding];
    std::memcpy(before, block.data() - kPadding, kPadding);
    std::memcpy(after, block.data() + bytes, kPadding);
    EXPECT_EQ(static_cast<int>(block.data()[bytes - 1]), 7);
  }
}

TEST(Memory, PastTheLimitNothingIsHandedOutAndNothingIsLost) {
  size_t before = memory::used();
  memory::set_limit({before + 8 * kLargeBlock, ""});
  {
    Block some(3 * kLargeBlock);
    size_t used = memory::used();
    for (size_t bytes : {9 * kLargeBlock, 20 * kLargeBlock}) {
      try {
        Block more(bytes);
        ADD_FAILURE() << bytes;
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, ErrorCode::kLimit);
        EXPECT_THAT(failure.error().hint, testing::HasSubstr("--memory"));
      }
      EXPECT_EQ(memory::used(), used);
    }
    Block fits(2 * kLargeBlock);
  }
  memory::set_limit({});
  EXPECT_EQ(memory::used(), before);
  Block large(20 * kLargeBlock);
}

class Spill : public testing::Test {
 protected:
  void TearDown() override {
    memory::set_limit({});
    std::filesystem::remove_all(folder_);
  }
  std::string folder_ = testing::TempDir() + "segue-spill-" + std::to_string(getpid()) + "/run";
};

TEST_F(Spill, LargeBlocksPastTheLimitLieInFilesWithoutNames) {
  size_t used = memory::used();
  memory::set_limit({used + 8 * kLargeBlock, folder_});
  std::vector<Block> blocks;
  for (int i = 0; i < 10; ++i) {
    blocks.emplace_back(3 * kLargeBlock);
    std::memset(blocks.back().data(), i, blocks.back().bytes());
  }
  EXPECT_LE(memory::used(), used + 8 * kLargeBlock);
  EXPECT_GE(memory::spilled_peak(), 24 * kLargeBlock);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(static_cast<int>(blocks[i].data()[0]), i);
    EXPECT_EQ(static_cast<int>(blocks[i].data()[3 * kLargeBlock - 1]), i);
  }
  blocks.clear();
  EXPECT_EQ(memory::used(), used);
}

TEST_F(Spill, StoredRowsLeaveRoomForTables) {
  size_t used = memory::used();
  memory::set_limit({used + 16 * kLargeBlock, folder_});
  std::vector<Block> rows;
  {
    memory::Storing storing;
    for (int i = 0; i < 10; ++i) rows.emplace_back(3 * kLargeBlock);
  }
  EXPECT_LE(memory::used(), used + 12 * kLargeBlock);
  size_t spilled = memory::spilled_peak();
  EXPECT_GT(spilled, 0U);
  Block table(kLargeBlock);
  EXPECT_EQ(memory::spilled_peak(), spilled);
}

TEST_F(Spill, AFolderThatTakesNothingIsAnError) {
  std::filesystem::create_directories(std::filesystem::path(folder_).parent_path());
  std::ofstream(folder_) << "a file";
  memory::set_limit({1, folder_});
  try {
    Block block(kLargeBlock);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kIo);
    EXPECT_THAT(failure.error().message, testing::HasSubstr(folder_));
  }
}

TEST(Memory, FreedBlocksAreUsedAgain) {
  std::byte* first = nullptr;
  {
    Block block(3 * kLargeBlock);
    first = block.data();
  }
  Block again(3 * kLargeBlock);
  EXPECT_EQ(again.data(), first);
}

TEST(Memory, TheMachineHasSome) { EXPECT_GT(memory::machine_bytes(), size_t{64} << 20); }

}  // namespace
}  // namespace segue

#include "base/memory.h"

#include <gmock/gmock.h>

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
  memory::set_limit(before + 8 * kLargeBlock);
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
  memory::set_limit(0);
  EXPECT_EQ(memory::used(), before);
  Block large(20 * kLargeBlock);
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

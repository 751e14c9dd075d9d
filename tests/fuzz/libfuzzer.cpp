// The names that libFuzzer calls.
#include <cstdlib>

#include <gtest/gtest.h>

#include "fuzz/fuzz.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count);

namespace {

// libFuzzer keeps the input of what aborts; not of GoogleTest's own breakpoints, whose signal it does not watch.
class AbortOnFailure : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed()) std::abort();
  }
};

}  // namespace

int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  listeners.Append(new AbortOnFailure);  // after the one that prints; belongs to GoogleTest
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  segue::fuzz::run({reinterpret_cast<const char*>(bytes), byte_count});
  return 0;
}

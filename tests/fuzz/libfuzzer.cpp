// The names that libFuzzer calls.
#include <gtest/gtest.h>

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);  // NOLINT(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes,
                                      size_t byte_count);  // NOLINT(readability-identifier-naming)

int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  testing::FLAGS_gtest_break_on_failure = true;  // and so libFuzzer keeps the input
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  segue::fuzz::run({reinterpret_cast<const char*>(bytes), byte_count});
  return 0;
}

// What the fuzzers share. A target is one file NAME_fuzz.cpp that defines run(); under clang it becomes a fuzzer, under
// every compiler a test that runs it over corpus/NAME. See README.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace segue::fuzz {

// One execution. What GoogleTest finds wrong in it ends the program.
void run(std::string_view input);

// The options at the begin of an input: one character each, whose distance from '0' counts, so that seeds read well.
// Where the input has ended, each is 0.
class Options {
 public:
  explicit Options(std::string_view& input) : input_(input) {}
  // Below n, n > 0.
  size_t below(size_t n) {
    if (input_.empty()) return 0;
    auto value = static_cast<uint8_t>(input_.front() - '0');
    input_.remove_prefix(1);
    return value % n;
  }
  bool flag() { return below(2) == 1; }

 private:
  std::string_view& input_;
};

// Whether the file begins as one that is packed in a way which is not read: then that, located, is the answer.
inline bool of_packing(const Failure& failure) {
  return failure.error().code == ErrorCode::kIo &&
         failure.error().message.find(" is packed with ") != std::string::npos;
}

// A file that exists in memory only, under a path that everybody in this process can open.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const;

 private:
  int descriptor_;
};

}  // namespace segue::fuzz

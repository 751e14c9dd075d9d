// Runs a target over every file of the folders and files given: what fuzzers once found stays tested, without a fuzzer.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

#include "fuzz/fuzz.h"

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  testing::InitGoogleTest(&count, arguments);
  std::vector<fs::path> files;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(arguments[i])) {
      files.emplace_back(arguments[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(arguments[i])) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& path : files) {
    std::ifstream stream(path, std::ios::binary);
    std::string input{std::istreambuf_iterator<char>(stream), {}};
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // the last line tells the file that crashed
    segue::fuzz::run(input);
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() || testing::Test::HasFailure() ? 1 : 0;
}

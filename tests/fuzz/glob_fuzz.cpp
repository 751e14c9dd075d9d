// Patterns of files, in a folder of a few.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/files.h"
#include "formats/scan_helpers.h"
#include "fuzz/fuzz.h"

namespace segue::fuzz {
namespace {

const std::vector<std::string> kFiles = {"a.tsv",   "b.tsv",        "c[1].tsv",     "x*y",        ".hidden",
                                         "d/a.tsv", "d/e/a.tsv.gz", "d/e/.f/a.tsv", "d e/\\.tsv", "d/ö.tsv"};

}  // namespace

void run(std::string_view input) {
  static const formats::TestFolder& folder = [] {
    static formats::TestFolder made;
    for (const std::string& file : kFiles) made.write(file, "x");
    return std::ref(made);
  }();
  std::string pattern(input);
  // No way out of the folder, and not so many ** that all ways through it are many.
  if (pattern.starts_with('/') || pattern.find("..") != std::string::npos || pattern.find('\0') != std::string::npos)
    return;
  if (std::ranges::count(pattern, '*') > 8) return;
  try {
    std::vector<std::string> found = formats::expand_files(folder.path(pattern));
    ASSERT_FALSE(found.empty());
    ASSERT_TRUE(std::ranges::is_sorted(found));
    ASSERT_TRUE(std::ranges::adjacent_find(found) == found.end());
    for (const std::string& path : found) {
      ASSERT_TRUE(std::filesystem::is_regular_file(path)) << path;
      // As a path, and with every character escaped, it names itself.
      ASSERT_EQ(formats::expand_files(path), std::vector{path});
    }
  } catch (const Failure& failure) {
    ASSERT_TRUE(failure.error().code == ErrorCode::kIo) << failure.what();
  }
}

}  // namespace segue::fuzz

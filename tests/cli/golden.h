// Whole outputs kept as files: tests/cli/golden/NAME.txt. With SEGUE_UPDATE_GOLDEN=1 tests write them anew, to be read
// in the diff.
#pragma once

#include <string>

#include "cli/program.h"

namespace segue::cli {

// What differs from run to run made the same: the project's folder, ids, times, durations, rates, sizes of files.
std::string normalized(std::string text, const std::filesystem::path& project);

// Fails the test unless text is what the file holds.
void expect_golden(const std::string& name, const std::string& text);

// A session in a shell: each command with what it prints, and its exit code unless that is 0. A test makes one and
// compares it whole.
class Transcript {
 public:
  explicit Transcript(const Project& project) : project_(project) {}
  // Runs `segue` with the arguments; `shown` is how a shell would have them.
  Outcome run(const std::string& shown, std::vector<std::string> arguments, std::string input = {});
  // The arguments, split at blanks.
  Outcome run(const std::string& arguments);
  std::string text() const { return normalized(text_, project_.folder()); }

 private:
  const Project& project_;
  std::string text_;
};

}  // namespace segue::cli

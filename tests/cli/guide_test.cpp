// Guides of docs/ whose commands are run: what they show is what happens.
//
// In a guide, a block of code behind `<!-- file: PATH -->` is a file, and in a block of `text` each line that begins
// with `$ ` is a command of a shell, with its output below it. With SEGUE_UPDATE_GOLDEN=1 outputs that changed are
// written anew; what differs from run to run (ids, times, sizes) does not count.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "cli/golden.h"

namespace segue::cli {
namespace {

class Guide {
 public:
  explicit Guide(const std::filesystem::path& guide) : guide_(guide) {
    std::ifstream file(guide);
    for (std::string line; std::getline(file, line);) lines_.push_back(line);
  }

  // Goes through the guide; returns it as it should be.
  std::string go() {
    std::string file;
    for (at_ = 0; at_ < lines_.size();) {
      const std::string& line = lines_[at_];
      text_ += line + "\n";
      ++at_;
      if (line.starts_with("<!-- file: ")) {
        file = line.substr(11, line.find(" -->") - 11);
      } else if (line.starts_with("```") && !file.empty()) {
        write_file(file);
        file.clear();
      } else if (line == "```text") {
        run_block();
      }
    }
    return text_;
  }

  size_t commands() const { return commands_; }

 private:
  void write_file(const std::string& path) {
    std::string content;
    for (; at_ < lines_.size() && lines_[at_] != "```"; ++at_) content += lines_[at_] + "\n";
    text_ += content;
    std::filesystem::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path, std::ios::binary) << content;
  }

  void run_block() {
    while (at_ < lines_.size() && lines_[at_] != "```") {
      std::string line = lines_[at_++];
      text_ += line + "\n";
      if (!line.starts_with("$ ")) continue;
      std::string shown;
      for (; at_ < lines_.size() && lines_[at_] != "```" && !lines_[at_].starts_with("$ "); ++at_)
        shown += lines_[at_] + "\n";
      std::string output = run(line.substr(2));
      if (!shown.empty() && shown.ends_with("\n\n")) output += "\n";
      bool same = normalized(shown, "/home/ada/music") == normalized(output, folder_.path());
      EXPECT_TRUE(same) << guide_ << "\n$ " << line.substr(2) << "\n" << output;
      text_ += same ? shown : with_home(output);
      ++commands_;
    }
  }

  std::string run(const std::string& command) const {
    std::filesystem::path out = outputs_.path() / "out";
    std::string program = std::filesystem::path(SEGUE_PROGRAM).parent_path().string();
    std::string line = fmt::format("cd '{}' && PATH='{}':$PATH COLUMNS=120 NO_COLOR=1 sh -c {} >'{}' 2>&1 </dev/null",
                                   folder_.path().string(), program, quoted(command), out.string());
    int status = std::system(line.c_str());
    std::ifstream file(out, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (WEXITSTATUS(status) != 0) text += fmt::format("[exit code {}]\n", WEXITSTATUS(status));
    return text;
  }

  static std::string quoted(const std::string& text) {
    std::string result = "'";
    for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
  }

  std::string with_home(std::string text) const {
    std::string here = folder_.path().string();
    for (size_t found; (found = text.find(here)) != std::string::npos;)
      text.replace(found, here.size(), "/home/ada/music");
    return text;
  }

  std::filesystem::path guide_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  TemporaryFolder folder_;
  TemporaryFolder outputs_;
  std::string text_;
  size_t commands_ = 0;
};

class GuideTest : public testing::TestWithParam<const char*> {};

TEST_P(GuideTest, ShowsWhatHappens) {
  std::filesystem::path path = repository() / "docs" / GetParam();
  Guide guide(path);
  std::string text = guide.go();
  EXPECT_GT(guide.commands(), 3u);
  if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
}

INSTANTIATE_TEST_SUITE_P(Docs, GuideTest, testing::Values("incremental.md", "lake.md", "quality.md", "sql.md"));

}  // namespace
}  // namespace segue::cli

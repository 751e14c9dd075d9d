#include "base/diagnostic.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/limits.h"

namespace segue {
namespace {

// A file for places to point into; its path is replaced by FILE in what was rendered.
class Diagnostics : public ::testing::Test {
 protected:
  Diagnostics() {
    std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    path_ = std::filesystem::temp_directory_path() / ("segue-diagnostic-" + test + "-" + std::to_string(getpid()));
  }
  ~Diagnostics() override { std::filesystem::remove(path_); }

  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string shown(const Error& error, const RenderOptions& options = {}) {
    std::string text = render(error, options);
    for (size_t at = text.find(path_); at != std::string::npos; at = text.find(path_))
      text.replace(at, path_.size(), "FILE");
    return text;
  }
  Error error_at(uint64_t line, uint64_t column, uint64_t length) {
    return {ErrorCode::kDefinition, "unknown key `colums`", {path_, line, column, length}, "did you mean `columns`?"};
  }

  std::string path_;
};

TEST_F(Diagnostics, ShowTheLineAndUnderlineWhatIsWrong) {
  write("name: p\nsources:\n  colums: {}\n");
  EXPECT_EQ(shown(error_at(3, 3, 6)),
            "error: unknown key `colums`\n"
            " --> FILE:3:3\n"
            "  |\n"
            "3 |   colums: {}\n"
            "  |   ^^^^^^\n"
            "help: did you mean `columns`?\n");
}

TEST_F(Diagnostics, TheGutterIsAsWideAsTheNumber) {
  write(std::string(99, '\n') + "colums\n");
  EXPECT_EQ(shown(error_at(100, 1, 6)),
            "error: unknown key `colums`\n"
            "   --> FILE:100:1\n"
            "    |\n"
            "100 | colums\n"
            "    | ^^^^^^\n"
            "help: did you mean `columns`?\n");
}

TEST_F(Diagnostics, WideAndCombiningCharactersAndTabsKeepTheCaretInPlace) {
  write("日本: x\te\u0301 colums\n");
  EXPECT_EQ(shown(error_at(1, 10, 6)),
            "error: unknown key `colums`\n"
            " --> FILE:1:10\n"
            "  |\n"
            "1 | 日本: x    e\u0301 colums\n"
            "  |              ^^^^^^\n"
            "help: did you mean `columns`?\n");
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("a\xFFz"), 3u);
  EXPECT_EQ(display_width("🎵"), 2u);
}

TEST_F(Diagnostics, WideCharactersAreUnderlinedWhole) {
  write("a 日本 b\n");
  EXPECT_NE(shown(error_at(1, 3, 2)).find("|   ^^^^\n"), std::string::npos);
}

TEST_F(Diagnostics, TheCaretMayStandBehindTheLine) {
  write("ab\r\ncd");
  EXPECT_EQ(shown(error_at(1, 99, 5)),
            "error: unknown key `colums`\n"
            " --> FILE:1:99\n"
            "  |\n"
            "1 | ab\n"
            "  |   ^\n"
            "help: did you mean `columns`?\n");
  EXPECT_NE(shown(error_at(2, 3, 0)).find("2 | cd\n  |   ^\n"), std::string::npos);
}

TEST_F(Diagnostics, AnEmptyLineIsShownWithoutBlanksAtItsEnd) {
  write("\n");
  EXPECT_NE(shown(error_at(1, 1, 0)).find("1 |\n  | ^\n"), std::string::npos);
}

TEST_F(Diagnostics, LongLinesAreCutAroundTheCaret) {
  write(std::string(100'000, 'a') + "colums" + std::string(100'000, 'b') + "\n");
  std::string text = shown(error_at(1, 100'001, 6));
  EXPECT_LT(text.size(), 600u);
  EXPECT_NE(text.find("1 | …" + std::string(60, 'a') + "colums" + std::string(74, 'b') + "…\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("  | " + std::string(61, ' ') + "^^^^^^\n"), std::string::npos) << text;
}

TEST_F(Diagnostics, ALongMarkIsCutWithItsLine) {
  write(std::string(100'000, 'a'));
  std::string text = shown(error_at(1, 1, 100'000));
  EXPECT_NE(text.find("  | " + std::string(140, '^') + "\n"), std::string::npos) << text;
}

TEST_F(Diagnostics, AByteOrderMarkIsNoColumn) {
  write("\xEF\xBB\xBFname: p\n");
  EXPECT_NE(shown(error_at(1, 1, 4)).find("1 | name: p\n  | ^^^^\n"), std::string::npos);
}

TEST_F(Diagnostics, WithoutTheLineThereIsNoPicture) {
  std::string without =
      "error: unknown key `colums`\n"
      " --> FILE:3:1\n"
      "help: did you mean `columns`?\n";
  EXPECT_EQ(shown(error_at(3, 1, 1)), without) << "no file";
  write("one\ntwo\n");
  EXPECT_EQ(shown(error_at(3, 1, 1)), without) << "the file is shorter";
}

TEST_F(Diagnostics, OfALargeFileOnlyTheBeginIsRead) {
  write("first\n" + std::string(limits::kDefinitionBytes, 'x') + "\nlast\n");
  EXPECT_NE(shown(error_at(1, 1, 5)).find("1 | first\n"), std::string::npos);
  EXPECT_EQ(shown(error_at(3, 1, 1)).find("last"), std::string::npos);
}

TEST_F(Diagnostics, AFolderIsNotRead) {
  Error error = error_at(1, 1, 1);
  error.place.file = "/";
  EXPECT_EQ(render(error), "error: unknown key `colums`\n --> /:1:1\nhelp: did you mean `columns`?\n");
}

TEST_F(Diagnostics, WhatIsUnknownIsLeftOut) {
  EXPECT_EQ(render(Error{ErrorCode::kUsage, "there is no pipeline `q`", {}, ""}), "error: there is no pipeline `q`\n");
  EXPECT_EQ(render(Error{ErrorCode::kIo, "cannot be read", {"a.tsv", 0, 0, 0}, ""}),
            "error: cannot be read\n --> a.tsv\n");
  EXPECT_EQ(render(Error{ErrorCode::kData, "bad row", {"a.tsv", 12, 0, 0}, ""}), "error: bad row\n  --> a.tsv:12\n");
}

TEST_F(Diagnostics, ColoursAddNothingButColours) {
  write("colums: {}\n");
  Error error = error_at(1, 1, 6);
  std::string colored = shown(error, {.color = true});
  EXPECT_NE(colored.find("\x1b[1;31merror\x1b[0m: "), std::string::npos);
  EXPECT_NE(colored.find("\x1b[1;31m^^^^^^\x1b[0m"), std::string::npos);
  std::string plain;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      plain += colored[i];
    }
  }
  EXPECT_EQ(plain, shown(error));
}

TEST_F(Diagnostics, WarningsSaySo) {
  EXPECT_EQ(render(Error{ErrorCode::kCheck, "3 rows break it", {}, ""}, {.color = false, .warning = true}),
            "warning: 3 rows break it\n");
}

TEST_F(Diagnostics, WhatUsersWroteCannotSteerTheTerminal) {
  write("\x1b[2Jcolums\n");
  std::string text = shown(Error{ErrorCode::kData, "bad \x1b[31m value", {path_, 1, 5, 6}, "see \x07"});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
}

TEST_F(Diagnostics, HintsOfSeveralLinesAreIndented) {
  EXPECT_EQ(render(Error{ErrorCode::kUsage, "no", {}, "one\ntwo"}), "error: no\nhelp: one\n      two\n");
}

TEST_F(Diagnostics, ManyErrorsAreCounted) {
  std::vector<Error> errors(limits::kMistakes + 3, Error{ErrorCode::kUsage, "no", {}, ""});
  std::string text = render(errors);
  EXPECT_TRUE(text.ends_with("\nand 3 more\n"));
  errors.resize(2);
  EXPECT_EQ(render(errors), "error: no\n\nerror: no\n");
}

TEST_F(Diagnostics, JsonHasWhatIsKnown) {
  EXPECT_EQ(
      to_json(Error{ErrorCode::kDefinition, "unknown", {"a.yaml", 3, 5, 6}, "help"}).dump(),
      R"({"code":"definition","message":"unknown","file":"a.yaml","line":3,"column":5,"length":6,"hint":"help"})");
  EXPECT_EQ(to_json(Error{ErrorCode::kUsage, "caf\xE9", {}, ""}).dump(),
            "{\"code\":\"usage\",\"message\":\"caf\uFFFD\"}");
}

TEST(ExitCodes, AreThoseOfTheCommandLine) {
  EXPECT_EQ(exit_code(ErrorCode::kUsage), 2);
  EXPECT_EQ(exit_code(ErrorCode::kDefinition), 2);
  EXPECT_EQ(exit_code(ErrorCode::kCheck), 3);
  EXPECT_EQ(exit_code(ErrorCode::kCancelled), 130);
  for (ErrorCode code :
       {ErrorCode::kData, ErrorCode::kIo, ErrorCode::kLimit, ErrorCode::kConflict, ErrorCode::kInternal})
    EXPECT_EQ(exit_code(code), 1);
}

}  // namespace
}  // namespace segue

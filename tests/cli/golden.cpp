#include "cli/golden.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

namespace segue::cli {
namespace {

struct Rule {
  std::regex pattern;
  const char* replacement;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {std::regex(R"(\d{8}-\d{6}-[0-9a-f]{6})"), "<run>"},
      {std::regex(R"(\d{8}-\d{6}-[0-9a-f]*…)"), "<run>…"},
      {std::regex(R"(/tmp/segue_cli_\w*…)"), "<project>…"},
      {std::regex(R"(\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d( UTC)?\b)"), "<time>"},
      {std::regex(R"(just now|\d+ (second|minute)s? ago)"), "<age>"},
      {std::regex(R"(\d+(\.\d+)? [kMG]?B/s)"), "<rate>"},
      {std::regex(R"(\d+(\.\d+)? ([kMG]B|B)\b)"), "<size>"},
      {std::regex(R"(\b\d+(\.\d+)? m?s\b)"), "<duration>"},
      {std::regex(R"x("(seconds|compute_seconds|publish_seconds)": [0-9.e+-]+)x"), "\"$1\": <number>"},
      {std::regex(R"x("(bytes|process|threads)": \d+)x"), "\"$1\": <number>"},
      {std::regex(R"x("host": "[^"]*")x"), "\"host\": \"<host>\""},
      {std::regex(R"( on \S+, Segue )"), " on <host>, Segue "},
      {std::regex(R"(\d+ threads?\b)"), "<threads>"},
  };
  return all;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

}  // namespace

std::string normalized(std::string text, const std::filesystem::path& project) {
  replace_all(text, project.string(), "<project>");
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // Times of the data are kept: they are what the test is about.
    bool data = line.find("│") != std::string::npos || line.find("2009-") != std::string::npos;
    std::string before = line;
    for (const Rule& rule : rules()) {
      bool time = std::string_view(rule.replacement) == "<time>";
      if (!(time && data)) line = std::regex_replace(line, rule.pattern, rule.replacement);
    }
    // What was aligned by text that is gone would be aligned by chance.
    if (line != before || line.find("started (UTC)") != std::string::npos)
      line = std::regex_replace(line, std::regex("  +"), "  ");
    out += line + "\n";
  }
  if (!text.empty() && text.back() != '\n') out.pop_back();
  return out;
}

void expect_golden(const std::string& name, const std::string& text) {
  std::filesystem::path path = repository() / "tests/cli/golden" / (name + ".txt");
  if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  std::string expected(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(text, expected) << "differs from " << path
                            << "; if that is meant, run with SEGUE_UPDATE_GOLDEN=1 and read the diff";
}

Outcome Transcript::run(const std::string& shown, std::vector<std::string> arguments, std::string input) {
  Outcome outcome = project_.segue(std::move(arguments), std::move(input));
  text_ += "$ segue " + shown + "\n" + outcome.out;
  if (!outcome.err.empty()) text_ += "[stderr]\n" + outcome.err;
  if (outcome.code != 0) text_ += "[exit code " + std::to_string(outcome.code) + "]\n";
  text_ += "\n";
  return outcome;
}

Outcome Transcript::run(const std::string& arguments) {
  std::istringstream words(arguments);
  return run(arguments, {std::istream_iterator<std::string>(words), {}});
}

}  // namespace segue::cli

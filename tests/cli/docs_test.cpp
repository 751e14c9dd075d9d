// docs/commands.md is what --help says: with SEGUE_UPDATE_GOLDEN=1 it is written anew.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/golden.h"

namespace segue::cli {
namespace {

const std::vector<std::string> kCommands = {"new",
                                            "check",
                                            "crawl",
                                            "plan",
                                            "run",
                                            "sql",
                                            "show",
                                            "tables",
                                            "runs",
                                            "runs show",
                                            "quarantine",
                                            "export",
                                            "export html",
                                            "rollback",
                                            "vacuum",
                                            "delete",
                                            "fetch",
                                            "copy",
                                            "generate",
                                            "generate lastfm",
                                            "generate movielens",
                                            "generate sparkify",
                                            "schema",
                                            "completions"};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string help_of(const Project& project, const std::string& command) {
  std::istringstream words(command);
  std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
  arguments.push_back("--help");
  return project.segue(arguments).out;
}

// Options that all commands have are told once, at the top.
std::string without_common(const std::string& help) { return help.substr(0, help.find("\nEverywhere:")); }

TEST(Docs, CommandsAreThoseOfHelp) {
  Project project;
  std::filesystem::path path = repository() / "docs/commands.md";
  std::string old = read_file(path);
  std::string mark = "<!-- from here on: what `segue COMMAND --help` says; written by tests/cli/docs_test.cpp -->\n";
  size_t at = old.find(mark);
  ASSERT_NE(at, std::string::npos) << path << " has lost its mark";
  std::string text = old.substr(0, at + mark.size()) + "\n## segue\n\n```text\n" + help_of(project, "") + "```\n";
  for (const std::string& command : kCommands)
    text += "\n## segue " + command + "\n\n```text\n" + without_common(help_of(project, command)) + "```\n";
  if (std::getenv("SEGUE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  } else {
    EXPECT_EQ(text, old) << "docs/commands.md differs from --help; SEGUE_UPDATE_GOLDEN=1 writes it anew";
  }
}

TEST(Docs, EveryCommandIsInTheDocs) {
  Project project;
  std::istringstream help(help_of(project, ""));
  bool commands = false;
  for (std::string line; std::getline(help, line);) {
    if (line == "Commands:") commands = true;
    if (line.empty()) commands = false;
    if (!commands || line == "Commands:") continue;
    std::string name = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_NE(std::find(kCommands.begin(), kCommands.end(), name), kCommands.end()) << name;
  }
}

}  // namespace
}  // namespace segue::cli

#include "sql/test_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool starts(const std::string& line, const std::string& word) { return line == word || line.starts_with(word + " "); }

// A block ends at an empty line.
std::string block(const std::vector<std::string>& lines, size_t& at, const std::string& end) {
  std::string text;
  while (at < lines.size() && !lines[at].empty() && lines[at] != end) text += (text.empty() ? "" : "\n") + lines[at++];
  return text;
}

}  // namespace

TestFile read_test_file(const std::filesystem::path& path) {
  TestFile file;
  file.path = path;
  std::vector<std::string> lines = read_lines(path);
  for (size_t at = 0; at < lines.size();) {
    const std::string line = lines[at];
    if (line.empty() || line.starts_with("#")) {
      ++at;
    } else if (starts(line, "table")) {
      std::string name = line.substr(6);
      file.tables.emplace_back(name, block(lines, ++at, ""));
    } else if (starts(line, "query") || starts(line, "error")) {
      TestCase test;
      test.kind = starts(line, "query") ? TestCase::Kind::kQuery : TestCase::Kind::kError;
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        test.duckdb = test.duckdb || word == "duckdb";
        test.ordered = test.ordered || word == "ordered";
      }
      test.line = at + 1;
      test.tables = file.tables.size();
      test.sql = block(lines, ++at, "----");
      if (at < lines.size() && lines[at] == "----") {
        std::istringstream rows(block(lines, ++at, ""));
        for (std::string row; std::getline(rows, row);) test.expected.push_back(row);
      }
      file.cases.push_back(std::move(test));
    } else {
      throw std::runtime_error(path.string() + ":" + std::to_string(at + 1) +
                               ": table, query or error expected: " + line);
    }
  }
  return file;
}

void update_test_file(TestFile& file) {
  std::vector<std::string> lines = read_lines(file.path);
  std::string text;
  size_t next = 0;
  for (size_t at = 0; at < lines.size();) {
    if (next == file.cases.size() || file.cases[next].line != at + 1) {
      text += lines[at++] + "\n";
      continue;
    }
    file.cases[next].line = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    while (at < lines.size() && !lines[at].empty() && lines[at] != "----") text += lines[at++] + "\n";
    text += "----\n";
    for (const std::string& row : file.cases[next].expected) text += row + "\n";
    while (at < lines.size() && !lines[at].empty()) ++at;
    ++next;
  }
  std::ofstream(file.path) << text;
}

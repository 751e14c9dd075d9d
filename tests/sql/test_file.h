// The *.test files: tables and queries with their rows. See README.md for what they look like.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

struct TestCase {
  enum class Kind { kQuery, kError };
  Kind kind = Kind::kQuery;
  bool duckdb = false;   // the native engine is meant to leave it to DuckDB
  bool ordered = false;  // rows come in this order
  size_t line = 0;       // of its first line
  std::string sql;
  std::vector<std::string> expected;  // rows, or the text of the error
  size_t tables = 0;                  // how many of the file's tables stand before it
};

struct TestFile {
  std::filesystem::path path;
  std::vector<std::pair<std::string, std::string>> tables;  // name and the SELECT that makes it
  std::vector<TestCase> cases;
};

// Throws std::runtime_error for a file that does not read like that.
TestFile read_test_file(const std::filesystem::path& path);

// Writes the file anew with `expected` of each case in place; the cases' lines are then those of the new file.
void update_test_file(TestFile& file);

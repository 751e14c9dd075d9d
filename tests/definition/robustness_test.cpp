// Whatever bytes a definition holds, loading it ends in a pipeline or in a Failure whose places are in the file.
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "definition/cases.h"
#include "definition/yaml.h"

namespace segue::definition {
namespace {

constexpr char kPipeline[] = R"yaml(# comment
name: p
description: "Who listens \u00e9 to what"
params:
  plays: {type: path, default: data/plays.tsv}
  gap:   {type: interval, default: 20 minutes}
sources:
  plays: &plays
    path: $plays
    format: {type: delimited, delimiter: "\t", quote: none, header: false, null: [NA, 'x''y']}
    columns: {user_id: varchar, played_at: timestamp, n: "decimal(10,2)"}
    bad_rows: {quarantine, at_most: 1%}
steps:
  a:
    sql: |
      SELECT *
        FROM plays
    materialize: view
  b:
    sql: >-
      SELECT a,
      b FROM a
    export: {format: tsv, path: a.tsv}
    checks:
      - unique: [a, b]
      - between: {column: a, min: 1, max: 10}
      - row_count: {min: 1}
      - sql: a < b
        severity: warn
)yaml";

void load(const ProjectFolder& folder, const std::string& text) { load_whatever(folder, "", text); }

TEST(Robustness, RandomBytes) {
  ProjectFolder folder;
  folder.write("segue.yaml", "");
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = static_cast<char>(round % 2 == 0 ? random() % 256 : ' ' + random() % 95);
    ASSERT_NO_FATAL_FAILURE(load(folder, text)) << text;
    if (::testing::Test::HasFailure()) FAIL() << text;
  }
}

TEST(Robustness, MutatedPipelines) {
  ProjectFolder folder;
  folder.write("segue.yaml", "");
  std::mt19937 random(2);
  const std::string original = kPipeline;
  const std::vector<std::string> pieces = {
      "\n",  "  ", "- ",   ": ",   "{",      "}",    "[",        "]",     ",",           "&a ", "*a",  "*plays", "|\n",
      ">\n", "\"", "'",    "#",    "!!str ", "? ",   "---\n",    "...\n", "%YAML 1.2\n", "$",   "${",  "$$",     "\\",
      "\\N", "\t", "\r\n", "null", "~",      "<<: ", "\xC3\xA9", "\xFF",  "@",           "`",   "\x01"};
  for (int round = 0; round < 1500; ++round) {
    std::string text = original;
    for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
      size_t at = random() % (text.size() + 1);
      size_t length = std::min<size_t>(random() % 20, text.size() - at);
      switch (random() % 4) {
        case 0: text.insert(at, pieces[random() % pieces.size()]); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(at, text.substr(random() % text.size(), random() % 60)); break;
        case 3:
          if (at < text.size()) text[at] = static_cast<char>(random() % 256);
          break;
      }
    }
    ASSERT_NO_FATAL_FAILURE(load(folder, text));
    if (::testing::Test::HasFailure()) FAIL() << text;
  }
}

TEST(Robustness, EveryPrefixOfAPipeline) {
  ProjectFolder folder;
  folder.write("segue.yaml", "");
  std::string original = kPipeline;
  for (size_t length = 0; length <= original.size(); ++length) {
    ASSERT_NO_FATAL_FAILURE(load(folder, original.substr(0, length)));
    if (::testing::Test::HasFailure()) FAIL() << length;
  }
}

class Limits : public ::testing::Test {
 protected:
  // The first mistake of the text, and that finding it took no time to speak of.
  std::string mistake_of(const std::string& text) {
    folder_.write("segue.yaml", "");
    folder_.write("pipelines/p/pipeline.yaml", text);
    auto begin = std::chrono::steady_clock::now();
    std::string message = "fine";
    try {
      load_pipeline(load_project("."), "p");
    } catch (const Failure& failure) {
      message = failure.error().message;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    return message;
  }
  static std::string repeated(const std::string& text, size_t times) {
    std::string result;
    for (size_t i = 0; i < times; ++i) result += text;
    return result;
  }
  static std::string steps(size_t count) {
    std::string text = "name: p\nsteps:\n";
    for (size_t i = 0; i < count; ++i) text += fmt::format("  s{}: {{sql: SELECT 1}}\n", i);
    return text;
  }

  ProjectFolder folder_;
};

TEST_F(Limits, Nesting) {
  EXPECT_EQ(mistake_of("name: p\nsteps: " + repeated("[", 31) + repeated("]", 31)),
            "`steps` must be a map, not a list");
  EXPECT_EQ(mistake_of("name: p\nsteps: " + repeated("[", 32) + repeated("]", 32)),
            "more than 32 lists and maps inside each other");
  EXPECT_EQ(mistake_of(repeated("[", 100'000)), "more than 32 lists and maps inside each other");
  EXPECT_EQ(mistake_of(repeated("{a: ", 100'000)), "more than 32 lists and maps inside each other");
  std::string block;
  for (size_t i = 0; i < 1000; ++i) block += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(mistake_of(block), "more than 32 lists and maps inside each other");
}

TEST_F(Limits, AliasesOfAliases) {
  std::string text = "name: p\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i)
    text += fmt::format("a{}: &a{} [{}]\n", i, i, repeated(fmt::format("*a{}, ", i - 1), 10));
  EXPECT_EQ(mistake_of(text), "more than 100000 values in one file, aliases unfolded");
}

TEST_F(Limits, Values) {
  EXPECT_EQ(mistake_of("name: p\nx: [" + repeated("a, ", 200'000) + "]"),
            "more than 100000 values in one file, aliases unfolded");
}

TEST_F(Limits, Steps) {
  EXPECT_EQ(mistake_of(steps(limits::kDefinitionNames)), "fine");
  EXPECT_EQ(mistake_of(steps(limits::kDefinitionNames + 1)), "more than 1000 steps");
}

TEST_F(Limits, Columns) {
  std::string columns;
  for (size_t i = 0; i <= limits::kColumns; ++i) columns += fmt::format("c{}: varchar, ", i);
  EXPECT_EQ(
      mistake_of(
          "name: p\nsources:\n  a: {path: a.tsv, format: {type: delimited, delimiter: ',', quote: none}, columns: {" +
          columns + "}}\nsteps: {s: {sql: SELECT 1}}"),
      "more than 4096 columns");
}

TEST_F(Limits, LongLinesAndManyBlanks) {
  EXPECT_EQ(mistake_of("name: p\nsteps:\n  s: {sql: 'SELECT 1" + std::string(1'000'000, ' ') + "x'}\n"), "fine");
  EXPECT_EQ(mistake_of("name: p\nsteps:\n  s: {sql: SELECT 1" + std::string(1'000'000, ' ') + "}\n"), "fine");
  EXPECT_EQ(mistake_of("name: p\nsteps:\n  s:\n    sql: |\n      SELECT 1\n" + repeated("      -- comment\n", 100'000)),
            "fine");
  EXPECT_EQ(mistake_of("name: p\nsteps:\n  s:\n    sql: >\n      SELECT 1\n" + repeated("      , 1\n", 100'000)),
            "fine");
  EXPECT_EQ(mistake_of("name: p\nsteps:\n  s:\n    sql: SELECT 1\n" + repeated("      , 1\n", 100'000)), "fine");
  EXPECT_EQ(mistake_of(repeated("\n", 1'000'000)), "the pipeline is empty");
  EXPECT_EQ(mistake_of(repeated("# comment\n", 300'000)), "the pipeline is empty");
}

TEST_F(Limits, ThousandsOfMistakes) {
  std::string text = "name: p\nsteps:\n";
  for (size_t i = 0; i < 900; ++i) text += fmt::format("  S{}: {{slq: SELECT 1, chekcs: []}}\n", i);
  EXPECT_EQ(mistake_of(text), "a step cannot be called `S0`");
}

}  // namespace
}  // namespace segue::definition

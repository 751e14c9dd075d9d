// Every byte of a text in YAML is found again in the file, in each way to write one.
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "definition/align.h"
#include "definition/yaml.h"

namespace segue::definition {
namespace {

TextFilePtr file_of(std::string text) { return std::make_shared<const TextFile>("pipeline.yaml", std::move(text)); }

// The text behind the key `sql` of a file.
LocatedText sql_of(const TextFilePtr& file) {
  std::vector<Error> mistakes;
  NodePtr root = parse_yaml(file, mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes.front().message << "\n" << file->text();
  if (!root || root->kind != Node::Kind::kMap) return {};
  for (const Entry& entry : root->entries) {
    if (entry.key.text() == "sql") return entry.value->text;
  }
  ADD_FAILURE() << "no sql in\n" << file->text();
  return {};
}

// Each word of the text stands in the file only once, so it must be found exactly there. REQUIRES: words are w0, w1, …
void expect_words_in_place(const std::string& yaml, const std::string& value) {
  SCOPED_TRACE(yaml);
  TextFilePtr file = file_of(yaml);
  LocatedText sql = sql_of(file);
  EXPECT_EQ(sql.text(), value);
  for (size_t at = sql.text().find('w'); at != std::string::npos; at = sql.text().find('w', at + 1)) {
    size_t end = std::min(sql.text().find_first_not_of("w0123456789", at), sql.text().size());
    std::string word = sql.text().substr(at, end - at);
    Place expected = file->place(yaml.find(word), word.size());
    Place actual = sql.place(at, word.size());
    EXPECT_EQ(fmt::format("{}:{}+{}", actual.line, actual.column, actual.length),
              fmt::format("{}:{}+{}", expected.line, expected.column, expected.length))
        << word;
  }
}

TEST(Places, OfPlainText) {
  expect_words_in_place("a: 1\nsql: w1 w2  w3", "w1 w2  w3");
  expect_words_in_place("sql:\n  w1 w2\n     w3\n\n\n  w4\n\n  w5   # w9\n", "w1 w2 w3\n\nw4\nw5");
  expect_words_in_place("sql: w1  \n  w2\t\n  w3\n", "w1 w2 w3");
  expect_words_in_place("sql: wähl1 w2\r\n  w3\r\n", "wähl1 w2 w3");
  expect_words_in_place("sql: w1#w2 w3 # w9\n", "w1#w2 w3");
  expect_words_in_place("{sql: w1 w2, a: 1}", "w1 w2");
  expect_words_in_place("{sql: w1\n w2,\n a: 1}", "w1 w2");
}

TEST(Places, OfQuotedText) {
  expect_words_in_place("sql: 'w1 it''s w2'\n", "w1 it's w2");
  expect_words_in_place("sql: 'w1  \n\n   w2\n   w3 '\n", "w1\nw2 w3 ");
  expect_words_in_place("sql: \"w1 \\\"x\\\" w2\\tw3\\u00e9w4\\x41w5\\U0001F3B5w6 w7\"\n",
                        "w1 \"x\" w2\tw3éw4Aw5🎵w6 w7");
  expect_words_in_place("sql: \"w1 \\\n   w2\\\n  \\ w3\\n\\\n  w4\"\n", "w1 w2 w3\nw4");
  expect_words_in_place("sql: \"w1\n\n\n  w2\n  w3\"\n", "w1\n\nw2 w3");
  expect_words_in_place("sql: \"\\L\\Pw1\\0w2\\\\w3\\/w4\"\n", std::string("\u2028\u2029w1\0w2\\w3/w4", 17));
  expect_words_in_place("sql: \"w1\\\n\n\n  w2\"\n", "w1\n\nw2");
  expect_words_in_place("sql: \"  w1  \"\n", "  w1  ");
}

TEST(Places, OfBlocks) {
  expect_words_in_place("sql: |\n  w1 w2\n    w3\n\n  w4\n", "w1 w2\n  w3\n\nw4\n");
  expect_words_in_place("sql: |-\n  w1\n  w2", "w1\nw2");
  expect_words_in_place("sql: |+\n  w1\n\n\na: 1\n", "w1\n\n\n");
  expect_words_in_place("sql: |2\n    w1\n   w2\n", "  w1\n w2\n");
  expect_words_in_place("sql: |  # comment\n\n\n    w1\n    w2\n\na: 1\n", "\n\nw1\nw2\n");
  expect_words_in_place("sql: |\r\n  w1\r\n  w2\r\n", "w1\nw2\n");
  expect_words_in_place("sql: |\n  wä1 🎵 w2\n", "wä1 🎵 w2\n");
  expect_words_in_place("sql: |\n  w1  \n   \n  w2\t\n", "w1  \n \nw2\t\n");
}

TEST(Places, OfFoldedBlocks) {
  expect_words_in_place("sql: >\n  w1\n  w2\n\n  w3\n", "w1 w2\nw3\n");
  expect_words_in_place("sql: >-\n  w1 w2\n  w3\n", "w1 w2 w3");
  expect_words_in_place("sql: >\n\n  w1\n   w2\n\n  w3\n\n\na: 1\n", "\nw1\n w2\n\nw3\n");
  expect_words_in_place("sql: >+\n  w1\n  w2\n\n", "w1 w2\n");
  expect_words_in_place("sql: >2\n    w1\n  w2\n  w3\n", "  w1\nw2 w3\n");
  expect_words_in_place("sql: >\n  w1\n    w2\n    w3\n  w4\n  w5\n", "w1\n  w2\n  w3\nw4 w5\n");
}

TEST(Places, BehindAnchors) {
  expect_words_in_place("sql: &name w1 w2\n", "w1 w2");
  expect_words_in_place("sql: &name |\n  w1\n  w2\n", "w1\nw2\n");
  expect_words_in_place("sql: &name # comment\n  w1\n", "w1");
}

TEST(Places, TheEndOfATextIsBehindItsLastWord) {
  TextFilePtr file = file_of("sql: |\n  SELECT\n  FROM\n\n\na: 1\n");
  Place place = sql_of(file).place(1000);
  EXPECT_EQ(place.line, 3u);
  EXPECT_EQ(place.column, 7u);
  LocatedText whole(file_of("SELECT 1 +\n\n"));
  EXPECT_EQ(whole.place(whole.text().size()).line, 1u);
  EXPECT_EQ(whole.place(whole.text().size()).column, 11u);
}

TEST(Places, AMarkEndsWithItsLine) {
  LocatedText whole(file_of("one two\nthree"));
  EXPECT_EQ(whole.place(4, 9).length, 3u);
  EXPECT_EQ(whole.place(4, 9).column, 5u);
  TextFilePtr file = file_of("sql: >\n  one two\n  three\n");
  EXPECT_EQ(sql_of(file).place(4, 9).length, 3u);
}

TEST(Places, OfNoFileAreUnknown) {
  EXPECT_FALSE(LocatedText().place(0).known());
  EXPECT_FALSE(LocatedText().place(7, 3).known());
}

TEST(Places, OfAnEmptyText) {
  TextFilePtr file = file_of("a: 1\nsql: ''\n");
  Place place = sql_of(file).place(0, 5);
  EXPECT_EQ(place.line, 2u);
  EXPECT_EQ(place.column, 6u);
}

// Random texts of words, blanks and line ends, written in every style that can hold them.
TEST(Places, OfRandomTexts) {
  std::mt19937 random(20091118);
  auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  for (int round = 0; round < 2000; ++round) {
    std::string literal, folded, plain, single, twice;
    int words = 1 + below(12);
    for (int i = 0; i < words; ++i) {
      std::string word = fmt::format("w{}", 1000 * (round % 9 + 1) + i);
      std::string blanks(static_cast<size_t>(1 + below(3)), ' ');
      std::string line_end = below(4) == 0 ? "\r\n" : "\n";
      std::string line_ends = line_end;
      for (int more = below(3); more > 0; --more) line_ends += line_end;
      bool ends = i > 0 && below(3) == 0;
      std::string indent(static_cast<size_t>(2 + below(3)), ' ');
      std::string gap = i == 0 ? "" : ends ? (below(2) == 0 ? "  " : "") + line_ends + indent : blanks;
      plain += gap + word;
      single += gap + word + (below(5) == 0 ? "''" : "");
      twice += gap + word + (below(5) == 0 ? "\\u00e9" : below(5) == 0 ? " \\\n   " : "");
      literal += i == 0 ? "  " + word : (ends ? line_ends + indent : blanks) + word;
      folded += i == 0 ? "  " + word : (ends ? line_ends + "  " : blanks) + word;
    }
    for (const std::string& yaml :
         {"sql: " + plain + "\n", "sql: '" + single + "'\n", "sql: \"" + twice + "\"\n", "sql: |\n" + literal + "\n",
          "sql: >-\n" + folded + "\n", "sql: >\n" + literal + "\nb: 1\n"}) {
      TextFilePtr file = file_of(yaml);
      std::string value = sql_of(file).text();
      ASSERT_NO_FATAL_FAILURE(expect_words_in_place(yaml, value));
      ASSERT_TRUE(align_scalar(yaml, 5, value).exact) << yaml;
      if (HasFailure()) return;
    }
  }
}

TEST(Places, AreCoarseWhereTheTextIsNotTheFiles) {
  Alignment alignment = align_scalar("sql: something", 5, "something else");
  EXPECT_FALSE(alignment.exact);
  LocatedText text("something else", file_of("sql: something"), alignment.runs);
  EXPECT_EQ(text.place(10, 4).column, 6u);
}

}  // namespace
}  // namespace segue::definition

// Quoted fields: what they may hold, and what is told of those that are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using Rows = std::vector<TextRow>;

class Quoted : public testing::Test {
 protected:
  DelimitedSource source(std::string_view content) {
    DelimitedSource result =
        source_of({folder.write("plays.csv", content)}, {{"name", TypeId::kVarchar}, {"n", TypeId::kInteger}});
    result.delimiter = ",";
    result.quote = '"';
    result.bad_rows.quarantine = true;
    return result;
  }
  // Line and reason of each bad row.
  static std::vector<std::string> reasons(const Scanned& scanned) {
    std::vector<std::string> all;
    for (const BadRow& row : scanned.bad) all.push_back(std::to_string(row.line) + ": " + row.reason);
    return all;
  }
  TestFolder folder;
};

TEST_F(Quoted, FieldsMayHoldDelimitersLineEndsAndQuotes) {
  EXPECT_EQ(scan(source("\"a,b\",1\n\"c\nd\r\n\ne\",\"2\"\r\n\"f\"\"g\",3\n\"\"\"\",4\n\"\"\"h\"\"\",5")).rows,
            (Rows{{"a,b", "1"}, {"c\nd\r\n\ne", "2"}, {"f\"g", "3"}, {"\"", "4"}, {"\"h\"", "5"}}));
}

TEST_F(Quoted, AnEmptyQuotedFieldIsAnEmptyText) {
  DelimitedSource spelled = source("\"\",1\n,2\n\"NA\",3\nNA,4\nx,\"\"\n");
  spelled.null_spellings = {"", "NA"};
  Scanned result = scan(spelled);
  EXPECT_EQ(result.rows, (Rows{{"", "1"}, {std::nullopt, "2"}, {"NA", "3"}, {std::nullopt, "4"}}));
  EXPECT_EQ(reasons(result), (std::vector<std::string>{"5: n: '' is not an INTEGER"}));
}

TEST_F(Quoted, AQuoteInsideAnUnquotedFieldIsText) {
  EXPECT_EQ(scan(source("a\"b,1\n \"c\",2\n5\"\",3\n")).rows, (Rows{{"a\"b", "1"}, {" \"c\"", "2"}, {"5\"\"", "3"}}));
}

TEST_F(Quoted, TextBehindAClosingQuoteIsABadRow) {
  Scanned result = scan(source("\"a\"x,1\nb,2\nc,\"3\" \n\"d\"\re,4\n\"f\ng\"h,5\ni,6\n"));
  EXPECT_EQ(result.rows, (Rows{{"b", "2"}, {"i", "6"}}));
  EXPECT_EQ(reasons(result),
            (std::vector<std::string>{
                "1: text behind the closing quote of field 1", "3: text behind the closing quote of field 2",
                "4: text behind the closing quote of field 1", "5: text behind the closing quote of field 1"}));
  EXPECT_EQ(result.bad[3].text, "\"f\ng\"h,5");
}

TEST_F(Quoted, AQuoteThatIsNeverClosedIsABadRowWithItsLine) {
  for (std::string end : {"", "\n", "\nmore,3\nlines,4\n"}) {
    DelimitedSource unclosed = source("a,1\nb,2\n\"c,3" + end);
    for (size_t morsel : {1, 3, 1000}) {
      unclosed.morsel_bytes = unclosed.window_bytes = morsel;
      Scanned result = scan(unclosed, 2);
      EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"b", "2"}}));
      EXPECT_EQ(reasons(result), (std::vector<std::string>{"3: the quote that opens field 1 is never closed"}));
      EXPECT_EQ(result.bad[0].offset, 8u);
    }
  }
  DelimitedSource failing = source("a,1\nb,\"2\n");
  failing.bad_rows.quarantine = false;
  Error error = error_of(failing);
  EXPECT_EQ(error.code, ErrorCode::kData);
  EXPECT_EQ(error.place.line, 2u);
  EXPECT_THAT(error.message, testing::HasSubstr("the quote that opens field 2 is never closed"));
}

TEST_F(Quoted, ARowOverTheLimitIsABadRowAndThoseBehindItAreRead) {
  std::string text(limits::kRowBytes, 'x');
  for (size_t i = 0; i < text.size(); i += 1000) text[i] = '\n';
  auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  for (size_t more : {size_t{0}, limits::kRowBytes}) {
    DelimitedSource bad = source("a,1\n\"" + text + std::string(more, 'y') + "\",2\nb,3\nc,x\n");
    for (size_t morsel : {size_t{1} << 20, limits::kRowBytes}) {
      bad.morsel_bytes = morsel;
      Scanned result = scan(bad, 2);
      EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"b", "3"}}));
      ASSERT_EQ(result.bad.size(), 2u);
      EXPECT_EQ(result.bad[0].reason, "the row is longer than 16 MiB; is a quote not closed?");
      EXPECT_EQ(result.bad[0].line, 2u);
      EXPECT_EQ(result.bad[0].offset, 4u);
      EXPECT_EQ(result.bad[0].text.size(), limits::kBadRowTextBytes);
      EXPECT_EQ(result.bad[1].line, lines + 4);
      EXPECT_EQ(result.bad[1].offset, 4 + 1 + text.size() + more + 4 + 4);
    }
  }
}

TEST_F(Quoted, TheHeaderMayHoldQuotedLineEnds) {
  DelimitedSource with_header = source("\xEF\xBB\xBF\"na,\nme\",\"n\"\r\na,1\nb,x\n");
  with_header.header = true;
  Scanned result = scan(with_header);
  EXPECT_EQ(result.rows, (Rows{{"a", "1"}}));
  EXPECT_EQ(reasons(result), (std::vector<std::string>{"4: n: 'x' is not an INTEGER"}));
}

TEST_F(Quoted, AQuoteThatCannotBeIsRefused) {
  for (char quote : {'\n', '\r', ',', '\xE9'}) {
    DelimitedSource wrong = source("");
    wrong.quote = quote;
    EXPECT_THAT(error_of(wrong).message, testing::HasSubstr("the quote must be an ASCII character"));
  }
}

TEST_F(Quoted, Latin1BecomesUtf8) {
  DelimitedSource latin1 = source("Jos\xE9,1\n\"\x80,\xFF\",2\nplain,3\n\xE9\xE9\xE9,4\n\xDF,x\n");
  latin1.encoding = Encoding::kLatin1;
  for (bool quotes : {true, false}) {
    if (!quotes) {
      latin1.quote.reset();
      folder.write("plays.csv", "Jos\xE9,1\n\x80|\xFF,2\nplain,3\n\xE9\xE9\xE9,4\n\xDF,x\n");
    }
    Scanned result = scan(latin1);
    EXPECT_EQ(result.rows,
              (Rows{{"José", "1"}, {quotes ? "\u0080,ÿ" : "\u0080|ÿ", "2"}, {"plain", "3"}, {"ééé", "4"}}));
    ASSERT_EQ(result.bad.size(), 1u);
    EXPECT_EQ(result.bad[0].text, "ß,x");
    EXPECT_EQ(result.bad[0].line, 5u);
    EXPECT_EQ(result.bad[0].offset, quotes ? 29u : 27u);
  }
}

TEST_F(Quoted, AByteOrderMarkContradictsLatin1) {
  DelimitedSource latin1 = source("\xEF\xBB\xBFname,1\n");
  latin1.encoding = Encoding::kLatin1;
  EXPECT_THAT(error_of(latin1).message, testing::HasSubstr("the file is UTF-8, by its byte order mark, not latin1"));
  latin1.delimiter = "\xA7";
  EXPECT_THAT(error_of(latin1).message, testing::HasSubstr("the delimiter must be ASCII"));
}

}  // namespace
}  // namespace segue::formats

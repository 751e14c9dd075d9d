// What is accepted, what is a bad row, and where errors point.
#include "formats/delimited.h"

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using testing::HasSubstr;
using Rows = std::vector<TextRow>;

const std::vector<Field> kTwo = {{"name", TypeId::kVarchar}, {"n", TypeId::kInteger}};

class Delimited : public testing::Test {
 protected:
  DelimitedSource source(std::string_view content, std::vector<Field> fields = kTwo) {
    return source_of({folder.write("plays.tsv", content)}, std::move(fields));
  }
  DelimitedSource quarantined(std::string_view content, std::vector<Field> fields = kTwo) {
    DelimitedSource result = source(content, std::move(fields));
    result.bad_rows.quarantine = true;
    return result;
  }
  TestFolder folder;
};

TEST_F(Delimited, ReadsRowsInOrder) {
  EXPECT_EQ(scan(source("a\t1\nb\t\n\t3\n")).rows, (Rows{{"a", "1"}, {"b", std::nullopt}, {std::nullopt, "3"}}));
}

TEST_F(Delimited, TheLastNewlineMayBeMissing) {
  EXPECT_EQ(scan(source("a\t1\nb\t2")).rows, (Rows{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(scan(source("a\t1\r\nb\t2\r")).rows, (Rows{{"a", "1"}, {"b", "2"}}));
}

TEST_F(Delimited, CarriageReturnsBeforeNewlinesAreNotData) {
  EXPECT_EQ(scan(source("a\t1\r\nb\t\r\n")).rows, (Rows{{"a", "1"}, {"b", std::nullopt}}));
  EXPECT_EQ(scan(source("1\ta\r\n2\t\r\n", {{"n", TypeId::kInteger}, {"name", TypeId::kVarchar}})).rows,
            (Rows{{"1", "a"}, {"2", std::nullopt}}));
}

TEST_F(Delimited, ALoneCarriageReturnIsData) { EXPECT_EQ(scan(source("a\rb\t1\n")).rows, (Rows{{"a\rb", "1"}})); }

TEST_F(Delimited, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(scan(source("\xEF\xBB\xBF"
                        "a\t1\n"))
                .rows,
            (Rows{{"a", "1"}}));
  EXPECT_EQ(scan(source("\xEF\xBB\xBF")).rows, Rows{});
  EXPECT_EQ(scan(source("\xEF\xBB\xBF", {{"only", TypeId::kVarchar}})).rows, Rows{});
  DelimitedSource with_header = source("\xEF\xBB\xBFname\tn\na\t1\n");
  with_header.header = true;
  EXPECT_EQ(scan(with_header).rows, (Rows{{"a", "1"}}));
}

TEST_F(Delimited, AnEmptyFileHasNoRows) {
  EXPECT_EQ(scan(source("")).rows, Rows{});
  DelimitedSource many = source("");
  many.files = {folder.write("1.tsv", ""), folder.write("2.tsv", "a\t1\n"), folder.write("3.tsv", ""),
                folder.write("4.tsv", "b\t2")};
  EXPECT_EQ(scan(many).rows, (Rows{{"a", "1"}, {"b", "2"}}));
}

TEST_F(Delimited, BlankLinesAreSkippedButCounted) {
  Scanned result = scan(quarantined("\na\t1\n\r\n\nb\tx\n\n"));
  EXPECT_EQ(result.rows, (Rows{{"a", "1"}}));
  ASSERT_EQ(result.bad.size(), 1u);
  EXPECT_EQ(result.bad[0].line, 5u);
}

TEST_F(Delimited, ABlankLineOfOneColumnIsARow) {
  EXPECT_EQ(scan(source("1\n\n3\n", {{"n", TypeId::kInteger}})).rows, (Rows{{"1"}, {std::nullopt}, {"3"}}));
}

TEST_F(Delimited, TheHeaderOfEachFileIsSkipped) {
  DelimitedSource two = source("name\tn\na\t1\n");
  two.files.push_back(folder.write("more.tsv", "user\tplays\r\nb\t2\n"));
  two.files.push_back(folder.write("only-header.tsv", "name\tn\n"));
  two.files.push_back(folder.write("only-header-without-newline.tsv", "name\tn"));
  two.header = true;
  EXPECT_EQ(scan(two).rows, (Rows{{"a", "1"}, {"b", "2"}}));
  two.morsel_bytes = 3;
  EXPECT_EQ(scan(two, 2).rows, (Rows{{"a", "1"}, {"b", "2"}}));
}

TEST_F(Delimited, AHeaderWithTheWrongNumberOfNamesIsAnErrorEvenWithQuarantine) {
  DelimitedSource wrong = quarantined("name\tn\tmore\na\t1\n");
  wrong.header = true;
  Error error = error_of(wrong);
  EXPECT_EQ(error.code, ErrorCode::kData);
  EXPECT_EQ(error.place.file, wrong.files[0]);
  EXPECT_EQ(error.place.line, 1u);
  EXPECT_THAT(error.message, HasSubstr("the header has 3 names, but 2 columns are declared"));
  EXPECT_FALSE(error.hint.empty());
}

TEST_F(Delimited, ADelimiterOfSeveralBytesIsTakenFromTheLeft) {
  DelimitedSource movies = quarantined("a::1\nb:c::2\r\nd:::3\n::4\n:::5\ne::\nf:6\ng::7::8\n:\n::::\nh::9");
  movies.delimiter = "::";
  Scanned result = scan(movies);
  EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"b:c", "2"}, {std::nullopt, "4"}, {"e", std::nullopt}, {"h", "9"}}));
  std::vector<std::string> reasons;
  for (const BadRow& row : result.bad) reasons.push_back(std::to_string(row.line) + " " + row.reason);
  EXPECT_EQ(reasons, (std::vector<std::string>{"3 n: ':3' is not an INTEGER", "5 n: ':5' is not an INTEGER",
                                               "7 2 fields expected, 1 found", "8 2 fields expected, 3 found",
                                               "9 2 fields expected, 1 found", "10 2 fields expected, 3 found"}));
  movies.header = true;
  EXPECT_EQ(scan(movies).rows[0], (TextRow{"b:c", "2"}));
}

TEST_F(Delimited, OnlyTheColumnsAskedForInThatOrder) {
  DelimitedSource some =
      source("a\t1\tx\n", {{"name", TypeId::kVarchar}, {"n", TypeId::kInteger}, {"x", TypeId::kVarchar}});
  some.columns = {2, 0};
  EXPECT_EQ(scan(some).rows, (Rows{{"x", "a"}}));
  some.columns = {};
  EXPECT_EQ(scan(some).rows, (Rows{{}}));
}

TEST_F(Delimited, BadValuesMatterInUsedColumnsOnly) {
  DelimitedSource some = quarantined("a\tx\nb\t2\n");
  some.columns = {0};
  EXPECT_EQ(scan(some).rows, (Rows{{"a"}, {"b"}}));
  some.used = {1};
  Scanned result = scan(some);
  EXPECT_EQ(result.rows, (Rows{{"b"}}));
  ASSERT_EQ(result.bad.size(), 1u);
  EXPECT_EQ(result.bad[0].reason, "n: 'x' is not an INTEGER");
}

TEST_F(Delimited, TextOfAUsedColumnMustBeCleanEvenIfItIsNotHandedOn) {
  DelimitedSource some = quarantined("a\xFF\t1\nb\t2\n");
  some.columns = {1};
  EXPECT_EQ(scan(some).rows.size(), 2u);
  some.used = {0, 1};
  EXPECT_EQ(scan(some).rows, (Rows{{"2"}}));
}

TEST_F(Delimited, QuarantineKeepsFileLineOffsetReasonAndText) {
  DelimitedSource bad = quarantined("a\t1\nJos\xE9\t2\nc\nd\t4\t5\ne\tfive\r\nf\t6\n");
  bad.files.push_back(folder.write("more.tsv", std::string_view("g\t7\na\0b\t8\n", 10)));
  for (size_t threads : {1, 2}) {
    for (size_t morsel : {1, 2, 7, 1000}) {
      bad.morsel_bytes = morsel;
      Scanned result = scan(bad, threads);
      EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"f", "6"}, {"g", "7"}}));
      ASSERT_EQ(result.bad.size(), 5u);
      auto expect = [&](size_t i, const std::string& file, uint64_t line, uint64_t offset, const std::string& reason,
                        const std::string& text) {
        EXPECT_EQ(result.bad[i].source, "plays");
        EXPECT_EQ(result.bad[i].file, file);
        EXPECT_EQ(result.bad[i].line, line);
        EXPECT_EQ(result.bad[i].offset, offset);
        EXPECT_EQ(result.bad[i].reason, reason);
        EXPECT_EQ(result.bad[i].text, text);
      };
      expect(0, bad.files[0], 2, 4, "name: 'Jos\uFFFD' is not UTF-8, by its byte 4", "Jos\uFFFD\t2");
      expect(1, bad.files[0], 3, 11, "2 fields expected, 1 found", "c");
      expect(2, bad.files[0], 4, 13, "2 fields expected, 3 found", "d\t4\t5");
      expect(3, bad.files[0], 5, 19, "n: 'five' is not an INTEGER", "e\tfive");
      expect(4, bad.files[1], 2, 4, "name: 'a\uFFFDb' has a NUL byte at 2", "a\uFFFDb\t8");
    }
  }
}

TEST_F(Delimited, TheFirstBadRowOfTheFilesIsTheErrorWhateverTheThreadsDo) {
  std::string content;
  for (int i = 0; i < 20000; ++i) content += "name\t" + (i >= 12345 && i % 5 == 0 ? "x" : std::to_string(i)) + "\n";
  DelimitedSource failing = source(content);
  failing.morsel_bytes = 500;
  failing.window_bytes = 100;
  for (int repeat = 0; repeat < 20; ++repeat) {
    Error error = error_of(failing, 3);
    ASSERT_EQ(error.code, ErrorCode::kData);
    ASSERT_EQ(error.place.file, failing.files[0]);
    ASSERT_EQ(error.place.line, 12346u);
    ASSERT_THAT(error.message, HasSubstr("plays: bad row: n: 'x' is not an INTEGER (byte "));
    ASSERT_THAT(error.message, HasSubstr("the row is `name\tx`"));
  }
}

TEST_F(Delimited, MoreBadRowsThanAllowedIsAnErrorAtTheFirst) {
  DelimitedSource bad = quarantined("a\t1\nb\tx\nc\t3\nd\ty\n");
  bad.bad_rows.at_most_share = 0.5;
  EXPECT_EQ(scan(bad).bad.size(), 2u);
  bad.bad_rows.at_most_share = 0.49;
  Error error = error_of(bad);
  EXPECT_EQ(error.code, ErrorCode::kData);
  EXPECT_EQ(error.place.line, 2u);
  EXPECT_THAT(error.message, HasSubstr("2 of 4 rows are bad, more than the 49 % allowed"));
}

TEST_F(Delimited, ARowOverTheLimitIsABadRow) {
  std::string content = "a\t1\n" + std::string(limits::kRowBytes + 10, 'x') + "\t2\nb\t3\n" +
                        std::string(limits::kRowBytes * 2, 'y') + "\nc\t4\n";
  for (size_t morsel : {size_t{1} << 20, limits::kRowBytes}) {
    DelimitedSource bad = quarantined(content);
    bad.morsel_bytes = morsel;
    Scanned result = scan(bad, 2);
    EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
    ASSERT_EQ(result.bad.size(), 2u);
    EXPECT_EQ(result.bad[0].line, 2u);
    EXPECT_EQ(result.bad[0].offset, 4u);
    EXPECT_EQ(result.bad[0].reason, "the row is longer than 16 MiB");
    EXPECT_EQ(result.bad[0].text, std::string(limits::kBadRowTextBytes, 'x'));
    EXPECT_EQ(result.bad[1].line, 4u);
  }
}

TEST_F(Delimited, ARowOfExactlyTheLimitIsRead) {
  std::string content = std::string(limits::kRowBytes - 2, 'x') + "\t1\nb\t2\n";
  Scanned result = scan(source(content), 2);
  ASSERT_EQ(result.rows.size(), 2u);
  EXPECT_EQ(result.rows[0][0]->size(), limits::kRowBytes - 2);
  EXPECT_EQ(result.rows[1], (TextRow{"b", "2"}));
}

TEST_F(Delimited, AMissingFileIsALocatedError) {
  DelimitedSource missing = source("a\t1\n");
  missing.files.push_back(folder.path("none.tsv"));
  Error error = error_of(missing);
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.place.file, missing.files[1]);
  EXPECT_THAT(error.message, HasSubstr("no such file"));
}

TEST_F(Delimited, AFolderInsteadOfAFileIsALocatedError) {
  std::filesystem::create_directory(folder.path("sub"));
  DelimitedSource wrong = source("");
  wrong.files = {folder.path("sub")};
  Error error = error_of(wrong);
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_THAT(error.message, HasSubstr("is a folder, not a file"));
  EXPECT_EQ(error.place.file, wrong.files[0]);
}

TEST_F(Delimited, DevicesAndPipesAreRefusedWithoutWaiting) {
  DelimitedSource wrong = source("");
  wrong.files = {"/dev/null"};
  EXPECT_THAT(error_of(wrong).message, HasSubstr("is no regular file"));
  wrong.files = {folder.path("fifo")};
  ASSERT_EQ(::mkfifo(wrong.files[0].c_str(), 0600), 0);
  EXPECT_THAT(error_of(wrong).message, HasSubstr("is no regular file"));
}

TEST_F(Delimited, AnUnreadableFileIsALocatedError) {
  DelimitedSource closed = source("a\t1\n");
  ::chmod(closed.files[0].c_str(), 0);
  Unprivileged user(folder);
  Error error = error_of(closed);
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.place.file, closed.files[0]);
  EXPECT_THAT(error.message, HasSubstr("no permission"));
}

TEST_F(Delimited, Utf16FilesAreToldApart) {
  EXPECT_THAT(error_of(quarantined(std::string_view("\xFF\xFE"
                                                    "a\0\t\0001\0\n\0",
                                                    10)))
                  .message,
              HasSubstr("UTF-16"));
}

// Opens, changes the file, scans.
std::optional<Error> scan_changed(const DelimitedSource& source, const std::function<void()>& change, size_t& rows) {
  Cancellation cancellation;
  auto scanner = open_delimited(source, 1, cancellation, nullptr);
  change();
  rows = 0;
  try {
    for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel)
      scanner->scan(0, morsel, [&](Batch&& batch) { rows += batch.rows; });
    scanner->finish();
  } catch (const Failure& failure) {
    return failure.error();
  }
  return std::nullopt;
}

TEST_F(Delimited, AFileThatShrinksIsAnError) {
  std::string content;
  for (int i = 0; i < 100000; ++i) content += "name\t" + std::to_string(i) + "\n";
  DelimitedSource shrinking = source(content);
  size_t rows = 0;
  auto error = scan_changed(
      shrinking, [&] { std::filesystem::resize_file(shrinking.files[0], content.size() / 2); }, rows);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kIo);
  EXPECT_EQ(error->place.file, shrinking.files[0]);
  EXPECT_THAT(error->message, HasSubstr("became shorter"));
}

TEST_F(Delimited, AFileThatGrowsIsReadAsItWasWhenOpened) {
  DelimitedSource growing = source("a\t1\nb\t2\n");
  size_t rows = 0;
  auto error = scan_changed(
      growing, [&] { std::ofstream(growing.files[0], std::ios::app) << "c\t3\nd\tx\n"; }, rows);
  EXPECT_FALSE(error);
  EXPECT_EQ(rows, 2u);
}

TEST_F(Delimited, AFileThatIsReplacedIsAnError) {
  DelimitedSource replaced = source("a\t1\nb\t2\n");
  size_t rows = 0;
  auto error = scan_changed(
      replaced, [&] { std::filesystem::rename(folder.write("new.tsv", "x\t1\ny\t2\n"), replaced.files[0]); }, rows);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, HasSubstr("was replaced"));
}

TEST_F(Delimited, WhatASourceCannotBeIsRefused) {
  Cancellation cancellation;
  auto refused = [&](DelimitedSource wrong, const std::string& words) {
    try {
      open_delimited(wrong, 1, cancellation, nullptr);
      ADD_FAILURE() << "no error, but expected: " << words;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kDefinition);
      EXPECT_THAT(failure.error().message, HasSubstr(words));
    }
  };
  refused(source("", {{"b", TypeId::kBlob}}), "b: delimited text can't be read as BLOB");
  refused(source("", {{"l", Type::list(TypeId::kInteger)}}), "l: delimited text can't be read as INTEGER[]");
  refused(source("", {}), "no columns");
  DelimitedSource wrong = source("");
  for (std::string delimiter : {"", "\n", "\r", ":\n", "123456789"}) {
    wrong.delimiter = delimiter;
    refused(wrong, "the delimiter must be 1 to 8 bytes without a line end");
  }
}

TEST_F(Delimited, NullIsWhatTheSourceSpellsSo) {
  DelimitedSource spelled = source("\\N\t1\nNA\t\\N\n\tNA\n");
  spelled.bad_rows.quarantine = true;
  spelled.null_spellings = {"\\N", "NA"};
  EXPECT_EQ(scan(spelled).rows, (Rows{{std::nullopt, "1"}, {std::nullopt, std::nullopt}, {"", std::nullopt}}));
  spelled.null_spellings = {};
  Scanned result = scan(spelled);
  EXPECT_EQ(result.rows, (Rows{{"\\N", "1"}}));
  EXPECT_EQ(result.bad[1].reason, "n: 'NA' is not an INTEGER");
}

TEST_F(Delimited, EveryTypeIsRead) {
  std::vector<Field> fields = {{"b", TypeId::kBoolean}, {"t", TypeId::kTinyint},    {"s", TypeId::kSmallint},
                               {"i", TypeId::kInteger}, {"l", TypeId::kBigint},     {"f", TypeId::kFloat},
                               {"d", TypeId::kDouble},  {"c", Type::decimal(5, 2)}, {"w", Type::decimal(38, 3)},
                               {"v", TypeId::kVarchar}, {"a", TypeId::kDate},       {"z", TypeId::kTimestamp}};
  DelimitedSource all = source(
      "true\t-128\t-32768\t-2147483648\t-9223372036854775808\t1.5\t-2.25\t999.99\t12345678901234567890123456789012345."
      "678\tx\t2024-02-29\t2009-05-04T23:08:57Z\n"
      "0\t127\t32767\t2147483647\t9223372036854775807\t1e10\t0\t-1.005\t0\tñ\t1970-01-01\t2009-05-04 "
      "23:08:57.25+02:30\n"
      "\t\t\t\t\t\t\t\t\t\t\t\n",
      fields);
  all.delimiter = "\t";
  Rows rows = scan(all).rows;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], (TextRow{"true", "-128", "-32768", "-2147483648", "-9223372036854775808", "1.5", "-2.25", "999.99",
                              "12345678901234567890123456789012345.678", "x", "2024-02-29", "2009-05-04 23:08:57"}));
  EXPECT_EQ(rows[1], (TextRow{"false", "127", "32767", "2147483647", "9223372036854775807", "10000000000.0", "0.0",
                              "-1.01", "0.000", "ñ", "1970-01-01", "2009-05-04 20:38:57.25"}));
  EXPECT_EQ(rows[2], TextRow(12));
}

TEST_F(Delimited, DoublesAreTheNearestToWhatIsWritten) {
  std::mt19937_64 random(7);
  std::string text;
  std::vector<std::string> written = {
      "-0",          "0.0",        "-0.0", "1.",   ".5",  "-.5",  "00.10", "12345678.1234567", "99999999.9999999",
      "123456789.5", "0.12345678", "1e3",  "+2.5", "0.1", "4.35", "3.5"};
  for (int i = 0; i < 20'000; ++i) {
    std::string digits = std::to_string(random() % 100'000'000);
    std::string behind = std::to_string(random() % 10'000'000);
    written.push_back((i % 3 == 0 ? "-" : "") + digits.substr(0, 1 + i % 8) + "." + behind.substr(0, 1 + i % 7));
  }
  for (const std::string& number : written) text += number + "\n";
  Rows rows = scan(source(text, {{"d", TypeId::kDouble}})).rows;
  ASSERT_EQ(rows.size(), written.size());
  for (size_t i = 0; i < written.size(); ++i)
    ASSERT_EQ(rows[i][0], to_string(Value{TypeId::kDouble, std::strtod(written[i].c_str(), nullptr)})) << written[i];
}

TEST_F(Delimited, ValuesThatDoNotFitAreBadRows) {
  std::vector<Field> fields = {
      {"t", TypeId::kTinyint}, {"l", TypeId::kBigint}, {"c", Type::decimal(5, 2)}, {"z", TypeId::kTimestamp}};
  Scanned result =
      scan(quarantined("128\t1\t1\t2009-05-04\n1\t9223372036854775808\t1\t2009-05-04\n1\t1\t1000\t2009-05-04\n"
                       "1\t1\t1\t2009-02-29T00:00:00Z\n1\t1\t1\tyesterday\n1\t1\t1\t2009-05-04\n",
                       fields));
  EXPECT_EQ(result.rows.size(), 1u);
  std::vector<std::string> reasons;
  for (const BadRow& row : result.bad) reasons.push_back(row.reason);
  EXPECT_EQ(reasons,
            (std::vector<std::string>{
                "t: '128' is out of range of TINYINT", "l: '9223372036854775808' is out of range of BIGINT",
                "c: '1000' is out of range of DECIMAL(5,2)", "z: '2009-02-29T00:00:00Z' is out of range of TIMESTAMP",
                "z: 'yesterday' is not a TIMESTAMP"}));
}

TEST_F(Delimited, ColumnsThatRepeatAreCodedAndOthersAreNot) {
  std::string content;
  for (int i = 0; i < 20000; ++i) content += "user_" + std::to_string(i / 2000) + "\tid-" + std::to_string(i) + "-x\n";
  DelimitedSource mixed = source(content, {{"user_id", TypeId::kVarchar}, {"id", TypeId::kVarchar}});
  Cancellation cancellation;
  auto scanner = open_delimited(mixed, 1, cancellation, nullptr);
  std::vector<Batch> batches;
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel)
    scanner->scan(0, morsel, [&](Batch&& batch) { batches.push_back(std::move(batch)); });
  ASSERT_FALSE(batches.empty());
  size_t at = 0;
  for (const Batch& batch : batches) {
    EXPECT_TRUE(batch.columns[0].coded());
    EXPECT_EQ(batch.columns[0].dictionary, batches[0].columns[0].dictionary);
    EXPECT_FALSE(batch.columns[1].coded());
    for (size_t row = 0; row < batch.rows; ++row, ++at) {
      ASSERT_EQ(batch.columns[0].text(row), "user_" + std::to_string(at / 2000));
      ASSERT_EQ(batch.columns[1].text(row), "id-" + std::to_string(at) + "-x");
    }
  }
  EXPECT_EQ(at, 20000u);
}

TEST_F(Delimited, BatchesThatAreNotKeptNeedNoNewMemory) {
  std::string content;
  for (int i = 0; i < 200000; ++i) content += "user_" + std::to_string(i / 2000) + "\t" + std::to_string(i) + "\n";
  DelimitedSource large = source(content);
  large.morsel_bytes = 100000;
  Cancellation cancellation;
  auto scanner = open_delimited(large, 1, cancellation, nullptr);
  size_t at_first = 0;
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) {
    scanner->scan(0, morsel, [](Batch&&) {});
    if (morsel == 3) at_first = memory::used();
    if (morsel > 3) {
      EXPECT_LE(memory::used(), at_first + 20000);  // the dictionary grows
    }
  }
}

TEST_F(Delimited, CancellationStopsTheScan) {
  DelimitedSource any = source("a\t1\n");
  Cancellation cancellation;
  auto scanner = open_delimited(any, 1, cancellation, nullptr);
  cancellation.request();
  try {
    scanner->scan(0, 0, [](Batch&&) {});
    FAIL() << "not cancelled";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kCancelled);
  }
}

TEST_F(Delimited, ProgressEndsWithAllBytesAndRows) {
  std::string content;
  for (int i = 0; i < 5000; ++i) content += "a\t" + std::to_string(i) + "\n";
  DelimitedSource any = source(content);
  any.morsel_bytes = 1000;
  Cancellation cancellation;
  Workers workers(2, cancellation);
  Progress progress;
  auto scanner = open_delimited(any, 2, cancellation, &progress);
  EXPECT_EQ(progress.bytes_total, content.size());
  workers.for_each(scanner->morsels(),
                   [&](size_t worker, size_t morsel) { scanner->scan(worker, morsel, [](Batch&&) {}); });
  EXPECT_EQ(progress.bytes_read, content.size());
  EXPECT_EQ(progress.rows_read, 5000u);
}

TEST_F(Delimited, AnUnknownSimdLevelIsAnError) {
  ForcedLevel forced("sse9");
  Error error = error_of(source("a\t1\n"));
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_EQ(error.hint, "use plain, avx2 or avx512, or leave it unset");
}

}  // namespace
}  // namespace segue::formats

// Files that are compressed with gzip.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gzip_helpers.h"
#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using testing::HasSubstr;
using Rows = std::vector<TextRow>;

class Gzip : public testing::Test {
 protected:
  DelimitedSource source(const std::string& content, const std::string& name = "plays.tsv.gz") {
    return source_of({folder.write(name, content)}, {{"name", TypeId::kVarchar}, {"n", TypeId::kInteger}});
  }
  TestFolder folder;
};

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "name " + std::to_string(i * 7919 % 1000) + "\t" + std::to_string(i) + "\n";
  return text;
}

TEST_F(Gzip, IsReadWhateverTheNameAndTheCuts) {
  std::string text = lines(20000);
  Rows expected = scan(source(text, "plain.tsv")).rows;
  ASSERT_EQ(expected.size(), 20000u);
  for (const char* name : {"plays.tsv.gz", "plays.tsv"}) {
    DelimitedSource packed = source(gzip(text), name);
    for (size_t morsel : {size_t{1}, size_t{1000}, size_t{50000}, limits::kMorselBytes}) {
      packed.morsel_bytes = morsel;
      packed.window_bytes = morsel == 1000 ? 100 : size_t{128} << 10;
      EXPECT_EQ(scan(packed, 3).rows, expected);
    }
  }
}

TEST_F(Gzip, MembersFollowEachOther) {
  DelimitedSource many = source(gzip("a\t1\nb") + gzip("") + gzip("\t2\n") + gzip("c\t3"));
  for (size_t morsel : {1, 100, 10000}) {
    many.morsel_bytes = morsel;
    EXPECT_EQ(scan(many, 2).rows, (Rows{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  }
  EXPECT_EQ(scan(source(gzip("a\t1\n") + std::string(512, '\0'))).rows, (Rows{{"a", "1"}}));
  EXPECT_EQ(scan(source(gzip("a\t1\n") + std::string(3, '\0') + gzip("b\t2\n"))).rows, (Rows{{"a", "1"}, {"b", "2"}}));
}

TEST_F(Gzip, SeveralFilesKeepTheirOrder) {
  DelimitedSource several = source(gzip("name\tn\n" + lines(3000)), "1.gz");
  several.files.push_back(folder.write("2.tsv", "name\tn\nmiddle\t-1\n"));
  several.files.push_back(folder.write("3.gz", gzip("\xEF\xBB\xBFname\tn\n" + lines(2000) + "bad\tx\n")));
  several.files.push_back(folder.write("4.gz", gzip("")));
  several.files.push_back(folder.write("5.gz", gzip("\xEF\xBB\xBF")));
  several.header = true;
  several.bad_rows.quarantine = true;
  Scanned first = scan(several);
  ASSERT_EQ(first.rows.size(), 5001u);
  EXPECT_EQ(first.rows[3000], (TextRow{"middle", "-1"}));
  ASSERT_EQ(first.bad.size(), 1u);
  EXPECT_EQ(first.bad[0].line, 2002u);
  EXPECT_EQ(first.bad[0].file, several.files[2]);
  EXPECT_EQ(first.bad[0].text, "bad\tx");
  several.morsel_bytes = 300;
  several.window_bytes = 50;
  Scanned second = scan(several, 3);
  EXPECT_EQ(second.rows, first.rows);
  EXPECT_EQ(second.bad[0].offset, first.bad[0].offset);
}

TEST_F(Gzip, AFileThatEndsTooEarlyIsALocatedError) {
  std::string packed = gzip(lines(300));
  for (size_t bytes = 2; bytes < packed.size(); bytes += 7) {
    DelimitedSource cut = source(packed.substr(0, bytes));
    cut.bad_rows.quarantine = true;
    cut.morsel_bytes = bytes % 2 == 0 ? 64 : limits::kMorselBytes;
    Error error = error_of(cut, 2);
    ASSERT_EQ(error.code, ErrorCode::kData) << bytes;
    ASSERT_EQ(error.place.file, cut.files[0]);
    ASSERT_EQ(error.message,
              cut.files[0] + " can't be unpacked: it ends too early (byte " + std::to_string(bytes) + " of the file)");
  }
}

TEST_F(Gzip, ADamagedFileIsALocatedError) {
  std::string text = lines(300), packed = gzip(text);
  Rows expected = scan(source(text, "plain.tsv")).rows;
  for (size_t at = 2; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    DelimitedSource wrong = source(damaged);
    try {
      ASSERT_EQ(scan(wrong).rows, expected) << at;  // a byte that does not matter, such as the time in the header
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.error().code, ErrorCode::kData) << at;
      ASSERT_EQ(failure.error().place.file, wrong.files[0]) << at;
    }
  }
  Error error = error_of(source(packed + "more"));
  EXPECT_THAT(error.message, HasSubstr("can't be unpacked: "));
  EXPECT_EQ(error.place.file, folder.path("plays.tsv.gz"));
}

TEST_F(Gzip, ABadRowBeforeTheDamageComesFirst) {
  std::string packed = gzip("a\tx\n" + lines(20000));
  DelimitedSource wrong = source(packed.substr(0, packed.size() - 5));
  wrong.morsel_bytes = 4096;
  for (size_t threads : {1, 3}) EXPECT_THAT(error_of(wrong, threads).message, HasSubstr("'x' is not an INTEGER"));
}

TEST_F(Gzip, AnotherFileUnderThatNameIsRefused) {
  for (const char* content : {"a\t1\n", ""}) {
    Error error = error_of(source(content));
    EXPECT_EQ(error.code, ErrorCode::kIo);
    EXPECT_THAT(error.message, HasSubstr("is no gzip file, although its name says so"));
    EXPECT_EQ(error.place.file, folder.path("plays.tsv.gz"));
  }
}

TEST_F(Gzip, ALongRowIsABadRow) {
  std::string text = "a\t1\n" + std::string(limits::kRowBytes + 1, 'x') + "\t2\nb\t3\n";
  DelimitedSource packed = source(gzip(text));
  packed.bad_rows.quarantine = true;
  Scanned result = scan(packed, 2);
  EXPECT_EQ(result.rows, (Rows{{"a", "1"}, {"b", "3"}}));
  ASSERT_EQ(result.bad.size(), 1u);
  EXPECT_EQ(result.bad[0].reason, "the row is longer than 16 MiB");
  EXPECT_EQ(result.bad[0].line, 2u);
}

TEST_F(Gzip, ProgressCountsTheBytesOfTheFiles) {
  DelimitedSource packed = source(gzip(lines(5000)), "1.gz");
  packed.files.push_back(folder.write("2.gz", gzip(lines(10))));
  Cancellation cancellation;
  Progress progress;
  auto scanner = open_delimited(packed, 1, cancellation, &progress);
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) scanner->scan(0, morsel, [](Batch&&) {});
  EXPECT_EQ(progress.bytes_read, progress.bytes_total);
  EXPECT_EQ(progress.rows_read, 5010u);
}

}  // namespace
}  // namespace segue::formats

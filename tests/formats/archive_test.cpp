// Files within zip and tar archives.
#include "formats/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/archive_helpers.h"
#include "formats/archive_members.h"
#include "formats/gzip_helpers.h"
#include "formats/parquet.h"
#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Rows = std::vector<TextRow>;

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "name " + std::to_string(i * 7919 % 1000) + "\t" + std::to_string(i) + "\n";
  return text;
}

class Archives : public testing::Test {
 protected:
  DelimitedSource source(const std::string& content, const std::string& name) {
    return source_of({folder.write(name, content)}, {{"name", TypeId::kVarchar}, {"n", TypeId::kInteger}});
  }
  // The same members in an archive of each kind.
  std::vector<DelimitedSource> sources(const std::vector<Member>& members) {
    return {source(tar(members), "plays.tar"), source(gzip(tar(members)), "plays.tar.gz"),
            source(zip(members), "plays.zip"), source(pack(ArchiveKind::kStoredZip, members), "stored.zip")};
  }
  TestFolder folder;
};

TEST_F(Archives, MembersAreReadInTheirOrderWhateverTheCuts) {
  std::vector<Member> members = {{"a.tsv", lines(0, 5000)},    {"folder", "", AE_IFDIR},
                                 {"folder/b.tsv", "one\t-1"},  {"empty.tsv", ""},
                                 {"mark.tsv", "\xEF\xBB\xBF"}, {"c.tsv", "\xEF\xBB\xBF" + lines(5000, 9000)}};
  Rows expected = scan(source(lines(0, 5000) + "one\t-1\n" + lines(5000, 9000), "plain.tsv")).rows;
  ASSERT_EQ(expected.size(), 9001u);
  for (DelimitedSource& packed : sources(members)) {
    SCOPED_TRACE(packed.files[0]);
    for (size_t morsel : {size_t{1}, size_t{1000}, size_t{50000}, limits::kMorselBytes}) {
      packed.morsel_bytes = morsel;
      packed.window_bytes = morsel == 1000 ? 100 : size_t{128} << 10;
      EXPECT_EQ(scan(packed, 3).rows, expected) << morsel;
    }
  }
}

TEST_F(Archives, AreKnownByTheirBytesWhateverTheName) {
  Rows expected = {{"a", "1"}};
  EXPECT_EQ(scan(source(zip({{"a", "a\t1\n"}}), "plays")).rows, expected);
  EXPECT_EQ(scan(source(tar({{"a", "a\t1\n"}}), "plays.tsv")).rows, expected);
  EXPECT_EQ(scan(source(gzip(tar({{"a", "a\t1\n"}})), "plays.gz")).rows, expected);
  EXPECT_EQ(scan(source(gzip(tar({{"a", "a\t1\n"}})), "plays.tgz")).rows, expected);
}

TEST_F(Archives, BadRowsNameTheMemberAndItsLine) {
  for (DelimitedSource& packed : sources({{"a.tsv", "name\tn\n" + lines(0, 3000)},
                                          {"b/c.tsv", "name\tn\nx\t1\nbad\tx\nx\t2\nworse\n"},
                                          {"d.tsv", "name\tn\n" + lines(0, 10) + "last\ty"}})) {
    SCOPED_TRACE(packed.files[0]);
    packed.header = true;
    EXPECT_EQ(error_of(packed).place.file, packed.files[0] + "/b/c.tsv");
    EXPECT_EQ(error_of(packed).place.line, 3u);
    packed.bad_rows.quarantine = true;
    for (size_t morsel : {size_t{64}, size_t{3000}, limits::kMorselBytes}) {
      packed.morsel_bytes = morsel;
      packed.window_bytes = morsel == 64 ? 10 : size_t{128} << 10;
      Scanned scanned = scan(packed, 2);
      EXPECT_EQ(scanned.rows.size(), 3012u);
      std::vector<std::string> bad;
      for (const BadRow& row : scanned.bad)
        bad.push_back(row.file.substr(packed.files[0].size()) + ":" + std::to_string(row.line) + " " + row.text + " @" +
                      std::to_string(row.offset));
      std::string offset = std::to_string(("name\tn\n" + lines(0, 10)).size());
      EXPECT_THAT(bad, ElementsAre("/b/c.tsv:3 bad\tx @11", "/b/c.tsv:5 worse @21", "/d.tsv:12 last\ty @" + offset))
          << morsel;
    }
  }
}

TEST_F(Archives, AWrongHeaderOfAMemberIsLocatedThere) {
  for (DelimitedSource& packed : sources({{"a.tsv", "name\tn\na\t1\n"}, {"b.tsv", "name\na\t1\n"}})) {
    packed.header = true;
    packed.bad_rows.quarantine = true;
    Error error = error_of(packed, 2);
    EXPECT_EQ(error.place.file, packed.files[0] + "/b.tsv");
    EXPECT_THAT(error.message, HasSubstr("the header has 1 names"));
  }
}

TEST_F(Archives, SeveralAreReadInTheOrderOfTheFiles) {
  DelimitedSource several = source(zip({{"a", lines(0, 2000)}, {"b", lines(2000, 4000)}}), "1.zip");
  several.files.push_back(folder.write("2.tsv", "middle\t-1\n"));
  several.files.push_back(folder.write("3.tar.gz", gzip(tar({{"c", lines(0, 1000)}, {"d", "bad\tx\n"}}))));
  several.bad_rows.quarantine = true;
  for (size_t threads : {1, 3}) {
    Scanned scanned = scan(several, threads);
    ASSERT_EQ(scanned.rows.size(), 5001u);
    EXPECT_EQ(scanned.rows[4000], (TextRow{"middle", "-1"}));
    ASSERT_EQ(scanned.bad.size(), 1u);
    EXPECT_EQ(scanned.bad[0].file, several.files[2] + "/d");
    EXPECT_EQ(scanned.bad[0].line, 1u);
  }
}

TEST_F(Archives, APatternChoosesMembers) {
  std::vector<Member> members = {{"plays/2009.tsv", "a\t1\n"},
                                 {"plays/more/2010.tsv", "b\t2\n"},
                                 {"readme.txt", "no rows"},
                                 {"_SUCCESS", ""},
                                 {"__MACOSX/plays/2009.tsv", "\x01\x02"}};
  for (DelimitedSource& packed : sources(members)) {
    packed.members = "*.tsv";
    EXPECT_EQ(scan(packed).rows, (Rows{{"a", "1"}, {"b", "2"}}));
    packed.members = "plays/*.tsv";
    EXPECT_EQ(scan(packed).rows, (Rows{{"a", "1"}}));
    packed.members = "plays/**";
    EXPECT_EQ(scan(packed).rows, (Rows{{"a", "1"}, {"b", "2"}}));
    packed.members = "*.csv";
    Error error = error_of(packed);
    EXPECT_THAT(error.message, HasSubstr("has no member that matches *.csv"));
    EXPECT_EQ(error.place.file, packed.files[0]);
    EXPECT_THAT(error.hint, HasSubstr("a member of it: "));
  }
}

TEST_F(Archives, MembersArePatternsOfNamesOrPaths) {
  EXPECT_TRUE(member_matches("", "a/b.tsv"));
  EXPECT_FALSE(member_matches("", "a/.b.tsv"));
  EXPECT_FALSE(member_matches("", "_a/b.tsv"));
  EXPECT_TRUE(member_matches("b*", "a/c/b.tsv"));
  EXPECT_FALSE(member_matches("b*", "b/c.tsv"));
  EXPECT_FALSE(member_matches("*.tsv", "__MACOSX/b.tsv"));
  EXPECT_TRUE(member_matches("__MACOSX/*.tsv", "__MACOSX/b.tsv"));
  EXPECT_TRUE(member_matches("**/b.tsv", "b.tsv"));
  EXPECT_TRUE(member_matches("a/**/b.tsv", "a/x/y/b.tsv"));
  EXPECT_FALSE(member_matches("a/**/b.tsv", "c/x/y/b.tsv"));
  EXPECT_FALSE(member_matches("a/*", "a/b/c"));
  EXPECT_TRUE(member_matches("a/[bc]?", "a/cd"));
}

TEST_F(Archives, NamesCannotLeadAnywhere) {
  EXPECT_EQ(member_name("../../etc/passwd"), "etc/passwd");
  EXPECT_EQ(member_name("/etc//./passwd"), "etc/passwd");
  EXPECT_EQ(member_name("a\x1B[2J\nb"), "a\xEF\xBF\xBD[2J b");
  for (DelimitedSource& packed : sources({{"../../plays.tsv", "a\tx\n"}, {"/plays/b.tsv", "b\t2\n"}})) {
    packed.bad_rows.quarantine = true;
    Scanned scanned = scan(packed);
    EXPECT_EQ(scanned.rows, (Rows{{"b", "2"}}));
    ASSERT_EQ(scanned.bad.size(), 1u);
    EXPECT_EQ(scanned.bad[0].file, packed.files[0] + "/plays.tsv");
  }
}

TEST_F(Archives, ANameThatIsThereTwiceIsAnError) {
  for (DelimitedSource& packed : sources({{"a.tsv", "a\t1\n"}, {"../a.tsv", "b\t2\n"}})) {
    Error error = error_of(packed);
    EXPECT_THAT(error.message, HasSubstr("a.tsv is there twice"));
    EXPECT_EQ(error.place.file, packed.files[0] + "/a.tsv");
  }
}

TEST_F(Archives, LinksAndFoldersAreNoFiles) {
  for (DelimitedSource& packed :
       sources({{"a", "", AE_IFDIR}, {"link.tsv", "/etc/passwd", AE_IFLNK}, {"b.tsv", "b\t2\n"}}))
    EXPECT_EQ(scan(packed).rows, (Rows{{"b", "2"}}));
  for (DelimitedSource& packed : sources({{"a", "", AE_IFDIR}}))
    EXPECT_THAT(error_of(packed).message, HasSubstr("holds no files"));
}

TEST_F(Archives, ArchivesWithinArchivesAreRefused) {
  std::string text = "a\t1\n";
  for (const std::string& inner : {zip({{"b", text}}), tar({{"b", text}}), gzip(tar({{"b", text}}))}) {
    for (DelimitedSource& packed : sources({{"a.tsv", text}, {"inner", inner}})) {
      Error error = error_of(packed);
      EXPECT_THAT(error.message, HasSubstr("/inner is an archive within the archive"));
      EXPECT_EQ(error.place.file, packed.files[0] + "/inner");
      packed.members = "*.tsv";
      EXPECT_EQ(scan(packed).rows, (Rows{{"a", "1"}}));
    }
  }
  for (DelimitedSource& packed : sources({{"inner.gz", gzip(text)}}))
    EXPECT_THAT(error_of(packed).message, HasSubstr("/inner.gz is compressed itself"));
}

TEST_F(Archives, AnEncryptedMemberIsAnError) {
  DelimitedSource packed = source(pack(ArchiveKind::kEncryptedZip, {{"a.tsv", "a\t1\n"}}), "plays.zip");
  packed.bad_rows.quarantine = true;
  Error error = error_of(packed);
  EXPECT_THAT(error.message, HasSubstr("plays.zip/a.tsv is encrypted"));
  EXPECT_EQ(error.code, ErrorCode::kData);
}

TEST_F(Archives, OneThatEndsTooEarlyIsAnErrorWhereverItEnds) {
  std::vector<Member> members = {{"a.tsv", lines(0, 100)}, {"b.tsv", lines(100, 150)}};
  std::string bare = tar(members);
  bare.resize(bare.find_last_not_of('\0') + 1);  // the end mark may be shorter
  for (const auto& [name, whole] : std::map<std::string, std::string>{
           {"plays.tar", bare}, {"plays.tar.gz", gzip(tar(members))}, {"plays.zip", zip(members)}}) {
    for (size_t bytes = 0; bytes < whole.size(); bytes += bytes < 600 ? 61 : 512) {
      DelimitedSource cut = source(whole.substr(0, bytes), name);
      cut.bad_rows.quarantine = true;
      if (bytes % 2 == 0) cut.morsel_bytes = 100;
      SCOPED_TRACE(name + " of " + std::to_string(bytes) + " bytes of " + std::to_string(whole.size()));
      Error error = error_of(cut, 2);
      EXPECT_TRUE(error.code == ErrorCode::kData || (bytes < 2 && error.code == ErrorCode::kIo)) << error.message;
      EXPECT_TRUE(error.place.file.starts_with(cut.files[0])) << error.place.file;
    }
  }
}

TEST_F(Archives, ATarThatIsCutOffBetweenMembersIsAnError) {
  std::string whole = tar({{"a.tsv", "a\t1\n"}, {"b.tsv", "b\t2\n"}});
  for (const std::string& cut : {whole.substr(0, 1024), whole.substr(0, 2048)}) {
    EXPECT_THAT(error_of(source(cut, "plays.tar")).message, HasSubstr("it has no end mark, so it was cut off"));
    EXPECT_THAT(error_of(source(gzip(cut), "plays.tar.gz")).message, HasSubstr("it has no end mark"));
  }
  Rows both = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(scan(source(whole.substr(0, 2048 + 1024), "short.tar")).rows, both);
  EXPECT_EQ(scan(source(whole + "what stands behind", "long.tar")).rows, both);
}

TEST_F(Archives, AChangedByteIsFoundByTheChecksum) {
  std::vector<Member> members = {{"a.tsv", lines(0, 2000)}};
  for (const auto& [name, whole] :
       std::map<std::string, std::string>{{"plays.tar.gz", gzip(tar(members))},
                                          {"plays.zip", zip(members)},
                                          {"stored.zip", pack(ArchiveKind::kStoredZip, members)}}) {
    std::string damaged = whole;
    damaged[damaged.size() / 2] ^= 0x10;
    DelimitedSource packed = source(damaged, name);
    packed.bad_rows.quarantine = true;
    EXPECT_EQ(error_of(packed).code, ErrorCode::kData) << name;
  }
}

TEST_F(Archives, WhatIsNoArchiveThoughItsNameSaysSoIsAnError) {
  EXPECT_THAT(error_of(source("a\t1\n", "plays.zip")).message, HasSubstr("plays.zip can't be read"));
  EXPECT_THAT(error_of(source("a\t1\n", "plays.tar")).message, HasSubstr("plays.tar can't be read"));
  EXPECT_THAT(error_of(source(gzip("a\t1\n"), "plays.tar.gz")).message, HasSubstr("plays.tar.gz can't be read"));
  EXPECT_THAT(error_of(source("a\t1\n", "plays.tgz")).message, HasSubstr("is no gzip file"));
  EXPECT_THAT(error_of(source("", "plays.zip")).message, HasSubstr("plays.zip can't be read"));
}

TEST_F(Archives, OtherPackingsAreNamed) {
  EXPECT_THAT(error_of(source(std::string("\xFD\x37zXZ\0", 6) + "x", "plays.tsv")).message,
              HasSubstr("is packed with xz"));
  EXPECT_THAT(error_of(source("\x28\xB5\x2F\xFD", "plays.tar.zst")).message, HasSubstr("is packed with Zstandard"));
  EXPECT_THAT(error_of(source("BZh91AY&SY", "plays.bz2")).message, HasSubstr("is packed with bzip2"));
}

TEST_F(Archives, MembersOfWhatIsNoArchiveAreAnError) {
  DelimitedSource plain = source("a\t1\n", "plays.tsv");
  plain.members = "*.tsv";
  EXPECT_THAT(error_of(plain).message, HasSubstr("plays.tsv is no archive, so it has no member *.tsv"));
}

TEST_F(Archives, AFileMadeToFillDisksIsStopped) {
  std::string zeros(limits::kUnpackedFree + (size_t{32} << 20), '\n');
  for (const auto& [name, content] :
       std::map<std::string, std::string>{{"bomb.zip", zip({{"a", zeros}})}, {"bomb.gz", gzip(zeros)}}) {
    Error error = error_of(source(content, name));
    EXPECT_EQ(error.code, ErrorCode::kLimit);
    EXPECT_THAT(error.message, HasSubstr("unpacks to more than 200 times its size"));
    EXPECT_EQ(error.place.file, folder.path(name));
  }
}

TEST_F(Archives, QuotedTextAndJsonAreReadToo) {
  DelimitedSource quoted = source(zip({{"a.csv", "\"x\n\ty\"\t1\n\"never closed"}, {"b.csv", "b\t2\n"}}), "plays.zip");
  quoted.quote = '"';
  quoted.bad_rows.quarantine = true;
  Scanned scanned = scan(quoted);
  EXPECT_EQ(scanned.rows, (Rows{{"x\n\ty", "1"}, {"b", "2"}}));
  ASSERT_EQ(scanned.bad.size(), 1u);
  EXPECT_EQ(scanned.bad[0].file, quoted.files[0] + "/a.csv");
  EXPECT_EQ(scanned.bad[0].line, 3u);

  JsonSource json =
      source_of<JsonSource>({folder.write("songs.tar", tar({{"1.json", R"({"n": 1})"},
                                                            {"2.json", R"([{"n": 2}, {"n": 3} {"n": 4}])"},
                                                            {"3.json", R"([{"n": 5}])"}}))},
                            {{"n", TypeId::kInteger}});
  json.lines = false;
  json.bad_rows.quarantine = true;
  for (size_t morsel : {size_t{10}, limits::kMorselBytes}) {
    json.morsel_bytes = morsel;
    scanned = scan(json, 2);
    EXPECT_EQ(scanned.rows, (Rows{{"1"}, {"2"}, {"3"}, {"5"}}));
    ASSERT_EQ(scanned.bad.size(), 1u);
    EXPECT_EQ(scanned.bad[0].file, json.files[0] + "/2.json");
    EXPECT_EQ(scanned.bad[0].line, 1u);
  }
  JsonSource json_lines = source_of<JsonSource>(
      {folder.write("log.tgz",
                    gzip(tar({{"1.json", "{\"n\": 1}\n{\"n\": 2}"}, {"2.json", "{\"n\": \"x\"}\n{\"n\": 3}\n"}})))},
      {{"n", TypeId::kInteger}});
  json_lines.lines = true;
  json_lines.bad_rows.quarantine = true;
  scanned = scan(json_lines);
  EXPECT_EQ(scanned.rows, (Rows{{"1"}, {"2"}, {"3"}}));
  EXPECT_EQ(scanned.bad.at(0).file, json_lines.files[0] + "/2.json");
  EXPECT_EQ(scanned.bad.at(0).line, 1u);
}

TEST_F(Archives, AUtf16MemberIsLocated) {
  DelimitedSource packed = source(zip({{"a", "a\t1\n"},
                                       {"b", std::string("\xFF\xFE"
                                                         "a\0",
                                                         4)}}),
                                  "plays.zip");
  Error error = error_of(packed);
  EXPECT_THAT(error.message, HasSubstr("UTF-16"));
  EXPECT_EQ(error.place.file, packed.files[0] + "/b");
}

TEST_F(Archives, ParquetIsNotReadFromThem) {
  ParquetSource parquet;
  parquet.name = "plays";
  parquet.files = {folder.write("plays.zip", zip({{"a.parquet", "PAR1"}}))};
  parquet.fields = {{"n", TypeId::kInteger}};
  Cancellation cancellation;
  try {
    open_parquet(parquet, 1, cancellation, nullptr);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("is compressed or an archive"));
  }
}

}  // namespace
}  // namespace segue::formats

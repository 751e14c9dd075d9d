// What is found in files, one matter a test.
#include "crawl/crawl.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "crawl/read_back.h"
#include "formats/gzip_helpers.h"

namespace segue::crawl {
namespace {

using formats::TestFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string repeated(const std::string& row, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += row;
  return text;
}

class CrawlFiles : public testing::Test {
 protected:
  FoundSource of(const std::string& name, const std::string& content) {
    folder.write(name, content);
    return source_at(folder.path(name));
  }
  std::vector<std::string> names(const Crawled& crawled) {
    std::vector<std::string> names;
    for (const FoundSource& found : crawled.sources) {
      std::string path = found.source.path;
      names.push_back(found.source.name + ": " + path.substr(folder.path("").size()));
    }
    return names;
  }
  TestFolder folder;
};

TEST_F(CrawlFiles, DelimitersAreFoundByRowsThatAreAlike) {
  struct Case {
    const char* text;
    const char* delimiter;
    size_t columns;
  };
  const Case cases[] = {
      {"1\ta,b\n2\tc\n3\td,e,f\n", "\t", 2},
      {"1,2;5,2\n2,4;6,7\n3,1;7,9\n", ";", 2},  // commas of numbers
      {"1;a,b;x\n2;c,d;y\n3;e,f;z\n", ";", 3},
      {"1|x||y\n2|a||b\n3|c||d\n", "|", 4},  // an empty column
      {"1||x||y\n2||a||b\n3||c||d\n", "||", 3},
      {"1::A|B::x\n2::A::y\n3::A|B|C::z\n", "::", 3},
      {"1\x01"
       "a\n2\x01"
       "b\n3\x01"
       "c\n",
       "\x01", 2},
  };
  for (const Case& each : cases) {
    FoundSource found = of("rows.dat", each.text);
    EXPECT_EQ(found.source.format.delimiter, each.delimiter) << each.text;
    EXPECT_EQ(found.columns.size(), each.columns) << each.text;
  }
}

TEST_F(CrawlFiles, AQuoteCountsOnlyWhereFieldsEndWithItToo) {
  EXPECT_EQ(of("a.csv", "1,\"a, b\"\n2,c\n3,\"d\"\n").source.format.quote, '"');
  EXPECT_EQ(of("b.tsv", "1\t\"Heroes\" (live)\n2\tLow\n3\tLodger\n").source.format.quote, std::nullopt);
  EXPECT_EQ(
      of("c.tsv", "1\t\"Heroes\"\n2\tLow\n3\tLodger\n4\tOutside\n5\tEarthling\n6\tReality\n7\tX\n8\tY\n9\tZ\n10\tA\n")
          .source.format.quote,
      std::nullopt);
  EXPECT_EQ(of("d.csv", "1,'it''s, well'\n2,'b'\n").source.format.quote, '\'');
  EXPECT_EQ(of("e.csv", "1,a\n2,b\n").source.format.quote, '"');  // as usual with commas
  EXPECT_EQ(of("f.tsv", "1\ta\n2\tb\n3\tc\n").source.format.quote, std::nullopt);
}

TEST_F(CrawlFiles, ARowAboveIsAHeaderIfItIsUnlikeTheOthers) {
  struct Case {
    const char* text;
    bool header;
  };
  const Case cases[] = {
      {"id,age\nx,3\ny,4\n", true},  // age is no number
      {"1,2\n3,4\n", false},
      {"code,city\nDE12,Bonn\nFR34,Lyon\nES56,Vigo\n", true},   // digits below
      {"mike,bonn\nanna,lyon\njohn,vigo\nmike,oslo\n", false},  // `mike` comes again
      {"user,mail\nmike,m@x.de\nanna,a@y.fr\n", true},          // a usual name
      {"2018,2019\nx,y\nz,w\n", false},                         // numbers are no names
      {"id,name\n", true},                                      // nothing else
  };
  for (const Case& each : cases) {
    FoundSource found = of("rows.csv", each.text);
    EXPECT_EQ(found.source.format.header, each.header) << each.text << reason(found, "header");
  }
}

TEST_F(CrawlFiles, FilesThatBeginAlikeHaveAHeader) {
  for (const char* name : {"1", "2", "3"})
    folder.write(fmt::format("towns-{}.csv", name), fmt::format("aa,bb\nx{0},y{0}\n", name[0] == '1'   ? "q"
                                                                                      : name[0] == '2' ? "r"
                                                                                                       : "s"));
  FoundSource found = source_at(folder.path(""));
  EXPECT_TRUE(found.source.format.header);
  EXPECT_THAT(reason(found, "header"), HasSubstr("3 of 3 files begin with the same row"));
  EXPECT_EQ(columns_text(found), "aa varchar, bb varchar");
}

TEST_F(CrawlFiles, AFileWithoutTheHeaderOfTheOthersIsTold) {
  folder.write("a-1.csv", "id,n\n1,2\n");
  folder.write("a-2.csv", "id,n\n3,4\n");
  folder.write("a-3.csv", "5,6\n7,8\n");
  FoundSource found = source_at(folder.path(""));
  ASSERT_EQ(found.exceptions.size(), 1u);
  EXPECT_EQ(found.exceptions[0].file, folder.path("a-3.csv"));
  EXPECT_EQ(found.exceptions[0].line, 1u);
  EXPECT_THAT(found.exceptions[0].reason, HasSubstr("would be skipped"));
}

TEST_F(CrawlFiles, NamesOfAHeaderAreMadeForSql) {
  FoundSource found = of("rows.csv", "#id,First Name,,id,order\n1,a,2,3,x\n2,b,4,5,y\n");
  EXPECT_EQ(columns_text(found), "id bigint, First_Name varchar, column_3 bigint, id_2 bigint, order varchar");
  EXPECT_THAT(reason(found, "names"), HasSubstr("`#id` is `id`"));
  EXPECT_EQ(read_back(found).rows.size(), 2u);
}

TEST_F(CrawlFiles, TypesAreTheNarrowestThatLoseNothing) {
  struct Case {
    const char* values;
    const char* type;
  };
  const Case cases[] = {
      {"1 -2 30", "bigint"},
      {"9223372036854775807 1", "bigint"},
      {"9223372036854775808 1", "decimal(38,0)"},
      {"1 2.5", "double"},
      {"1e3 .5 -inf", "double"},
      {"NaN 1", "double"},
      {"00501 48067", "varchar"},  // a code
      {"+49301 +4989", "varchar"},
      {"true FALSE", "boolean"},
      {"yes no", "boolean"},
      {"no no", "varchar"},  // Norway
      {"t f", "boolean"},
      {"m f", "varchar"},
      {"0 1", "bigint"},
      {"2018-11-01 2018/1/2", "date"},
      {"2018-11-01 2018-11-01T10:00:00Z", "timestamp"},
      {"2018-11-31 2018-11-01", "varchar"},  // no such day
      {"1 x", "varchar"},
      {"12345678901234567890123456789012345678901 1", "varchar"},
  };
  for (const Case& each : cases) {
    std::string text = "k,v\n", values = each.values;
    for (size_t at = 0; at < values.size();) {
      size_t end = std::min(values.find(' ', at), values.size());
      text += "1," + values.substr(at, end - at) + "\n";
      at = end + 1;
    }
    FoundSource found = of("rows.csv", text);
    ASSERT_EQ(found.columns.size(), 2u);
    EXPECT_EQ(type_text(found.columns[1].field.type), each.type) << each.values;
    EXPECT_TRUE(read_back(found).bad.empty()) << each.values;
  }
}

TEST_F(CrawlFiles, VotesSayWhichValueDecided) {
  FoundSource found = of("users.csv", "id,zip\n1,48067\n2,70072\n3,98107-2117\n");
  const FoundColumn& zip = found.columns.at(1);
  ASSERT_EQ(zip.votes.size(), 2u);
  EXPECT_EQ(zip.votes[0].what, "bigint");
  EXPECT_EQ(zip.votes[0].count, 2u);
  EXPECT_EQ(zip.votes[1].what, "text");
  EXPECT_EQ(zip.votes[1].example, "98107-2117");
  EXPECT_EQ(zip.votes[1].file, folder.path("users.csv"));
  EXPECT_EQ(zip.votes[1].line, 4u);
}

TEST_F(CrawlFiles, SpellingsOfNullAreThoseBetweenValuesOfAType) {
  FoundSource found = of("rows.csv", "n,country,d\n1,NA,\\N\n-,DE,\\N\nNA,FR,\\N\n4,ES,\\N\n");
  EXPECT_THAT(found.source.format.nulls, ElementsAre("-", "NA", "\\N"));
  EXPECT_EQ(columns_text(found), "n bigint, country varchar, d varchar");
  EXPECT_THAT(reason(found, "null"), HasSubstr("then it is NULL in country too"));
  EXPECT_EQ(of("texts.csv", "a,b\nx,NA\ny,z\n").source.format.nulls, std::vector<std::string>{});
}

TEST_F(CrawlFiles, AnEmptyTextInQuotesIsNoNumber) {
  FoundSource found = of("rows.csv", "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"\"\n");
  EXPECT_EQ(columns_text(found), "a bigint, b varchar");
  EXPECT_TRUE(read_back(found).bad.empty());
}

TEST_F(CrawlFiles, BytesThatAreNotUtf8MakeLatin1UnlessTheyAreFew) {
  FoundSource latin1 = of("a.csv", "id,name\n1,Caf\xE9\n2,Th\xE9\n");
  EXPECT_EQ(latin1.source.format.encoding, definition::Encoding::kLatin1);
  EXPECT_THAT(reason(latin1, "encoding"), HasSubstr("a.csv:2"));
  EXPECT_EQ(to_string(read_back(latin1).rows[0][1]), "Café");
  FoundSource utf8 = of("b.csv", "id,name\n1,Café\n2,Thé\n3,Ma\xEFs\n");
  EXPECT_EQ(utf8.source.format.encoding, definition::Encoding::kUtf8);
  ASSERT_EQ(utf8.exceptions.size(), 1u);
  EXPECT_EQ(utf8.exceptions[0].line, 4u);
  EXPECT_EQ(read_back(utf8).bad.size(), 1u);
}

TEST_F(CrawlFiles, RowsThatDoNotFitAreToldWithTheirLines) {
  FoundSource found =
      of("rows.csv", "id,n\n" + repeated("\"1\",\"2\"\n", 20) + "3\n" + repeated("\"1\",\"2\"\n", 5) + "4,\"x\" y\n");
  ASSERT_EQ(found.exceptions.size(), 2u);
  EXPECT_EQ(found.exceptions[0].line, 22u);
  EXPECT_EQ(found.exceptions[0].reason, "2 fields expected, 1 found");
  EXPECT_EQ(found.exceptions[1].line, 28u);
  EXPECT_EQ(columns_text(found), "id bigint, n bigint");
  EXPECT_EQ(read_back(found).bad.size(), 2u);
}

TEST_F(CrawlFiles, JsonIsReadByLinesOrByFile) {
  using definition::FormatType;
  EXPECT_EQ(of("a.json", "{\"a\": 1}\n{\"a\": 2}\n").source.format.type, FormatType::kJsonLines);
  EXPECT_EQ(of("b.json", "{\n \"a\": 1\n}\n").source.format.type, FormatType::kJson);
  EXPECT_EQ(of("c.json", "[{\"a\": 1}, {\"a\": 2}]").source.format.type, FormatType::kJson);
  EXPECT_EQ(of("d.json", "{\"a\": 1}\n").source.format.type, FormatType::kJsonLines);
  EXPECT_EQ(of("e.json", "{\"a\": 1}").source.format.type, FormatType::kJson);
  Crawled several = crawl_at(folder.write("f.json", "{\n\"a\": 1\n}\n{\n\"a\": 2\n}\n"));
  ASSERT_EQ(several.others.size(), 1u);
  EXPECT_THAT(several.others[0].reason, HasSubstr("several objects"));
}

TEST_F(CrawlFiles, JsonOfMixedValuesIsText) {
  FoundSource found =
      of("a.json",
         "{\"a\": 1, \"b\": \"2018-11-01\", \"c\": {\"d\": [1, 2.5]}, \"e\": 1, \"f\": [], \"g\": null}\n"
         "{\"a\": 2, \"b\": \"2018-11-02T10:00:00Z\", \"c\": {\"x\": true}, \"e\": [1], \"f\": []}\n");
  EXPECT_EQ(columns_text(found),
            "a bigint, b timestamp, c struct(d double[], x boolean), e varchar, f varchar[], g varchar");
  ReadBack read = read_back(found);
  EXPECT_TRUE(read.bad.empty());
  EXPECT_EQ(to_string(read.rows[1][3]), "[1]");
}

TEST_F(CrawlFiles, KeysThatSqlCannotTellApartAreLeftOutAndTold) {
  FoundSource found = of("a.json", "{\"Id\": 1, \"id\": 2, \"\": 3, \"s\": {\"x\": 1, \"X\": 2}}\n{\"Id\": 1}\n");
  EXPECT_EQ(columns_text(found), "Id bigint, s struct(x bigint)");
  EXPECT_THAT(reason(found, "left out"), HasSubstr("`id`: SQL takes it for `Id`"));
  EXPECT_TRUE(read_back(found).bad.empty());
}

TEST_F(CrawlFiles, ObjectsWhoseKeysAreDataStayText) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += fmt::format("{{\"id\": {}, \"plays\": {{\"user_{}\": 1}}}}\n", i, i);
  FoundSource found = of("a.json", text);
  EXPECT_EQ(columns_text(found), "id bigint, plays varchar");
  EXPECT_EQ(found.columns[1].note, "its keys are data");
}

TEST_F(CrawlFiles, FoldersOfValuesPartASourceAndFoldersOfWordsPartSources) {
  for (const char* day : {"2018/11/01", "2018/11/02", "2019/01/05"})
    folder.write(fmt::format("logs/{}/events.json", day), "{\"a\": 1}\n{\"a\": 2}\n");
  folder.write("users/a.csv", "id,name\n1,x\n");
  folder.write("artists/a.csv", "id,name\n2,y\n");
  folder.write("_delta_log/0.json", "{}\n");
  folder.write(".hidden", "x");
  Crawled crawled = crawl_at(folder.path(""));
  EXPECT_THAT(names(crawled),
              ElementsAre("artists: artists/a.csv", "events: logs/*/*/*/events.json", "users: users/a.csv"));
  EXPECT_EQ(crawled.left_out, 2u);
  EXPECT_THAT(reason(crawled.sources[0], "files"), HasSubstr("--sources one"));
  EXPECT_EQ(crawl_at(folder.path("users"), Together::kOne).sources.size(), 1u);
  Crawled one = crawl_at(folder.path("*/*.csv"), Together::kOne);
  EXPECT_EQ(one.sources.size(), 1u);
  EXPECT_EQ(one.sources[0].rows, 2u);
}

TEST_F(CrawlFiles, FilesOfOneFolderAreTogetherByTheirNamesOrTheirColumns) {
  folder.write("plays-1.tsv", "1\tx\n2\ty\n3\tz\n");
  folder.write("plays-2.tsv", "4\tx\n5\ty\n6\tz\n");
  folder.write("berlin.csv", "id,street\n1,Hauptstr.\n");
  folder.write("paris.csv", "id,street\n2,Rue X\n");
  folder.write("songs.csv", "id,title,artist\n2,Low,Bowie\n");
  folder.write("README", "Some words, and more.\nThat is all.\n");
  Crawled crawled = crawl_at(folder.path(""));
  ASSERT_EQ(crawled.sources.size(), 3u);
  EXPECT_EQ(crawled.sources[0].files.size(), 2u);  // towns
  EXPECT_EQ(crawled.sources[1].source.name, "plays");
  EXPECT_EQ(crawled.sources[1].source.path, folder.path("plays-*.tsv"));
  EXPECT_EQ(crawled.sources[2].source.path, folder.path("songs.csv"));
  // No pattern takes the two towns alone: what it takes besides is told.
  ASSERT_EQ(crawled.sources[0].exceptions.size(), 1u);
  EXPECT_EQ(crawled.sources[0].exceptions[0].file, folder.path("songs.csv"));
  ASSERT_EQ(crawled.others.size(), 1u);
  EXPECT_EQ(crawled.others[0].file, folder.path("README"));
}

TEST_F(CrawlFiles, PartitionsOfHiveHaveTypes) {
  folder.write("t/year=2018/day=2018-11-01/kind=a%20b/1.csv", "id,n\n1,2\n");
  folder.write("t/year=2019/day=2019-11-01/kind=c/1.csv", "id,n\n1,2\n");
  folder.write("t/year=__HIVE_DEFAULT_PARTITION__/day=2019-11-02/kind=c/1.csv", "id,n\n1,2\n");
  FoundSource found = source_at(folder.path(""));
  EXPECT_EQ(found.source.path, folder.path("t/year=*/day=*/kind=*/1.csv"));
  std::string text;
  for (const Partition& partition : found.partitions)
    text += fmt::format("{} {} {}; ", partition.field.name, type_text(partition.field.type), partition.values);
  EXPECT_EQ(text, "year bigint 3; day date 3; kind varchar 2; ");
}

TEST_F(CrawlFiles, MostFilesOfAGroupDecideAndOthersAreExceptions) {
  for (int i = 1; i <= 5; ++i) folder.write(fmt::format("day-{}.csv", i), "id,n\n1,2\n3,4\n");
  folder.write("day-6.csv", "{\"error\": \"not found\"}\n");
  folder.write("day-7.csv", "id,n,m\n1,2,3\n4,5,6\n");
  folder.write("day-8.csv", std::string("\x00\x01\x02\x03", 4));
  folder.write("day-9.csv", "");
  FoundSource found = source_at(folder.path(""));
  EXPECT_EQ(found.files.size(), 5u);
  EXPECT_EQ(found.empty_files, std::vector<std::string>{folder.path("day-9.csv")});
  std::vector<std::string> told;
  for (const Exception& each : found.exceptions)
    told.push_back(std::filesystem::path(each.file).filename().string() + ": " + each.reason);
  EXPECT_THAT(
      told, ElementsAre(HasSubstr("day-6.csv: it is JSON"), HasSubstr("day-7.csv: it has 3 columns, the others have 2"),
                        HasSubstr("day-8.csv: its bytes are no text")));
}

TEST_F(CrawlFiles, WhatIsNoTableIsToldWithTheReason) {
  struct Case {
    std::string content, reason;
  };
  const Case cases[] = {
      {"", "it is empty"},
      {"\xEF\xBB\xBF", "it is empty"},
      {" \n\n", "it holds only blanks"},
      {std::string(5000, '\0'), "its bytes are no text"},
      {std::string("\xFF\xFE"
                   "a\0",
                   4),
       "UTF-16"},
      {"BZh91AY&SY", "bzip2"},
      {"PAR1 and no more", "can't be read as Parquet"},
      {"\x1F\x8B\x08 damaged", "can't be unpacked"},
      {"{\"a\": }\n{\"b\"\n", "it begins like JSON"},
      {"[1, 2, 3]", "object expected"},
      {"Dear reader, this is prose.\nIt has no columns at all.\nReally, none, whatever you do.\n",
       "no delimiter cuts its lines alike"},
  };
  for (const Case& each : cases) {
    folder.write("file", each.content);
    Crawled crawled = crawl_at(folder.path("file"));
    ASSERT_TRUE(crawled.sources.empty()) << each.reason;
    ASSERT_EQ(crawled.others.size(), 1u);
    EXPECT_THAT(crawled.others[0].reason, HasSubstr(each.reason));
  }
}

TEST_F(CrawlFiles, UnreadableFilesAndFoldersAreToldAndTheOthersRead) {
  folder.write("a-1.csv", "id,n\n1,2\n");
  folder.write("a-2.csv", "id,n\n1,2\n");
  folder.write("shut/b.csv", "id,n\n1,2\n");
  std::filesystem::permissions(folder.path("a-2.csv"), std::filesystem::perms(0));
  std::filesystem::permissions(folder.path("shut"), std::filesystem::perms(0));
  {
    formats::Unprivileged unprivileged(folder);
    Crawled crawled = crawl_at(folder.path(""));
    ASSERT_EQ(crawled.sources.size(), 1u);
    std::string told;
    for (const Exception& each : crawled.others) told += each.file + ": " + each.reason + "\n";
    EXPECT_THAT(told, HasSubstr("no permission to read"));
    EXPECT_THAT(told, HasSubstr("the folder can't be read"));
  }
  std::filesystem::permissions(folder.path("shut"), std::filesystem::perms(0755));
}

TEST_F(CrawlFiles, HugeRowsAreToldAndReadPast) {
  std::string huge(limits::kRowBytes + 10, 'x');
  FoundSource found = of("rows.csv", "id,n\n1,2\n3,4\n5,6\n7,8\n" + huge + "\n9,10\n");
  EXPECT_FALSE(found.whole);
  Options options;
  options.path = folder.path("rows.csv");
  options.given.whole = true;
  Cancellation cancellation;
  FoundSource whole = std::move(crawl(options, cancellation).sources.at(0));
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(whole.rows, 5u);
  ASSERT_EQ(whole.exceptions.size(), 1u);
  EXPECT_EQ(whole.exceptions[0].line, 6u);
  EXPECT_THAT(whole.exceptions[0].reason, HasSubstr("longer than 16 MiB"));
}

TEST_F(CrawlFiles, OnlyTheBeginOfALargeFileIsReadUnlessAllIsAskedFor) {
  std::string text = "id,n\n" + repeated("1234567,1234567\n", limits::kCrawlBytes / 8) + "1,x\n";
  FoundSource begin = of("rows.csv", text);
  EXPECT_FALSE(begin.whole);
  EXPECT_EQ(columns_text(begin), "id bigint, n bigint");
  Options options;
  options.path = folder.path("rows.csv");
  options.given.whole = true;
  Cancellation cancellation;
  FoundSource whole = std::move(crawl(options, cancellation).sources.at(0));
  EXPECT_EQ(columns_text(whole), "id bigint, n varchar");
  EXPECT_EQ(whole.columns[1].votes[1].line, limits::kCrawlBytes / 8 + 2);
}

TEST_F(CrawlFiles, ThreadsChangeNothing) {
  for (int i = 0; i < 200; ++i) {
    std::string n = i == 150 ? "x" : i == 77 ? "1.5" : "1";
    folder.write(fmt::format("day-{}.csv", i),
                 fmt::format("id,n,d\n{},{},{}\n2,3,4\n", i, n, i % 50 == 0 ? "NA" : "7"));
  }
  auto told = [&](size_t threads) {
    FoundSource found = source_at(folder.path(""), Together::kAuto, threads);
    std::string text = found.source.path + columns_text(found);
    for (const Reason& each : found.reasons) text += each.about + each.text;
    for (const FoundColumn& column : found.columns)
      for (const FoundVote& vote : column.votes)
        text += fmt::format("{} {} {} {}:{}\n", vote.what, vote.count, vote.example, vote.file, vote.line);
    return text;
  };
  std::string one = told(1);
  EXPECT_THAT(one, HasSubstr("n varchar"));
  for (size_t threads : {2, 3, 8}) EXPECT_EQ(told(threads), one);
}

TEST_F(CrawlFiles, NothingAtThePathIsAnError) {
  EXPECT_THROW(crawl_at(folder.path("none")), Failure);
  EXPECT_THROW(crawl_at(folder.path("*.csv")), Failure);
  Crawled crawled = crawl_at(folder.path(""));
  EXPECT_TRUE(crawled.sources.empty());
  EXPECT_EQ(crawled.files, 0u);
}

TEST_F(CrawlFiles, ValuesThatDoNotFitDeclaredTypesAreMisfitsWithTheTypeThatTakesThem) {
  folder.write("a.csv", "1,2018-01-01,1,abc\n3000000000,2018-01-01 10:00,x,def\n");
  definition::Source declared;
  declared.format.delimiter = ",";
  declared.columns = {
      {"id", TypeId::kInteger}, {"day", TypeId::kDate}, {"n", TypeId::kDouble}, {"t", TypeId::kVarchar}};
  Options options;
  options.path = folder.path("a.csv");
  options.given = given_by(declared);
  Cancellation cancellation;
  FoundSource found = std::move(crawl(options, cancellation).sources.at(0));
  std::vector<Change> changes = compare(declared, found);
  std::vector<std::string> texts;
  for (const Change& change : changes)
    texts.push_back(
        fmt::format("{} {} {} {}", change.column, type_text(change.from), type_text(change.to), change.line));
  EXPECT_THAT(texts, ElementsAre("id integer bigint 2", "day date timestamp 2", "n double varchar 2"));
  EXPECT_EQ(changes[0].reason, "'3000000000' is out of range of INTEGER");
  declared.columns.pop_back();
  options.given = given_by(declared);
  found = std::move(crawl(options, cancellation).sources.at(0));
  EXPECT_EQ(compare(declared, found).at(0).kind, Change::Kind::kColumns);
}

TEST_F(CrawlFiles, OfJsonNewKeysAndUnseenOnesAreToldAndBreakNothing) {
  folder.write("a.json", "{\"a\": 1, \"b\": {\"c\": 1.5}}\n{\"a\": 2, \"new\": true}\n");
  definition::Source declared;
  declared.format.type = definition::FormatType::kJsonLines;
  declared.columns = {
      {"a", TypeId::kBigint}, {"b", Type::structure({{"c", TypeId::kBoolean}})}, {"old", TypeId::kDate}};
  declared.columns[1].type.fields[0].type = TypeId::kDate;
  Options options;
  options.path = folder.path("a.json");
  options.given = given_by(declared);
  Cancellation cancellation;
  FoundSource found = std::move(crawl(options, cancellation).sources.at(0));
  std::vector<Change> changes = compare(declared, found);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].column, "b");
  EXPECT_EQ(type_text(changes[0].to), "struct(c double)");
  EXPECT_TRUE(changes[0].breaks());
  EXPECT_EQ(changes[1].kind, Change::Kind::kUnseen);
  EXPECT_EQ(changes[2].column, "new");
  EXPECT_FALSE(changes[2].breaks());
}

}  // namespace
}  // namespace segue::crawl

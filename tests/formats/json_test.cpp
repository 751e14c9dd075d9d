// JSON lines and JSON files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory.h"
#include "formats/gzip_helpers.h"
#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;
using Rows = std::vector<TextRow>;

constexpr auto kNull = std::nullopt;

class Json : public testing::Test {
 protected:
  JsonSource lines(const std::string& content, std::vector<Field> fields = {{"a", TypeId::kBigint}}) {
    return source_of<JsonSource>({folder.write("rows.json", content)}, std::move(fields));
  }
  JsonSource file(const std::string& content, std::vector<Field> fields = {{"a", TypeId::kBigint}}) {
    JsonSource source = lines(content, std::move(fields));
    source.lines = false;
    return source;
  }
  // What `value` becomes as that type, or why the row is bad.
  std::string read_as(const Type& type, const std::string& value) {
    JsonSource source = lines("{\"a\":" + value + "}\n", {{"a", type}});
    source.bad_rows.quarantine = true;
    Scanned result = scan(source);
    if (!result.bad.empty()) return "bad: " + result.bad[0].reason;
    return result.rows.at(0).at(0).value_or("NULL");
  }
  std::vector<std::string> reasons(JsonSource source, size_t threads = 1) {
    source.bad_rows.quarantine = true;
    std::vector<std::string> reasons;
    for (const BadRow& row : scan(source, threads).bad) reasons.push_back(row.reason);
    return reasons;
  }
  TestFolder folder;
};

const std::vector<Field> kPlay = {{"user", TypeId::kVarchar}, {"n", TypeId::kInteger}, {"at", TypeId::kTimestamp}};

std::string play_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "{\"at\":\"2009-05-04T23:08:" + std::to_string(10 + i % 50) +
            "Z\",\"other\":{\"x\":[1,{\"n\":2}]},\"n\":" + std::to_string(i) + ",\"user\":\"user " +
            std::to_string(i * 7919 % 1000) + (i % 3 == 0 ? "\\u00e9\\n" : "") + "\"}\n";
  }
  return text;
}

TEST_F(Json, LinesAreRowsAndKeysAreColumns) {
  EXPECT_EQ(scan(lines("{\"user\":\"ada\",\"n\":1,\"at\":\"2009-05-04T23:08:57Z\"}\n"
                       "  { \"n\" : 2 , \"at\" : null , \"more\" : [ 1 , { } ] , \"user\" : \"bob\" }  \r\n"
                       "\n \t\r\n"
                       "{\"User\":\"x\"}",
                       kPlay))
                .rows,
            (Rows{{"ada", "1", "2009-05-04 23:08:57"}, {"bob", "2", kNull}, {kNull, kNull, kNull}}));
}

TEST_F(Json, CutsDoNotMatter) {
  std::string text = play_lines(5000);
  Rows expected = scan(lines(text, kPlay)).rows;
  ASSERT_EQ(expected.size(), 5000u);
  EXPECT_EQ(expected[1], (TextRow{"user 919", "1", "2009-05-04 23:08:11"}));
  EXPECT_EQ(expected[3], (TextRow{"user 757\u00e9\n", "3", "2009-05-04 23:08:13"}));
  for (size_t morsel : {size_t{50}, size_t{1000}, size_t{50000}}) {
    JsonSource source = lines(text, kPlay);
    source.morsel_bytes = morsel;
    source.window_bytes = morsel == 1000 ? 100 : 5000;
    source.batch_rows = morsel == 50 ? 1 : 300;
    EXPECT_EQ(scan(source, 3).rows, expected) << morsel;
    source.files = {folder.write("rows.json.gz", gzip(text))};
    EXPECT_EQ(scan(source, 3).rows, expected) << morsel << " compressed";
  }
}

TEST_F(Json, AFileIsAnObjectOrAnArray) {
  std::string text = play_lines(3000), array = "[\n";
  Rows expected = scan(lines(text, kPlay)).rows;
  text.pop_back();
  for (char c : text) array += c == '\n' ? std::string(",\n") : std::string(1, c);
  array += "\n]\n";
  for (size_t morsel : {size_t{50}, size_t{1000}, size_t{50000}}) {
    JsonSource source = file(array, kPlay);
    source.morsel_bytes = morsel;
    source.window_bytes = morsel == 1000 ? 100 : 5000;
    EXPECT_EQ(scan(source, 3).rows, expected) << morsel;
    source.files = {folder.write("rows.json.gz", gzip(array))};
    EXPECT_EQ(scan(source, 3).rows, expected) << morsel << " compressed";
  }
  for (const char* one : {"{\"a\":1}", " \n{\n\"a\":\n1}\n\n", "[{\"a\":1}]", "\xEF\xBB\xBF[ {\"a\":1}\r\n]\r\n"})
    EXPECT_EQ(scan(file(one)).rows, (Rows{{"1"}})) << one;
  for (const char* none : {"", " \n", "[]", "\n[ \n]", "\xEF\xBB\xBF"})
    EXPECT_EQ(scan(file(none)).rows, Rows{}) << none;
}

TEST_F(Json, ManySmallFilesKeepTheirOrder) {
  Rows expected;
  JsonSource source = file("{\"a\":0}");
  expected.push_back({"0"});
  for (int i = 1; i < 300; ++i) {
    std::string text = "{\"a\":" + std::to_string(i) + "}";
    std::string name = "many/" + std::to_string(1000 + i) + ".json";
    source.files.push_back(folder.write(name, i % 2 == 0 ? text : gzip(text)));
    expected.push_back({std::to_string(i)});
  }
  EXPECT_EQ(scan(source, 3).rows, expected);
  source.lines = true;
  EXPECT_EQ(scan(source, 3).rows, expected);
}

TEST_F(Json, NumbersFitTheirColumns) {
  const Type bigint = TypeId::kBigint, tinyint = TypeId::kTinyint, decimal = Type::decimal(5, 2);
  EXPECT_EQ(read_as(bigint, "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read_as(bigint, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read_as(bigint, "9223372036854775808"), "bad: a: '9223372036854775808' is out of range of BIGINT");
  EXPECT_EQ(read_as(bigint, "-0"), "0");
  EXPECT_EQ(read_as(bigint, "1541106106796.0"), "1541106106796");
  EXPECT_EQ(read_as(bigint, "1e3"), "1000");
  EXPECT_EQ(read_as(bigint, "1.5"), "2");
  EXPECT_EQ(read_as(bigint, "2.5"), "2");
  EXPECT_EQ(read_as(bigint, "1e19"), "bad: a: '1e19' is out of range of BIGINT");
  EXPECT_EQ(read_as(bigint, "1e400"), "bad: a: '1e400' is out of range of BIGINT");
  EXPECT_EQ(read_as(bigint, "123456789012345678901234567890"),
            "bad: a: '123456789012345678901234567890' is out of range of BIGINT");
  EXPECT_EQ(read_as(tinyint, "127.4"), "127");
  EXPECT_EQ(read_as(tinyint, "127.5"), "bad: a: '127.5' is out of range of TINYINT");
  EXPECT_EQ(read_as(tinyint, "-128"), "-128");
  EXPECT_EQ(read_as(tinyint, "300"), "bad: a: '300' is out of range of TINYINT");
  EXPECT_EQ(read_as(TypeId::kSmallint, "-32768"), "-32768");
  EXPECT_EQ(read_as(TypeId::kDouble, "123456789012345678901234567890"), "1.2345678901234568e+29");
  EXPECT_EQ(read_as(TypeId::kDouble, "1e-400"), "0.0");
  EXPECT_EQ(read_as(TypeId::kDouble, "1e400"), "bad: a: '1e400' is out of range of DOUBLE");
  EXPECT_EQ(read_as(TypeId::kFloat, "0.1"), "0.1");
  EXPECT_EQ(read_as(TypeId::kFloat, "1e39"), "bad: a: '1e39' is out of range of FLOAT");
  EXPECT_EQ(read_as(decimal, "1.005"), "1.01");
  EXPECT_EQ(read_as(decimal, "1e2"), "100.00");
  EXPECT_EQ(read_as(decimal, "1000"), "bad: a: '1000' is out of range of DECIMAL(5,2)");
  EXPECT_EQ(read_as(Type::decimal(38, 0), "12345678901234567890123456789012345678"),
            "12345678901234567890123456789012345678");
  EXPECT_EQ(read_as(TypeId::kBoolean, "0"), "false");
  EXPECT_EQ(read_as(TypeId::kBoolean, "0.5"), "true");
  EXPECT_EQ(read_as(TypeId::kVarchar, "1.50"), "1.50");
  EXPECT_EQ(read_as(TypeId::kTimestamp, "1541121934796"), "bad: a: '1541121934796' is not a TIMESTAMP");
  EXPECT_EQ(read_as(TypeId::kDate, "1"), "bad: a: '1' is not a DATE");
  for (const char* none : {"01", "+1", ".5", "1.", "1e", "-", "--1", "0x1f", "nan", "Infinity", "1_000"})
    EXPECT_THAT(read_as(TypeId::kDouble, none), testing::StartsWith("bad: a: ")) << none;
}

TEST_F(Json, StringsAreReadAsFieldsOfDelimitedTextAre) {
  EXPECT_EQ(read_as(TypeId::kBigint, "\"39\""), "39");
  EXPECT_EQ(read_as(TypeId::kBigint, "\" 39 \""), "39");
  EXPECT_EQ(read_as(TypeId::kBigint, "\"\\u0033\\u0039\""), "39");
  EXPECT_EQ(read_as(TypeId::kBigint, "\"1.5\""), "bad: a: '1.5' is not a BIGINT");
  EXPECT_EQ(read_as(TypeId::kBigint, "\"\""), "bad: a: '' is not a BIGINT");
  EXPECT_EQ(read_as(TypeId::kInteger, "\"x\""), "bad: a: 'x' is not an INTEGER");
  EXPECT_EQ(read_as(TypeId::kDouble, "\"inf\""), "inf");
  EXPECT_EQ(read_as(TypeId::kFloat, "\"1.5\""), "1.5");
  EXPECT_EQ(read_as(Type::decimal(5, 2), "\"1.5\""), "1.50");
  EXPECT_EQ(read_as(TypeId::kBoolean, "\"yes\""), "true");
  EXPECT_EQ(read_as(TypeId::kDate, "\"2009-05-04\""), "2009-05-04");
  EXPECT_EQ(read_as(TypeId::kDate, "\"2009-02-30\""), "bad: a: '2009-02-30' is out of range of DATE");
  EXPECT_EQ(read_as(TypeId::kTimestamp, "\"2009-05-04T23:08:57.25+02:00\""), "2009-05-04 21:08:57.25");
  EXPECT_EQ(read_as(TypeId::kTimestamp, "\"yesterday\""), "bad: a: 'yesterday' is not a TIMESTAMP");
}

TEST_F(Json, WordsAreReadAsDuckdbDoes) {
  EXPECT_EQ(read_as(TypeId::kBoolean, "true"), "true");
  EXPECT_EQ(read_as(TypeId::kBoolean, "false"), "false");
  EXPECT_EQ(read_as(TypeId::kBigint, "true"), "1");
  EXPECT_EQ(read_as(TypeId::kDouble, "false"), "0.0");
  EXPECT_EQ(read_as(Type::decimal(5, 2), "true"), "1.00");
  EXPECT_EQ(read_as(TypeId::kVarchar, "true"), "true");
  EXPECT_EQ(read_as(TypeId::kDate, "true"), "bad: a: 'true' is not a DATE");
  EXPECT_EQ(read_as(TypeId::kVarchar, "\"null\""), "null");
  for (TypeId type : {TypeId::kBigint, TypeId::kVarchar, TypeId::kTimestamp, TypeId::kBoolean})
    EXPECT_EQ(read_as(type, "null"), "NULL");
  EXPECT_EQ(read_as(TypeId::kBigint, "nul"), "bad: a: 'nul' is no JSON value");
  EXPECT_EQ(read_as(TypeId::kVarchar, "True"), "bad: a: 'True' is no JSON value");
}

TEST_F(Json, TextsKeepTheirCharacters) {
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("")"), "");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("\"Mozilla\/5.0 \\ \b\f\n\r\t\"")"), "\"Mozilla/5.0 \\ \b\f\n\r\t\"");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("\u00e9\ud83d\ude00é")"), "\u00e9\U0001F600é");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("\ud800")"), R"(bad: a: '\ud800' has an escape that JSON does not have)");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("\x")"), R"(bad: a: '\x' has an escape that JSON does not have)");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("a\u0000b")"), R"(bad: a: 'a\u0000b' has a NUL byte)");
  EXPECT_EQ(read_as(TypeId::kVarchar, R"("a"b)"),
            "bad: no valid JSON: a comma, colon, bracket or value is missing or too much");
  EXPECT_THAT(read_as(TypeId::kVarchar, R"("a"1"b")"), testing::StartsWith("bad: "));
  EXPECT_EQ(read_as(TypeId::kVarchar, R"([1, {"b" : "x]"} ])"), R"([1, {"b" : "x]"} ])");
}

TEST_F(Json, ListsAndStructsAreRead) {
  Type numbers = Type::list(TypeId::kInteger);
  Type user = Type::structure({{"id", TypeId::kBigint}, {"name", TypeId::kVarchar}});
  EXPECT_EQ(read_as(numbers, "[1, null, 2]"), "[1, NULL, 2]");
  EXPECT_EQ(read_as(numbers, "[]"), "[]");
  EXPECT_EQ(read_as(numbers, "null"), "NULL");
  EXPECT_EQ(read_as(numbers, "[1, \"x\"]"), "bad: a: 'x' is not an INTEGER");
  EXPECT_EQ(read_as(numbers, "{\"b\":1}"), "bad: a: an object is not an INTEGER[]");
  EXPECT_EQ(read_as(numbers, "\"[1]\""), "bad: a: '[1]' is not an INTEGER[]");
  EXPECT_EQ(read_as(numbers, "[[1]]"), "bad: a: an array is not an INTEGER");
  EXPECT_EQ(read_as(user, "{\"name\":\"a\\u0064a\",\"id\":1,\"more\":2}"), "{'id': 1, 'name': ada}");
  EXPECT_EQ(read_as(user, "{}"), "{'id': NULL, 'name': NULL}");
  EXPECT_EQ(read_as(user, "null"), "NULL");
  EXPECT_EQ(read_as(user, "{\"id\":\"x\"}"), "bad: a.id: 'x' is not a BIGINT");
  EXPECT_EQ(read_as(user, "[1]"), "bad: a: an array is not a STRUCT(id BIGINT, name VARCHAR)");
  EXPECT_EQ(read_as(Type::list(user), "[{\"id\":1},null,{\"id\":2,\"name\":\"x\"}]"),
            "[{'id': 1, 'name': NULL}, NULL, {'id': 2, 'name': x}]");
}

TEST_F(Json, ABadRowLeavesNothingBehind) {
  std::vector<Field> fields = {
      {"list", Type::list(Type::structure({{"x", TypeId::kVarchar}, {"y", Type::list(TypeId::kBigint)}}))},
      {"name", TypeId::kVarchar},
      {"n", TypeId::kBigint}};
  std::string good = R"({"list":[{"x":"a\nb","y":[1,2]},{"x":"c"}],"name":"\u0041","n":1})";
  std::string bad = R"({"name":"\u0042","list":[{"x":"no\n","y":[7]},{"x":"no","y":[8,"z"]}],"n":2})";
  std::string later = R"({"n":2,"name":"B","list":[{"y":[3]},null],"n":3})";
  JsonSource source = lines(good + "\n" + bad + "\n" + later + "\n" + good + "\n", fields);
  source.bad_rows.quarantine = true;
  Scanned result = scan(source);
  TextRow row{"[{'x': a\nb, 'y': [1, 2]}, {'x': c, 'y': NULL}]", "A", "1"};
  EXPECT_EQ(result.rows, (Rows{row, row}));
  ASSERT_EQ(result.bad.size(), 2u);
  EXPECT_EQ(result.bad[0].reason, "list.y: 'z' is not a BIGINT");
  EXPECT_EQ(result.bad[0].line, 2u);
  EXPECT_EQ(result.bad[0].offset, good.size() + 1);
  EXPECT_EQ(result.bad[0].text, bad);
  EXPECT_EQ(result.bad[1].reason, "n: the key occurs twice");
}

TEST_F(Json, KeysAreComparedAsTheyAre) {
  EXPECT_EQ(scan(lines("{\"\\u0061\":5}\n{\"A\":1}\n{\"a \":1}\n{\"a\":6}\n{\"aa\":7}")).rows,
            (Rows{{"5"}, {kNull}, {kNull}, {"6"}, {kNull}}));
  EXPECT_THAT(reasons(lines("{\"a\":1,\"a\":1}\n{\"b\":1,\"b\":2}\n{\"a\":null,\"\\u0061\":1}\n")),
              ElementsAre("a: the key occurs twice", "a: the key occurs twice"));
}

TEST_F(Json, WhatIsNoObjectIsABadRow) {
  std::string deep(limits::kJsonNesting, '['), deep_end(limits::kJsonNesting, ']');
  EXPECT_THAT(
      reasons(
          lines("[1]\n7\n\"x\"\nnull\n{\"a\":1} x\n{\"a\":1}{\"a\":2}\n{\"a\":1,}\n{\"a\":1\n{\"a\":\"x}\n{\"a\" 1}\n"
                "{\"b\":\"\t\",\"a\":1}\n{\"a\":1,\"b\":[1,2}\n{\"b\":\"\xFF\"}\n{\"b\":" +
                deep + deep_end + "}\n{\"a\":1,,\"b\":2}\n{a:1}\n")),
      ElementsAre("an object expected, not an array", "an object expected, not another value",
                  "an object expected, not another value", "an object expected, not another value",
                  "the object is not closed, or something stands behind it", "something stands behind the object",
                  "no valid JSON: a comma, colon, bracket or value is missing or too much",
                  "the object is not closed, or something stands behind it", "a string is never closed",
                  "no valid JSON: a comma, colon, bracket or value is missing or too much",
                  "a control character in a string, or a NUL byte, that is not escaped",
                  "no valid JSON: a comma, colon, bracket or value is missing or too much",
                  "the row is not UTF-8, by its byte 7", "values within each other more than 1000 deep",
                  "no valid JSON: a comma, colon, bracket or value is missing or too much",
                  "no valid JSON: a comma, colon, bracket or value is missing or too much"));
  // One less is deep enough; brackets in strings are none.
  std::string quoted(3 * limits::kJsonNesting, '[');
  EXPECT_EQ(
      scan(lines("{\"b\":[" + deep.substr(2) + deep_end.substr(2) + "],\"a\":1}\n{\"b\":\"" + quoted + "\",\"a\":2}\n"))
          .rows,
      (Rows{{"1"}, {"2"}}));
  EXPECT_THAT(reasons(lines("{\"a\":1}\0\n{\"a\":\0}\n{\"a\":1\0}\n{\"b\":\"\0\"}\n"s)).size(), 4u);
}

TEST_F(Json, OnlyWhatIsUsedIsLookedAt) {
  std::string text = "{\"a\":\"x\",\"b\":1}\n{\"a\":tru,\"b\":2}\n";
  JsonSource source = lines(text, {{"a", TypeId::kBigint}, {"b", TypeId::kBigint}});
  source.columns = {1};
  EXPECT_EQ(scan(source).rows, (Rows{{"1"}, {"2"}}));
  source.used = {0};
  EXPECT_THAT(reasons(source), ElementsAre("a: 'x' is not a BIGINT", "a: 'tru' is no JSON value"));
  source.columns = {};
  source.used = {};
  EXPECT_EQ(scan(source).rows, (Rows{{}, {}}));
}

TEST_F(Json, TheFrameOfAFileIsFollowed) {
  const std::string behind = "`,` or `]` expected behind an element of the array; what follows in the file is not read";
  auto rows_and_reasons = [&](const std::string& text) {
    JsonSource source = file(text);
    source.bad_rows.quarantine = true;
    Scanned result = scan(source);
    std::string all;
    for (const TextRow& row : result.rows) all += row[0].value_or("NULL") + " ";
    for (const BadRow& row : result.bad) all += "| line " + std::to_string(row.line) + ": " + row.reason;
    return all;
  };
  EXPECT_EQ(rows_and_reasons("[{\"a\":1}\n{\"a\":2},{\"a\":3}]"), "1 | line 2: " + behind);
  EXPECT_EQ(rows_and_reasons("[{\"a\":1},\n{\"a\":2}"), "1 2 | line 3: the file ends before the array does");
  EXPECT_EQ(rows_and_reasons("[{\"a\":1},\n{\"a\":2},\n"), "1 2 | line 3: the file ends before the array does");
  EXPECT_EQ(rows_and_reasons("[{\"a\":1},\n{\"a\":2"),
            "1 | line 2: the object is not closed, or something stands behind it");
  EXPECT_EQ(rows_and_reasons("["), "| line 2: the file ends before the array does");
  EXPECT_EQ(rows_and_reasons("[{\"a\":1}]\n]"),
            "1 | line 2: text behind the end of the array; what follows in the file is not read");
  EXPECT_EQ(rows_and_reasons("[,{\"a\":1}]"), "| line 1: an object expected; what follows in the file is not read");
  EXPECT_THAT(rows_and_reasons("{\"a\":1}\n{\"a\":2}\n"),
              HasSubstr("1 | line 2: text behind the object; what follows in the file is not read: is it of the format "
                        "json_lines"));
  EXPECT_EQ(rows_and_reasons("[1,\n\"x,]\",[{\"a\":1}],null\n,{\"a\":2}]"),
            "2 | line 1: an object expected, not another value| line 2: an object expected, not another value"
            "| line 2: an object expected, not an array| line 2: an object expected, not another value");
  EXPECT_EQ(rows_and_reasons("[{\"a\":1]},\n{\"a\":2}]"),
            "| line 1: the object is not closed, or something stands behind it"
            "| line 1: `,` or `]` expected behind an element of the array; what follows in the file is not read");
  EXPECT_EQ(rows_and_reasons("[{\"b\":\"]}\\\"]\",\"a\":1}]"), "1 ");
}

TEST_F(Json, TheFirstBadRowEndsTheRunWithItsPlace) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"a\":" + std::to_string(i) + "}\n";
  JsonSource source = lines(text + "{\"a\":\"x\"}\n" + text + "{\"a\":\"y\"}\n");
  source.morsel_bytes = 500;
  for (size_t threads : {1, 3}) {
    Error error = error_of(source, threads);
    EXPECT_EQ(error.code, ErrorCode::kData);
    EXPECT_EQ(error.place.line, 1001u);
    EXPECT_EQ(error.place.file, source.files[0]);
    EXPECT_EQ(error.message, "plays: bad row: a: 'x' is not a BIGINT (byte " + std::to_string(text.size()) +
                                 " of the file; the row is `{\"a\":\"x\"}`)");
  }
}

TEST_F(Json, ALongRowIsABadRow) {
  std::string row = "{\"b\":\"" + std::string(limits::kRowBytes, 'x') + "\",\"a\":2}";
  for (const std::string& packed :
       {std::string("{\"a\":1}\n" + row + "\n{\"a\":3}\n"), gzip("{\"a\":1}\n" + row + "\n{\"a\":3}\n")}) {
    JsonSource source = lines(packed);
    EXPECT_THAT(reasons(source, 2), ElementsAre("the row is longer than 16 MiB"));
    source.bad_rows.quarantine = true;
    EXPECT_EQ(scan(source).rows, (Rows{{"1"}, {"3"}}));
  }
  JsonSource array = file("[{\"a\":1},\n" + row + ",\n{\"a\":3}]\n");
  array.bad_rows.quarantine = true;
  Scanned result = scan(array, 2);
  EXPECT_EQ(result.rows, (Rows{{"1"}, {"3"}}));
  ASSERT_EQ(result.bad.size(), 1u);
  EXPECT_EQ(result.bad[0].reason, "the row is longer than 16 MiB");
}

TEST_F(Json, FilesThatAreNotWhatTheyWereAreErrors) {
  std::string packed = gzip(play_lines(300));
  for (bool as_lines : {true, false}) {
    JsonSource cut = lines(packed.substr(0, packed.size() / 2), kPlay);
    cut.lines = as_lines;
    cut.bad_rows.quarantine = true;
    if (as_lines) {
      EXPECT_THAT(error_of(cut, 2).message, HasSubstr("can't be unpacked: it ends too early"));
    }
    JsonSource utf16 = lines("\xFF\xFE{");
    utf16.lines = as_lines;
    EXPECT_EQ(error_of(utf16).message, "plays: the file is UTF-16, not UTF-8");
    JsonSource missing = lines("");
    missing.lines = as_lines;
    missing.files = {folder.path("none.json")};
    EXPECT_EQ(error_of(missing).code, ErrorCode::kIo);

    JsonSource shrinks = lines(play_lines(50000), kPlay);
    shrinks.lines = as_lines;
    Cancellation cancellation;
    auto scanner = open_source(shrinks, 1, cancellation);
    std::filesystem::resize_file(shrinks.files[0], 100);
    std::string message;
    try {
      for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) scanner->scan(0, morsel, [](Batch&&) {});
    } catch (const Failure& failure) {
      message = failure.error().message;
    }
    EXPECT_THAT(message, HasSubstr("became shorter while it was read"));

    JsonSource replaced = lines("{\"a\":1}\n");
    replaced.lines = as_lines;
    scanner = open_source(replaced, 1, cancellation);
    std::filesystem::rename(replaced.files[0], folder.path("old"));
    folder.write("rows.json", "{\"a\":2}\n");
    try {
      scanner->scan(0, 0, [](Batch&&) {});
      ADD_FAILURE() << "no error";
    } catch (const Failure& failure) {
      EXPECT_THAT(failure.error().message, HasSubstr("was replaced while it was read"));
    }
  }
}

TEST_F(Json, ProgressCountsTheBytesOfTheFiles) {
  JsonSource source = lines(play_lines(5000), kPlay);
  source.files.push_back(folder.write("2.gz", gzip(play_lines(10))));
  Cancellation cancellation;
  Progress progress;
  auto scanner = open_source(source, 1, cancellation, &progress);
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) scanner->scan(0, morsel, [](Batch&&) {});
  EXPECT_EQ(progress.bytes_read, progress.bytes_total);
  EXPECT_EQ(progress.rows_read, 5010u);
}

TEST_F(Json, TextsThatRepeatAreCoded) {
  JsonSource source = lines(play_lines(20000), {{"user", TypeId::kVarchar}, {"at", TypeId::kVarchar}});
  Cancellation cancellation;
  auto scanner = open_source(source, 1, cancellation);
  scanner->scan(0, 0, [](Batch&& batch) {
    EXPECT_TRUE(batch.columns[0].coded());
    EXPECT_TRUE(batch.columns[1].coded());
  });
  std::string distinct;
  for (int i = 0; i < 20000; ++i) distinct += "{\"user\":\"user " + std::to_string(i) + "\"}\n";
  JsonSource other = lines(distinct, {{"user", TypeId::kVarchar}});
  scanner = open_source(other, 1, cancellation);
  scanner->scan(0, 0, [](Batch&& batch) { EXPECT_FALSE(batch.columns[0].coded()); });
  EXPECT_EQ(scan(other).rows[19999], (TextRow{"user 19999"}));
}

TEST_F(Json, TypesThatJsonDoesNotHoldAreRefused) {
  Error error = error_of(lines("{}", {{"a", Type::list(TypeId::kBlob)}}));
  EXPECT_EQ(error.code, ErrorCode::kDefinition);
  EXPECT_EQ(error.message, "plays: a: JSON can't be read as BLOB[]");
}

// Whatever is cut or changed in a file: rows, bad rows or an error, and nothing read outside.
TEST_F(Json, DamageIsNeverACrash) {
  std::string text = play_lines(2) + R"({"user":["x",{"y":1e5}],"n":-7,"at":null})" + "\n";
  for (bool as_lines : {true, false}) {
    std::string whole = text;
    if (!as_lines) {
      whole.pop_back();
      for (size_t at; (at = whole.find('\n')) != std::string::npos;) whole.replace(at, 1, ",");
      whole = "[" + whole + "]";
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      for (char c : {'"', '\\', '{', ']', ',', '\n', '\0', '\x80'}) {
        std::string damaged = whole;
        damaged[at] = c;
        JsonSource source = lines(damaged, kPlay);
        source.lines = as_lines;
        source.bad_rows.quarantine = true;
        Scanned result = scan(source);
        ASSERT_LE(result.rows.size(), 5u) << damaged;
      }
    }
  }
}

}  // namespace
}  // namespace segue::formats

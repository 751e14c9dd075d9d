// Tables as other programs read them, all from PyPI: `deltalake` (delta-rs), the delta extension of DuckDB (delta-kernel),
// Polars and Spark.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "lake/delta_log.h"
#include "lake/lake.h"
#include "lake/maintenance.h"
#include "lake/publication.h"
#include "lake/rows.h"

namespace segue::lake {
namespace {

// The folder with the readers, made once; it lies beside the other libraries that are not ours.
std::string reader_folder() {
  static const std::string folder = [] {
    std::string path = ".deps/delta-readers";
    std::string install = fmt::format(
        "cmp -s tests/lake/readers/requirements.txt {0}/requirements.txt || (python3 -m venv --clear {0} && "
        "{0}/bin/pip --quiet install --requirement tests/lake/readers/requirements.txt && cp "
        "tests/lake/readers/requirements.txt {0}/)",
        path);
    if (std::system(install.c_str()) != 0) throw std::runtime_error("cannot install the readers");
    return path;
  }();
  return folder;
}

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  quoted += '\'';
  return quoted;
}

// What a reader prints of the rows for which each condition is true, sorted.
std::vector<std::vector<std::string>> read_each(const std::string& reader, const TableState& table,
                                                const std::vector<std::string>& conditions) {
  std::string columns;
  for (const Field& field : table.fields)
    columns += fmt::format("{}\"{}\"::{}::VARCHAR", columns.empty() ? "" : ", ", field.name, to_string(field.type));
  std::string command = fmt::format("{}/bin/python tests/lake/readers/read.py {} {} {}", reader_folder(), reader,
                                    shell_quoted(table.address), shell_quoted(columns));
  for (const std::string& condition : conditions) command += fmt::format(" {}", shell_quoted(condition));
  std::vector<std::vector<std::string>> found(1);
  FILE* pipe = popen(command.c_str(), "r");
  char line[65536];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    std::string text = line;
    if (text.ends_with('\n')) text.pop_back();
    if (text == "--")
      found.emplace_back();
    else
      found.back().push_back(std::move(text));
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  for (std::vector<std::string>& lines : found) std::sort(lines.begin(), lines.end());
  EXPECT_EQ(found.size(), conditions.size()) << command;
  found.resize(conditions.size());
  return found;
}

std::vector<std::string> read_with(const std::string& reader, const TableState& table) {
  return read_each(reader, table, {"true"}).front();
}

void expect_one_row_each(const std::string& reader, const TableState& table,
                         const std::vector<std::string>& conditions) {
  auto found = read_each(reader, table, conditions);
  for (size_t i = 0; i < conditions.size(); ++i) EXPECT_EQ(found[i].size(), 1u) << conditions[i];
}

Relation every_type() {
  std::vector<Field> play{{"played_at", TypeId::kTimestamp}, {"tags", Type::list(TypeId::kVarchar)}};
  std::vector<Field> fields{{"id", TypeId::kBigint},          {"flag", TypeId::kBoolean},
                            {"tiny", TypeId::kTinyint},       {"small", TypeId::kSmallint},
                            {"plain", TypeId::kInteger},      {"single", TypeId::kFloat},
                            {"wide", TypeId::kDouble},        {"price", Type::decimal(9, 2)},
                            {"amount", Type::decimal(18, 4)}, {"huge", Type::decimal(38, 10)},
                            {"text", TypeId::kVarchar},       {"day", TypeId::kDate},
                            {"moment", TypeId::kTimestamp},   {"numbers", Type::list(TypeId::kBigint)},
                            {"pair", Type::structure(play)},  {"plays", Type::list(Type::structure(play))}};
  auto a_play =
      structure(play, {timestamp(1241478537000001), list(TypeId::kVarchar, {text("rock"), null(TypeId::kVarchar)})});
  std::vector<Value> nulls{integer(2)};
  for (size_t i = 1; i < fields.size(); ++i) nulls.push_back(null(fields[i].type));
  return relation(
      fields,
      {{integer(1), integer(1, TypeId::kBoolean), integer(-128, TypeId::kTinyint), integer(-32768, TypeId::kSmallint),
        integer(7, TypeId::kInteger), real(0.5, TypeId::kFloat), real(-0.1), integer(-12345, Type::decimal(9, 2)),
        integer(99, Type::decimal(18, 4)),
        Value{Type::decimal(38, 10), -(Int128{9'999'999'999'999'999} * 1'000'000'000'000)}, text("Sigur Rós"),
        integer(-1, TypeId::kDate), timestamp(-1), list(TypeId::kBigint, {integer(1), null(TypeId::kBigint)}), a_play,
        list(Type::structure(play), {a_play, a_play})},
       nulls,
       {integer(std::numeric_limits<int64_t>::max()), integer(0, TypeId::kBoolean), integer(127, TypeId::kTinyint),
        integer(32767, TypeId::kSmallint), integer(8, TypeId::kInteger), real(1e30, TypeId::kFloat), real(2.5),
        integer(0, Type::decimal(9, 2)), integer(-1, Type::decimal(18, 4)), Value{Type::decimal(38, 10), Int128{7}},
        text(std::string(100, 'z')), integer(20000, TypeId::kDate), timestamp(1241478537123456),
        list(TypeId::kBigint, {}), a_play, list(Type::structure(play), {})}});
}

class ReadersTest : public testing::TestWithParam<const char*> {
 protected:
  TableState publish(const std::string& run, const Relation& rows) {
    Publication publication(lake_, "p", {run, "Segue/test", nullptr, 2});
    publication.stage("t", rows);
    publication.commit();
    return lake_.find({"p", "t"}).value();
  }

  TemporaryFolder folder_;
  Lake lake_{folder_.path()};
};

TEST_P(ReadersTest, EveryTypeIsRead) {
  std::vector<std::string> expected = print_rows(every_type());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(read_with(GetParam(), publish("one", every_type())), expected);
}

TEST_P(ReadersTest, FiltersThatUseTheStatisticsLoseNoRow) {
  TableState table = publish("one", every_type());
  expect_one_row_each(
      GetParam(), table,
      {"id = 1", "moment = TIMESTAMP '1969-12-31 23:59:59.999999'", "moment >= TIMESTAMP '2009-05-04 23:08:57.123456'",
       "text > 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'", "day = DATE '1969-12-31'", "huge < 0", "price = -123.45",
       "wide = 2.5", "flag IS NULL"});
}

TEST_P(ReadersTest, ReplacedEmptyAndChangedTablesAreRead) {
  publish("one", every_type());
  EXPECT_THAT(read_with(GetParam(), publish("two", relation({{"n", TypeId::kBigint}}, {{integer(5)}}))),
              testing::ElementsAre("5"));
  EXPECT_THAT(read_with(GetParam(), publish("three", relation({{"n", TypeId::kBigint}}, {}))), testing::IsEmpty());
  Publication publication(lake_, "p", {"four", "Segue/test", nullptr, 2});
  publication.stage_parts("parts", {{"n", TypeId::kBigint}}, {{"a", relation({{"n", TypeId::kBigint}}, {})}});
  publication.commit();
  EXPECT_THAT(read_with(GetParam(), lake_.find({"p", "parts"}).value()), testing::IsEmpty())
      << "a table without any file";
}

TEST_P(ReadersTest, TablesBehindACheckpointAreReadWithoutTheLogBeforeIt) {
  for (int64_t version = 0; version < 12; ++version)
    publish("run" + std::to_string(version), relation({{"n", TypeId::kBigint}}, {{integer(version)}}));
  for (int64_t version = 0; version < 10; ++version) lake_.store().remove(entry_path("p/t", version));
  EXPECT_THAT(read_with(GetParam(), lake_.find({"p", "t"}).value()), testing::ElementsAre("11"));
}

TEST_P(ReadersTest, PartitionsAreRead) {
  std::vector<Field> fields{{"id", TypeId::kBigint},       {"text", TypeId::kVarchar},     {"flag", TypeId::kBoolean},
                            {"day", TypeId::kDate},        {"moment", TypeId::kTimestamp}, {"year", TypeId::kInteger},
                            {"price", Type::decimal(9, 2)}};
  // deltalake 1 takes a negative decimal of a partition apart wrongly, in tables that it wrote itself, too.
  bool rust = GetParam() == std::string("deltalake") || GetParam() == std::string("polars");
  int64_t price = rust ? 1205 : -1205;
  auto row = [&](int64_t id, const std::string& name, int64_t micros) {
    return std::vector<Value>{integer(id),
                              text(name),
                              integer(id % 2, TypeId::kBoolean),
                              integer(-id, TypeId::kDate),
                              timestamp(micros),
                              integer(2018, TypeId::kInteger),
                              integer(price, Type::decimal(9, 2))};
  };
  std::vector<Value> nulls{integer(9)};
  for (size_t i = 1; i < fields.size(); ++i) nulls.push_back(null(fields[i].type));
  Relation rows = relation(fields, {row(1, "Sigur Rós", 1241478537123456), row(2, "a/b=c%20+d?e#f", 0),
                                    row(3, "it's \"q\" [x]*", -1), row(4, " blanks ", 1), nulls});
  Publication publication(lake_, "p", {"one", "Segue/test", nullptr, 2});
  publication.stage("t", rows, {"text", "flag", "day", "moment", "year", "price"});
  publication.commit();
  TableState table = lake_.find({"p", "t"}).value();
  ASSERT_EQ(table.files.size(), 5u);
  std::vector<std::string> expected = print_rows(rows);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(read_with(GetParam(), table), expected);
  expect_one_row_each(GetParam(), table,
                      {"text = 'a/b=c%20+d?e#f'", "moment = TIMESTAMP '2009-05-04 23:08:57.123456'",
                       "day = DATE '1969-12-28'", "text IS NULL", "flag AND id = 3"});
}

TEST_P(ReadersTest, ARollbackIsRead) {
  publish("one", every_type());
  publish("two", relation({{"n", TypeId::kBigint}}, {{integer(5)}}));
  rollback(lake_, {"p", "t"}, 0, {});
  EXPECT_EQ(read_with(GetParam(), lake_.find({"p", "t"}).value()).size(), 3u);
}

// The column that tells the file is none of the table's, and one that came later is NULL in files that lack it.
TEST_P(ReadersTest, ColumnsThatFilesHaveMoreAndLessAreRead) {
  Field file{kFileColumn, TypeId::kBigint}, user{"user_id", TypeId::kVarchar}, year{"year", TypeId::kInteger},
      seconds{"seconds", TypeId::kInteger};
  auto add = [&](const std::string& run, const Relation& rows) {
    Publication publication(lake_, "p", {run, "Segue/test", nullptr, 2});
    publication.stage_batch("t", rows, {"year"}, std::vector<std::string>(), "{}", true);
    publication.commit();
    return lake_.find({"p", "t"}).value();
  };
  TableState before =
      add("one", relation({user, year, file}, {{text("u1"), integer(2018, TypeId::kInteger), integer(-1)}}));
  EXPECT_THAT(read_with(GetParam(), before), testing::ElementsAre("u1|2018"));
  TableState after =
      add("two", relation({seconds, user, year, file},
                          {{integer(7, TypeId::kInteger), text("u2"), integer(2018, TypeId::kInteger), integer(1)}}));
  EXPECT_THAT(read_each(GetParam(), after, {"true", "seconds IS NULL", "seconds > 3"}),
              testing::ElementsAre(testing::ElementsAre("7|u2|2018", "NULL|u1|2018"),
                                   testing::ElementsAre("NULL|u1|2018"), testing::ElementsAre("7|u2|2018")));
  EXPECT_THAT(lake_.find({"p", "t"}, 0)->fields, testing::ElementsAre(user, year));
}

INSTANTIATE_TEST_SUITE_P(Each, ReadersTest, testing::Values("deltalake", "duckdb", "polars", "spark"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace segue::lake

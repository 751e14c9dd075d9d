#include "lake/parquet_file.h"

#include <cmath>
#include <limits>

#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/limits.h"
#include "lake/delta_log.h"
#include "lake/lake.h"
#include "lake/rows.h"

namespace segue::lake {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::Not;

class ParquetFileTest : public testing::Test {
 protected:
  std::vector<DataFile> write(const Relation& rows, WriteOptions options = {}) {
    return write_parquet(
        *store_, "table", rows, options, [&](size_t number) { return std::to_string(number) + ".parquet"; },
        [](const std::string&) {});
  }
  std::vector<std::string> read(const std::vector<DataFile>& files) {
    std::vector<std::string> paths;
    for (const DataFile& file : files) paths.push_back(store_->address("table/" + file.path));
    return read_rows(paths);
  }
  std::shared_ptr<parquet::FileMetaData> footer(const DataFile& file) {
    return parquet::ParquetFileReader::OpenFile(store_->address("table/" + file.path))->metadata();
  }
  Json statistics(const Relation& rows) { return Json::parse(write(rows).at(0).statistics); }
  Json statistics(const std::string& column, const Type& type, const std::vector<Value>& values) {
    std::vector<std::vector<Value>> rows;
    for (const Value& value : values) rows.push_back({value});
    Json all = statistics(relation({{column, type}}, rows));
    std::filesystem::remove_all(store_->address("table"));
    return all;
  }

  TemporaryFolder folder_;
  std::shared_ptr<storage::Store> store_ = storage::open_local(folder_.path());
};

TEST_F(ParquetFileTest, EveryTypeComesBack) {
  std::vector<Field> play{{"played_at", TypeId::kTimestamp}, {"tags", Type::list(TypeId::kVarchar)}};
  std::vector<Field> fields{{"boolean", TypeId::kBoolean},
                            {"tinyint", TypeId::kTinyint},
                            {"smallint", TypeId::kSmallint},
                            {"integer", TypeId::kInteger},
                            {"bigint", TypeId::kBigint},
                            {"float", TypeId::kFloat},
                            {"double", TypeId::kDouble},
                            {"price", Type::decimal(9, 2)},
                            {"amount", Type::decimal(18, 4)},
                            {"huge", Type::decimal(38, 10)},
                            {"text", TypeId::kVarchar},
                            {"bytes", TypeId::kBlob},
                            {"day", TypeId::kDate},
                            {"moment", TypeId::kTimestamp},
                            {"numbers", Type::list(TypeId::kBigint)},
                            {"plays", Type::list(Type::structure(play))}};
  Int128 huge = -(Int128{9'999'999'999'999'999} * 1'000'000'000'000);
  auto a_play = structure(play, {timestamp(1), list(TypeId::kVarchar, {text("rock"), null(TypeId::kVarchar)})});
  auto another = structure(play, {null(TypeId::kTimestamp), list(TypeId::kVarchar, {})});
  std::vector<Value> nulls;
  for (const Field& field : fields) nulls.push_back(null(field.type));
  Relation rows = relation(
      fields,
      {{integer(1, TypeId::kBoolean), integer(-128, TypeId::kTinyint), integer(-32768, TypeId::kSmallint),
        integer(-5, TypeId::kInteger), integer(std::numeric_limits<int64_t>::min()), real(0.5, TypeId::kFloat),
        real(-0.1), integer(-12345, Type::decimal(9, 2)), integer(99, Type::decimal(18, 4)),
        Value{Type::decimal(38, 10), huge}, text("Sigur Rós"), text(std::string("\0\xFF", 2), TypeId::kBlob),
        integer(-1, TypeId::kDate), timestamp(-1),
        list(TypeId::kBigint, {integer(1), null(TypeId::kBigint), integer(3)}),
        list(Type::structure(play), {a_play, another})},
       nulls,
       {integer(0, TypeId::kBoolean), integer(127, TypeId::kTinyint), integer(32767, TypeId::kSmallint),
        integer(5, TypeId::kInteger), integer(std::numeric_limits<int64_t>::max()), real(1e30, TypeId::kFloat),
        real(std::nan("")), integer(0, Type::decimal(9, 2)), integer(-1, Type::decimal(18, 4)),
        Value{Type::decimal(38, 10), Int128{7}}, text(""), text("", TypeId::kBlob), integer(20000, TypeId::kDate),
        timestamp(1241478537000000), list(TypeId::kBigint, {}), list(Type::structure(play), {})}});
  EXPECT_EQ(read(write(rows)), print_rows(rows));
}

TEST_F(ParquetFileTest, ColumnsOfAnEngineComeBack) {
  auto dictionary = std::make_shared<Dictionary>();
  for (int i = 0; i < 5; ++i) dictionary->intern("unused " + std::to_string(i));
  std::vector<Field> pair{{"n", TypeId::kBigint}, {"s", TypeId::kVarchar}};
  Relation rows{{{"user", TypeId::kVarchar},
                 {"song", TypeId::kVarchar},
                 {"plays", Type::list(Type::structure(pair))},
                 {"n", TypeId::kInteger}},
                {}};
  Column elements = struct_column(pair,
                                  {fixed_column<int64_t>(TypeId::kBigint, {1, 2, 3, 4}, {1, 0, 1, 1}),
                                   coded_column(dictionary, {"x", "y", std::nullopt, "x"})},
                                  {1, 1, 1, 0});
  rows.batches.push_back(
      {3,
       {coded_column(dictionary, {"ann", std::nullopt, "bob"}), text_column({"", std::nullopt, "Jolene"}),
        list_column({0, 2, 2, 4}, elements, {1, 0, 1}), fixed_column<int32_t>(TypeId::kInteger, {7, 8, 9})},
       0,
       {}});
  rows.batches.push_back({2,
                          {coded_column(dictionary, {"bob", "cy"}), constant_column(text("Jolene")),
                           list_column({1, 3, 3}, elements), constant_column(null(TypeId::kInteger))},
                          1,
                          {}});
  EXPECT_EQ(read(write(rows)), print_rows(rows));
}

Relation numbers(size_t count) {
  std::vector<int64_t> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<int64_t>(i * 7);
  Relation rows{{{"n", TypeId::kBigint}, {"few", TypeId::kInteger}}, {}};
  std::vector<int32_t> few(count);
  for (size_t i = 0; i < count; ++i) few[i] = static_cast<int32_t>(i % 3);
  rows.batches.push_back(
      {count, {fixed_column<int64_t>(TypeId::kBigint, values), fixed_column<int32_t>(TypeId::kInteger, few)}, 0, {}});
  return rows;
}

TEST_F(ParquetFileTest, RowGroupsAndFilesAreBoundedAndKeepTheOrder) {
  constexpr size_t kLeast = 122'880;
  WriteOptions options;
  options.threads = 2;
  options.file_bytes = 1;  // so each row group gets its file
  std::vector<DataFile> files = write(numbers(2 * kLeast + 10), options);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].rows, kLeast);
  EXPECT_EQ(files[2].rows, 10u);
  EXPECT_EQ(Json::parse(files[1].statistics)["minValues"]["n"], kLeast * 7);
  auto groups = [&](size_t count) {
    std::filesystem::remove_all(store_->address("table"));
    return footer(write(numbers(count)).front())->num_row_groups();
  };
  EXPECT_EQ(groups(2 * kLeast + 10), 3);
  EXPECT_EQ(groups(10 * kLeast), 8) << "that readers can share out";
  EXPECT_EQ(groups(9 * limits::kRowGroupRows), 9);
}

TEST_F(ParquetFileTest, PartsAreWrittenAtOnceAndKeepTheOrder) {
  constexpr size_t kGroup = 200'000;
  WriteOptions options;
  options.threads = 2;
  options.part_groups = 1;
  std::vector<DataFile> files = write(numbers(8 * kGroup - 10), options);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].rows.value_or(0) + files[1].rows.value_or(0), 8 * kGroup - 10);
  EXPECT_NEAR(static_cast<double>(files[0].rows.value_or(0)), 4.0 * kGroup, 10);
  EXPECT_EQ(Json::parse(files[0].statistics)["minValues"]["n"], 0);
  EXPECT_EQ(Json::parse(files[1].statistics)["minValues"]["n"], files[0].rows.value_or(0) * 7);
  EXPECT_NE(files[0].path, files[1].path);
}

TEST_F(ParquetFileTest, EncodingsFollowTheValues) {
  auto meta = footer(write(numbers(10000)).front());
  auto columns = meta->RowGroup(0);
  EXPECT_THAT(columns->ColumnChunk(0)->encodings(), Contains(parquet::Encoding::DELTA_BINARY_PACKED));
  EXPECT_THAT(columns->ColumnChunk(1)->encodings(), Contains(parquet::Encoding::RLE_DICTIONARY));
  EXPECT_EQ(columns->ColumnChunk(0)->compression(), parquet::Compression::ZSTD);
}

TEST_F(ParquetFileTest, BoundsAreThoseOfTheRowsNotOfTheDictionary) {
  auto dictionary = std::make_shared<Dictionary>();
  for (const char* word : {"aaa", "zzz"}) dictionary->intern(word);
  std::vector<std::optional<std::string>> values;
  for (int i = 0; i < 3000; ++i) values.push_back(i % 5 == 0 ? std::nullopt : std::optional(i % 2 ? "m" : "k"));
  Relation rows{{{"s", TypeId::kVarchar}}, {}};
  rows.batches.push_back({values.size(), {coded_column(dictionary, values)}, 0, {}});
  Json found = statistics(rows);
  EXPECT_EQ(found,
            Json::parse(R"({"numRecords":3000,"minValues":{"s":"k"},"maxValues":{"s":"m"},"nullCount":{"s":600}})"));
}

TEST_F(ParquetFileTest, StatisticsFollowDeltasRules) {
  auto bounds = [&](const Type& type, const std::vector<Value>& values) {
    Json found = statistics("c", type, values);
    return found["minValues"].dump() + found["maxValues"].dump() + found["nullCount"].dump();
  };
  EXPECT_EQ(bounds(TypeId::kBigint, {integer(3), null(TypeId::kBigint), integer(-7)}), R"({"c":-7}{"c":3}{"c":1})");
  EXPECT_EQ(bounds(TypeId::kTimestamp, {timestamp(1241478537000001), timestamp(1241478537123999)}),
            R"({"c":"2009-05-04T23:08:57.000Z"}{"c":"2009-05-04T23:08:57.124Z"}{"c":0})")
      << "a maximum is rounded up";
  EXPECT_EQ(bounds(TypeId::kTimestamp, {timestamp(-1)}),
            R"({"c":"1969-12-31T23:59:59.999Z"}{"c":"1970-01-01T00:00:00.000Z"}{"c":0})");
  EXPECT_EQ(bounds(TypeId::kDate, {integer(0, TypeId::kDate), integer(14368, TypeId::kDate)}),
            R"({"c":"1970-01-01"}{"c":"2009-05-04"}{"c":0})");
  EXPECT_EQ(bounds(Type::decimal(9, 2), {integer(-5, Type::decimal(9, 2)), integer(1234, Type::decimal(9, 2))}),
            R"({"c":-0.05}{"c":12.34}{"c":0})");
  EXPECT_EQ(bounds(TypeId::kBoolean, {integer(1, TypeId::kBoolean)}), R"({}{}{"c":0})");
  EXPECT_EQ(bounds(TypeId::kDouble, {real(1), real(std::nan(""))}), R"({}{}{"c":0})") << "a NaN is greater than all";
  EXPECT_EQ(bounds(TypeId::kDouble, {real(1), real(INFINITY)}), R"({"c":1.0}{}{"c":0})");
  EXPECT_EQ(bounds(TypeId::kDouble, {null(TypeId::kDouble)}), R"({}{}{"c":1})");
  EXPECT_EQ(bounds(Type::list(TypeId::kBigint),
                   {list(TypeId::kBigint, {integer(1), null(TypeId::kBigint)}), null(Type::list(TypeId::kBigint))}),
            R"({}{}{"c":1})");
  std::vector<Field> pair{{"a", TypeId::kBigint}, {"b", TypeId::kVarchar}};
  EXPECT_EQ(bounds(Type::structure(pair),
                   {structure(pair, {integer(1), text("x")}), structure(pair, {integer(2), null(TypeId::kVarchar)})}),
            R"({"c":{"a":1,"b":"x"}}{"c":{"a":2,"b":"x"}}{"c":{"a":0,"b":1}})");
}

TEST_F(ParquetFileTest, WideDecimalsKeepAllDigitsInStatistics) {
  Type type = Type::decimal(38, 3);
  Int128 big = Int128{1'000'000'000'000'000'000} * 1'000'000'000'000'000'000 + 1;
  std::string found = write(relation({{"c", type}}, {{Value{type, -big}}, {Value{type, big}}})).front().statistics;
  EXPECT_THAT(found, testing::HasSubstr(R"("minValues":{"c":-1000000000000000000000000000000000.001})"));
  EXPECT_THAT(found, testing::HasSubstr(R"("maxValues":{"c":1000000000000000000000000000000000.001})"));
}

TEST_F(ParquetFileTest, LongTextBoundsAreCutSafely) {
  std::string accents;
  for (int i = 0; i < 40; ++i) accents += "é";
  Json found = statistics("c", TypeId::kVarchar, {text(accents)});
  EXPECT_EQ(found["minValues"]["c"], accents.substr(0, 64));
  EXPECT_EQ(found["maxValues"]["c"], accents.substr(0, 64) + "\xF4\x8F\xBF\xBF");
  EXPECT_LE(found["minValues"]["c"].get<std::string>(), accents);
  EXPECT_GE(found["maxValues"]["c"].get<std::string>(), accents);
  std::string highest(32, 'z');
  highest += "\xF4\x8F\xBF\xBFz";
  EXPECT_FALSE(statistics("c", TypeId::kVarchar, {text(highest)})["maxValues"].contains("c"))
      << "nothing short is greater";
}

TEST_F(ParquetFileTest, TimestampsAreUtcAdjusted) {
  auto meta = footer(write(relation({{"t", TypeId::kTimestamp}}, {{timestamp(0)}})).front());
  auto type = std::dynamic_pointer_cast<const parquet::TimestampLogicalType>(meta->schema()->Column(0)->logical_type());
  ASSERT_TRUE(type);
  EXPECT_TRUE(type->is_adjusted_to_utc());
  EXPECT_EQ(type->time_unit(), parquet::LogicalType::TimeUnit::MICROS);
}

TEST(DeltaSchemaTest, ComesBackAsItWas) {
  std::vector<Field> fields{
      {"a", TypeId::kTinyint},
      {"b", Type::decimal(20, 3)},
      {"c", Type::list(Type::structure({{"x", TypeId::kTimestamp}, {"y \"q\"", TypeId::kBlob}}))}};
  EXPECT_EQ(from_schema(to_schema(fields), "t"), fields);
  EXPECT_THROW(from_schema(R"({"type":"struct","fields":[{"name":"m","type":"variant"}]})", "t"), Failure);
  EXPECT_THROW(from_schema("{", "t"), Failure);
  std::string endless = R"({"type":"struct","fields":[{"name":"l","type":)";
  for (int i = 0; i < 100'000; ++i) endless += R"({"type":"array","elementType":)";
  endless += R"("long")" + std::string(100'000, '}') + "}]}";
  EXPECT_THROW(from_schema(endless, "t"), Failure);
}

TEST(ColumnProblemsTest, NamesAndTypesThatNoTableCanHave) {
  EXPECT_TRUE(column_problems({{"user_id", TypeId::kVarchar}, {"größe", TypeId::kBigint}}).empty());
  auto problems = column_problems({{"count(x)", TypeId::kBigint},
                                   {"a", TypeId::kBigint},
                                   {"A", TypeId::kBigint},
                                   {"", TypeId::kBigint},
                                   {"pause", TypeId::kInterval},
                                   {"s", Type::list(Type::structure({{"x y", TypeId::kBigint}}))}});
  std::vector<size_t> columns;
  for (const ColumnProblem& problem : problems) columns.push_back(problem.column);
  EXPECT_THAT(columns, testing::ElementsAre(0, 2, 3, 5, 4));
  EXPECT_EQ(problems[0].message, "the column name 'count(x)' has a character that Delta tables do not allow");
}

}  // namespace
}  // namespace segue::lake

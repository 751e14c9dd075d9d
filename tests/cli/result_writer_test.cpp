// Results in every format: what a NULL, a quote, a tab, a wide character, a list becomes in each.
#include "cli/output/result_writer.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/reader.h>

#include "base/error.h"
#include "cli/output/value_text.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> sample() {
  auto time = arrow::timestamp(arrow::TimeUnit::MICRO);
  auto entry = arrow::struct_({arrow::field("at", time), arrow::field("track", arrow::utf8())});
  auto schema = arrow::schema({arrow::field("artist", arrow::utf8()), arrow::field("plays", arrow::int64()),
                               arrow::field("share", arrow::float64()), arrow::field("tracks", arrow::list(entry))});
  arrow::StringBuilder artist;
  arrow::Int64Builder plays;
  arrow::DoubleBuilder share;
  auto at = std::make_shared<arrow::TimestampBuilder>(time, arrow::default_memory_pool());
  auto track = std::make_shared<arrow::StringBuilder>();
  auto structure = std::make_shared<arrow::StructBuilder>(entry, arrow::default_memory_pool(),
                                                          std::vector<std::shared_ptr<arrow::ArrayBuilder>>{at, track});
  arrow::ListBuilder tracks(arrow::default_memory_pool(), structure);
  auto add = [&](const char* name, int64_t count, double part, const std::vector<std::string>& names) {
    EXPECT_TRUE((name == nullptr ? artist.AppendNull() : artist.Append(name)).ok());
    EXPECT_TRUE(plays.Append(count).ok());
    EXPECT_TRUE(share.Append(part).ok());
    EXPECT_TRUE(tracks.Append().ok());
    for (const std::string& each : names) {
      EXPECT_TRUE(structure->Append().ok());
      EXPECT_TRUE(at->Append(1'241'478'537'250'000).ok());
      EXPECT_TRUE(track->Append(each).ok());
    }
  };
  add("坂本龍一", 12, 0.5, {"Merry \"Christmas\""});
  add("", -3, 1.0, {});
  add(nullptr, 0, std::numeric_limits<double>::quiet_NaN(), {"a\tb", "c"});
  return arrow::RecordBatch::Make(schema, 3, {*artist.Finish(), *plays.Finish(), *share.Finish(), *tracks.Finish()});
}

std::string written(OutputFormat format, const arrow::RecordBatch& batch, ResultOptions options = {}) {
  std::string text;
  auto writer = make_result_writer(format, options, [&](std::string_view bytes) { text += bytes; });
  writer->begin(batch.schema());
  writer->write(batch);
  writer->finish();
  return text;
}

TEST(ResultWriter, BoxIsForPeople) {
  EXPECT_EQ(written(OutputFormat::kBox, *sample(), {Look{false, false, 100}}),
            "┌──────────┬────────┬────────┬─────────────────────────────────────────────────────────────────────┐\n"
            "│ artist   │  plays │  share │ tracks                                                              │\n"
            "│ varchar  │ bigint │ double │ struct(at timestamp, tr…                                            │\n"
            "├──────────┼────────┼────────┼─────────────────────────────────────────────────────────────────────┤\n"
            "│ 坂本龍一 │     12 │    0.5 │ [{'at': 2009-05-04 23:08:57.25, 'track': Merry \"Christmas\"}]        │\n"
            "│          │     -3 │    1.0 │ []                                                                  │\n"
            "│ NULL     │      0 │    nan │ [{'at': 2009-05-04 23:08:57.25, 'track': a\\tb}, {'at': 2009-05-04 … │\n"
            "└──────────┴────────┴────────┴─────────────────────────────────────────────────────────────────────┘\n"
            "3 rows · 1 value cut · --output csv gives everything\n");
}

TEST(ResultWriter, BoxSaysHowManyRowsItLeavesOut) {
  ResultOptions options{Look{false, false, 100}, 2};
  EXPECT_THAT(written(OutputFormat::kBox, *sample(), options), HasSubstr("2 of 3 rows (--rows 0 shows all)"));
}

TEST(ResultWriter, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(
      written(OutputFormat::kCsv, *sample()),
      "artist,plays,share,tracks\n"
      "坂本龍一,12,0.5,\"[{\"\"at\"\":\"\"2009-05-04 23:08:57.25\"\",\"\"track\"\":\"\"Merry "
      "\\\"\"Christmas\\\"\"\"\"}]\"\n"
      "\"\",-3,1.0,[]\n"
      ",0,nan,\"[{\"\"at\"\":\"\"2009-05-04 23:08:57.25\"\",\"\"track\"\":\"\"a\\tb\"\"},{\"\"at\"\":\"\"2009-05-04 "
      "23:08:57.25\"\",\"\"track\"\":\"\"c\"\"}]\"\n");
}

TEST(ResultWriter, TsvHasNoHeaderWhereNoneIsWanted) {
  std::string text = written(OutputFormat::kTsv, *sample(), {{}, 0, false});
  EXPECT_EQ(text.substr(0, text.find('\t')), "坂本龍一");
}

TEST(ResultWriter, JsonParsesAndKeepsTypes) {
  auto json = nlohmann::json::parse(written(OutputFormat::kJson, *sample()));
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[0]["artist"], "坂本龍一");
  EXPECT_EQ(json[0]["plays"], 12);
  EXPECT_EQ(json[0]["tracks"][0]["track"], "Merry \"Christmas\"");
  EXPECT_EQ(json[1]["artist"], "");
  EXPECT_TRUE(json[2]["artist"].is_null());
  EXPECT_TRUE(json[2]["share"].is_null()) << "JSON has no NaN";
}

TEST(ResultWriter, JsonWithoutRowsIsAnEmptyArray) {
  EXPECT_EQ(written(OutputFormat::kJson, *sample()->Slice(0, 0)), "[]\n");
}

TEST(ResultWriter, MarkdownEscapesBars) {
  auto schema = arrow::schema({arrow::field("a|b", arrow::utf8()), arrow::field("n", arrow::int64())});
  arrow::StringBuilder text;
  arrow::Int64Builder number;
  ASSERT_TRUE(text.Append("x|y\nz").ok());
  ASSERT_TRUE(number.Append(1).ok());
  auto batch = arrow::RecordBatch::Make(schema, 1, {*text.Finish(), *number.Finish()});
  EXPECT_EQ(written(OutputFormat::kMarkdown, *batch), "| a\\|b | n |\n| --- | ---: |\n| x\\|y\\\\nz | 1 |\n");
}

TEST(ResultWriter, ParquetReadsBack) {
  auto batch = sample();
  std::string bytes = written(OutputFormat::kParquet, *batch);
  auto opened = parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)),
                                         arrow::default_memory_pool());
  ASSERT_TRUE(opened.ok());
  auto table = (*opened)->ReadTable();
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->num_rows(), 3);
  EXPECT_TRUE((*table)->column(0)->chunk(0)->Equals(batch->column(0)));
}

TEST(ResultWriter, ChartTakesTheLastNumberAndLabelsItWithWhatIsBefore) {
  auto schema = arrow::schema({arrow::field("artist", arrow::utf8()), arrow::field("track", arrow::utf8()),
                               arrow::field("plays", arrow::int64())});
  arrow::StringBuilder artist, track;
  arrow::Int64Builder plays;
  ASSERT_TRUE(artist.AppendValues({"Gelka", "Marc Mac"}).ok());
  ASSERT_TRUE(track.AppendValues({"Rasta Baby", "Backspin"}).ok());
  ASSERT_TRUE(plays.AppendValues({4, 8}).ok());
  auto batch = arrow::RecordBatch::Make(schema, 2, {*artist.Finish(), *track.Finish(), *plays.Finish()});
  EXPECT_EQ(written(OutputFormat::kChart, *batch, {Look{false, false, 40}}),
            "Gelka · Rasta Baby   4  ████████\n"
            "Marc Mac · Backspin  8  ████████████████\n");
}

TEST(ResultWriter, ChartWithoutNumbersIsRefused) {
  auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::utf8())}), 0,
                                        {*arrow::MakeArrayOfNull(arrow::utf8(), 0)});
  try {
    written(OutputFormat::kChart, *batch);
    FAIL() << "a chart of texts";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUsage);
    EXPECT_EQ(failure.error().message, "a chart needs a column of numbers");
  }
}

TEST(OutputFormats, AreKnownByNameAndByEnding) {
  EXPECT_EQ(output_format("csv"), OutputFormat::kCsv);
  EXPECT_EQ(output_format("xml"), std::nullopt);
  EXPECT_EQ(output_format_of_file("a/b.parquet"), OutputFormat::kParquet);
  EXPECT_EQ(output_format_of_file("a.md"), OutputFormat::kMarkdown);
  EXPECT_EQ(output_format_of_file("a"), std::nullopt);
  EXPECT_EQ(output_format_of_file("a.box"), std::nullopt);
}

TEST(ValueText, TypesAreSpelledAsSqlDoes) {
  EXPECT_EQ(
      type_text(*arrow::list(arrow::struct_({arrow::field("a", arrow::int64()), arrow::field("b", arrow::utf8())}))),
      "struct(a bigint, b varchar)[]");
  EXPECT_EQ(type_text(*arrow::decimal128(38, 0)), "hugeint");
  EXPECT_EQ(type_text(*arrow::decimal128(10, 2)), "decimal(10,2)");
  EXPECT_EQ(type_text(*arrow::dictionary(arrow::int8(), arrow::utf8())), "varchar");
}

TEST(ValueText, IntervalsAndDates) {
  arrow::MonthDayNanoIntervalBuilder intervals;
  ASSERT_TRUE(intervals.Append({14, 1, -1'500'000'000}).ok());
  ASSERT_TRUE(intervals.Append({0, 0, 0}).ok());
  auto array = *intervals.Finish();
  std::string text;
  append_text(*array, 0, text);
  EXPECT_EQ(text, "1 year 2 months 1 day -00:00:01.5");
  text.clear();
  append_text(*array, 1, text);
  EXPECT_EQ(text, "00:00:00");
  arrow::Date32Builder dates;
  ASSERT_TRUE(dates.Append(-1).ok());
  text.clear();
  append_text(**dates.Finish(), 0, text);
  EXPECT_EQ(text, "1969-12-31");
}

}  // namespace
}  // namespace segue::cli

// Parquet files, written by Arrow: what fits which column, what is refused, what is a bad row.
#include "formats/parquet.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "columns/arrow.h"
#include "formats/scan_helpers.h"

namespace segue::formats {

std::unique_ptr<Scanner> open_source(const ParquetSource& source, size_t workers, const Cancellation& cancellation,
                                     Progress* progress = nullptr) {
  return open_parquet(source, workers, cancellation, progress);
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kNull = std::nullopt;

template <class Builder, class... Values>
std::shared_ptr<arrow::Array> array_of(Builder&& builder, Values... values) {
  auto append = [&](auto value) {
    if constexpr (std::is_same_v<decltype(value), std::nullopt_t>) {
      return builder.AppendNull();
    } else {
      return builder.Append(value);
    }
  };
  bool all = (append(values).ok() && ...);
  EXPECT_TRUE(all);
  return builder.Finish().ValueOrDie();
}

struct WriteAs {
  int64_t group_rows = 1 << 20;
  bool dictionary = true;
};

class Parquet : public testing::Test {
 protected:
  std::string write(const std::string& name,
                    const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>& columns,
                    WriteAs as = {}) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& [column, array] : columns) {
      fields.push_back(arrow::field(column, array->type()));
      arrays.push_back(array);
    }
    auto table = arrow::Table::Make(arrow::schema(fields), arrays);
    auto file = arrow::io::FileOutputStream::Open(folder.path(name)).ValueOrDie();
    parquet::WriterProperties::Builder properties;
    as.dictionary ? properties.enable_dictionary() : properties.disable_dictionary();
    properties.data_pagesize(1024)->write_batch_size(64);
    EXPECT_TRUE(
        parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, as.group_rows, properties.build()).ok());
    EXPECT_TRUE(file->Close().ok());
    return folder.path(name);
  }
  ParquetSource source(std::vector<std::string> files, std::vector<Field> fields) {
    return source_of<ParquetSource>(std::move(files), std::move(fields));
  }
  // A file of one column `a`.
  std::string one(const std::shared_ptr<arrow::Array>& array, const std::string& name = "a.parquet") {
    return write(name, {{"a", array}});
  }
  std::vector<std::optional<std::string>> read(const std::shared_ptr<arrow::Array>& array, const Type& type) {
    std::vector<std::optional<std::string>> values;
    for (const TextRow& row : scan(source({one(array)}, {{"a", type}})).rows) values.push_back(row[0]);
    return values;
  }
  TestFolder folder;
};

TEST_F(Parquet, ValuesOfEveryTypeAreRead) {
  EXPECT_THAT(read(array_of(arrow::BooleanBuilder(), true, kNull, false), TypeId::kBoolean),
              ElementsAre("true", kNull, "false"));
  EXPECT_THAT(read(array_of(arrow::Int8Builder(), int8_t{-128}, kNull), TypeId::kTinyint), ElementsAre("-128", kNull));
  EXPECT_THAT(read(array_of(arrow::Int64Builder(), INT64_MIN, INT64_MAX), TypeId::kBigint),
              ElementsAre("-9223372036854775808", "9223372036854775807"));
  EXPECT_THAT(read(array_of(arrow::UInt32Builder(), 4294967295u), TypeId::kBigint), ElementsAre("4294967295"));
  EXPECT_THAT(read(array_of(arrow::DoubleBuilder(), 0.5, kNull), TypeId::kDouble), ElementsAre("0.5", kNull));
  EXPECT_THAT(read(array_of(arrow::StringBuilder(), "é", "", kNull, "é"), TypeId::kVarchar),
              ElementsAre("é", "", kNull, "é"));
  EXPECT_THAT(read(array_of(arrow::BinaryBuilder(), "\xff"), TypeId::kBlob), ElementsAre("\\xFF"));
  EXPECT_THAT(read(array_of(arrow::Date32Builder(), 14368), TypeId::kDate), ElementsAre("2009-05-04"));
  EXPECT_THAT(read(array_of(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"),
                                                    arrow::default_memory_pool()),
                            int64_t{1241478537123}),
                   TypeId::kTimestamp),
              ElementsAre("2009-05-04 23:08:57.123"));
  EXPECT_THAT(
      read(array_of(arrow::Decimal128Builder(arrow::decimal128(9, 2)), arrow::Decimal128(-12345)), Type::decimal(9, 2)),
      ElementsAre("-123.45"));
  auto numbers = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), numbers);
  ASSERT_TRUE(lists.Append().ok() && numbers->Append(1).ok() && numbers->AppendNull().ok() && lists.AppendNull().ok() &&
              lists.Append().ok());
  EXPECT_THAT(read(lists.Finish().ValueOrDie(), Type::list(TypeId::kInteger)), ElementsAre("[1, NULL]", kNull, "[]"));
  auto keys = std::make_shared<arrow::StringBuilder>();
  auto counts = std::make_shared<arrow::Int32Builder>();
  arrow::MapBuilder maps(arrow::default_memory_pool(), keys, counts);
  ASSERT_TRUE(maps.Append().ok() && keys->Append("k").ok() && counts->Append(2).ok());
  EXPECT_THAT(read(maps.Finish().ValueOrDie(),
                   Type::list(Type::structure({{"key", TypeId::kVarchar}, {"value", TypeId::kInteger}}))),
              ElementsAre("[{'key': k, 'value': 2}]"));
  auto structs = arrow::StructArray::Make({array_of(arrow::Int32Builder(), 1), array_of(arrow::StringBuilder(), "x")},
                                          std::vector<std::string>{"n", "s"})
                     .ValueOrDie();
  EXPECT_THAT(read(structs, Type::structure({{"n", TypeId::kInteger}, {"s", TypeId::kVarchar}})),
              ElementsAre("{'n': 1, 's': x}"));
}

TEST_F(Parquet, NarrowerValuesFitWiderColumns) {
  EXPECT_THAT(read(array_of(arrow::Int8Builder(), int8_t{-1}, kNull), TypeId::kBigint), ElementsAre("-1", kNull));
  EXPECT_THAT(read(array_of(arrow::Int32Builder(), 7), TypeId::kBigint), ElementsAre("7"));
  EXPECT_THAT(read(array_of(arrow::FloatBuilder(), 0.5f), TypeId::kDouble), ElementsAre("0.5"));
  EXPECT_THAT(read(array_of(arrow::BinaryBuilder(), "old"), TypeId::kVarchar), ElementsAre("old"));
  EXPECT_THAT(
      read(array_of(arrow::Decimal128Builder(arrow::decimal128(9, 2)), arrow::Decimal128(150)), Type::decimal(30, 2)),
      ElementsAre("1.50"));
  EXPECT_THAT(read(array_of(arrow::NullBuilder(), kNull, kNull), TypeId::kTimestamp), ElementsAre(kNull, kNull));
}

TEST_F(Parquet, ColumnsThatDoNotFitAreRefused) {
  std::string file = one(array_of(arrow::Int64Builder(), int64_t{1}));
  Error error = error_of(source({file}, {{"a", TypeId::kInteger}}));
  EXPECT_EQ(error.message, file + ": column a is BIGINT, not INTEGER");
  EXPECT_EQ(error.place.file, file);
  EXPECT_EQ(error.code, ErrorCode::kData);
  error = error_of(source({file}, {{"A", TypeId::kBigint}}));
  EXPECT_EQ(error.message, file + " has no column A");
  EXPECT_THAT(error.hint, HasSubstr("`a`"));
  file = write("two.parquet", {{"a", array_of(arrow::Int32Builder(), 1)}, {"a", array_of(arrow::Int32Builder(), 2)}});
  EXPECT_EQ(error_of(source({file}, {{"a", TypeId::kInteger}})).message, file + " has two columns a");
  file = one(array_of(arrow::UInt64Builder(), UINT64_MAX));
  error = error_of(source({file}, {{"a", TypeId::kBigint}}));
  EXPECT_THAT(error.message, HasSubstr("18446744073709551615 is too large"));
  EXPECT_EQ(error.place.file, file);
}

// Rows of several files and row groups, with words that repeat and words that do not.
std::pair<std::shared_ptr<arrow::Array>, std::shared_ptr<arrow::Array>> many(int begin, int rows) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder words;
  for (int i = begin; i < begin + rows; ++i) {
    EXPECT_TRUE(numbers.Append(i).ok());
    EXPECT_TRUE((i % 11 == 0 ? words.AppendNull() : words.Append("word " + std::to_string(i * 7919 % 100))).ok());
  }
  return {numbers.Finish().ValueOrDie(), words.Finish().ValueOrDie()};
}

TEST_F(Parquet, RowsComeInTheOrderOfFilesAndRowGroups) {
  for (bool dictionary : {false, true}) {
    std::vector<std::string> files;
    for (int f = 0; f < 3; ++f) {
      auto [numbers, words] = many(f * 5000, 5000);
      files.push_back(write("part" + std::to_string(f), {{"n", numbers}, {"other", numbers}, {"w", words}},
                            {.group_rows = 1300, .dictionary = dictionary}));
    }
    ParquetSource wanted = source(files, {{"w", TypeId::kVarchar}, {"n", TypeId::kBigint}});
    for (size_t batch_rows : {1000, 4096}) {
      wanted.batch_rows = batch_rows;
      for (size_t threads : {1, 3}) {
        Scanned result = scan(wanted, threads);
        ASSERT_EQ(result.rows.size(), 15'000);
        for (int i = 0; i < 15'000; ++i) {
          TextRow expected = {"word " + std::to_string(i * 7919 % 100), std::to_string(i)};
          if (i % 11 == 0) expected[0] = kNull;
          ASSERT_EQ(result.rows[static_cast<size_t>(i)], expected);
        }
      }
    }
    // Codes where the file has a dictionary: equal words, equal codes.
    Cancellation cancellation;
    auto scanner = open_parquet(wanted, 1, cancellation, nullptr);
    scanner->scan(0, 0, [&](Batch&& batch) { EXPECT_EQ(batch.columns[0].coded(), dictionary); });
  }
}

TEST_F(Parquet, RowsAreCountedWithoutColumns) {
  auto [numbers, words] = many(0, 5000);
  ParquetSource none =
      source({write("n", {{"n", numbers}, {"w", words}}, {.group_rows = 1300})}, {{"n", TypeId::kBigint}});
  none.columns.clear();
  Progress progress;
  Cancellation cancellation;
  auto scanner = open_parquet(none, 1, cancellation, &progress);
  size_t rows = 0;
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel)
    scanner->scan(0, morsel, [&](Batch&& batch) { rows += batch.rows; });
  scanner->finish();
  EXPECT_EQ(rows, 5000);
  EXPECT_EQ(scanner->bytes(), 0);
}

TEST_F(Parquet, OnlyColumnsThatAreReadCount) {
  auto [numbers, words] = many(0, 5000);
  std::string file = write("n", {{"n", numbers}, {"w", words}});
  Progress progress;
  Cancellation cancellation;
  auto scanner = open_parquet(source({file}, {{"w", TypeId::kVarchar}}), 1, cancellation, &progress);
  EXPECT_EQ(progress.bytes_total, scanner->bytes());
  EXPECT_LT(scanner->bytes(), std::filesystem::file_size(file) / 2);
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) scanner->scan(0, morsel, [](Batch&&) {});
  EXPECT_EQ(progress.bytes_read, scanner->bytes());
  EXPECT_EQ(progress.rows_read, 5000);
}

TEST_F(Parquet, TextThatIsNoUtf8MakesABadRow) {
  for (bool dictionary : {false, true}) {
    auto words = array_of(arrow::StringBuilder(), "a", "b\xff", kNull, std::string_view("c\0d", 3), "e");
    auto numbers = array_of(arrow::Int32Builder(), 1, 2, 3, 4, 5);
    std::string file = write("bad", {{"n", numbers}, {"w", words}}, {.group_rows = 2, .dictionary = dictionary});
    ParquetSource wanted = source({file}, {{"n", TypeId::kInteger}, {"w", TypeId::kVarchar}});
    Error error = error_of(wanted);
    EXPECT_EQ(error.place.file, file);
    EXPECT_EQ(error.place.line, 2);
    EXPECT_THAT(error.message, HasSubstr("w: not UTF-8"));
    wanted.bad_rows.quarantine = true;
    for (bool handed_on : {true, false}) {
      if (!handed_on) {
        wanted.columns = {0};
        wanted.used = {1};
      }
      Scanned result = scan(wanted);
      ASSERT_EQ(result.bad.size(), 2);
      EXPECT_EQ(result.bad[0].line, 2);
      EXPECT_EQ(result.bad[0].text, "b\xEF\xBF\xBD");
      EXPECT_EQ(result.bad[1].line, 4);
      ASSERT_EQ(result.rows.size(), 3);
      EXPECT_EQ(result.rows[0][0], "1");
      EXPECT_EQ(result.rows[1][0], "3");
      EXPECT_EQ(result.rows[2][0], "5");
    }
  }
}

TEST_F(Parquet, WhatIsNoParquetFileIsSaid) {
  auto message = [&](const std::string& file) {
    Error error = error_of(source({file}, {{"a", TypeId::kInteger}}));
    EXPECT_EQ(error.place.file, file);
    return error.message;
  };
  EXPECT_THAT(message(folder.write("empty", "")), HasSubstr("can't be read as Parquet"));
  EXPECT_THAT(message(folder.write("text", "a,b\n1,2\n3,4\n5,6\n")), HasSubstr("can't be read as Parquet"));
  EXPECT_THAT(message(folder.path("missing")), HasSubstr("missing"));
  EXPECT_THAT(message(folder.path("")), HasSubstr("is a folder"));
  std::string file = one(array_of(arrow::Int32Builder(), 1, 2, 3));
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  EXPECT_THAT(message(folder.write("cut", bytes.substr(0, bytes.size() - 20))), HasSubstr("can't be read as Parquet"));
  // Any byte of it may be wrong: an error, or other values, but nothing worse.
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    try {
      scan(source({folder.write("broken", broken)}, {{"a", TypeId::kInteger}}));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().place.file, folder.path("broken")) << failure.error().message;
    }
  }
}

TEST_F(Parquet, AFileThatChangesWhileItIsReadIsSaid) {
  auto [numbers, words] = many(0, 5000);
  std::string file = write("n", {{"n", numbers}});
  Cancellation cancellation;
  ParquetSource wanted = source({file}, {{"n", TypeId::kBigint}});
  auto replaced = open_parquet(wanted, 1, cancellation, nullptr);
  std::filesystem::rename(write("other", {{"n", numbers}}), file);
  EXPECT_THROW(replaced->scan(0, 0, [](Batch&&) {}), Failure);
  auto shorter = open_parquet(wanted, 1, cancellation, nullptr);
  std::filesystem::resize_file(file, 100);
  EXPECT_THROW(shorter->scan(0, 0, [](Batch&&) {}), Failure);
}

TEST_F(Parquet, StopsWhenCancelled) {
  auto [numbers, words] = many(0, 5000);
  std::string file = write("n", {{"n", numbers}});
  Cancellation cancellation;
  auto scanner = open_parquet(source({file}, {{"n", TypeId::kBigint}}), 1, cancellation, nullptr);
  EXPECT_THROW(scanner->scan(0, 0,
                             [&](Batch&&) {
                               cancellation.request();
                               cancellation.check();
                             }),
               Failure);
}

}  // namespace
}  // namespace segue::formats

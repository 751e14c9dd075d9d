#include "lake/export_rows.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lake/rows.h"

namespace segue::lake {
namespace {

std::string export_text(ExportFormat format, const Relation& rows) {
  std::string text;
  write_rows(format, rows, [&](std::string_view piece) { text += piece; });
  return text;
}

Relation samples() {
  return relation({{"artist", TypeId::kVarchar}, {"plays", TypeId::kBigint}, {"at", TypeId::kTimestamp}},
                  {{text("Cake"), integer(1214), timestamp(1241478537000000)},
                   {text("a\tb\nc\\d\re"), null(TypeId::kBigint), null(TypeId::kTimestamp)},
                   {text("Hey, \"you\""), integer(-1), timestamp(0)},
                   {text(""), integer(0), timestamp(0)},
                   {null(TypeId::kVarchar), integer(0), timestamp(0)}});
}

TEST(ExportTest, TsvEscapesAndNeverQuotes) {
  EXPECT_EQ(export_text(ExportFormat::kTsv, samples()),
            "artist\tplays\tat\n"
            "Cake\t1214\t2009-05-04 23:08:57\n"
            "a\\tb\\nc\\\\d\\re\t\\N\t\\N\n"
            "Hey, \"you\"\t-1\t1970-01-01 00:00:00\n"
            "\t0\t1970-01-01 00:00:00\n"
            "\\N\t0\t1970-01-01 00:00:00\n");
}

TEST(ExportTest, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(export_text(ExportFormat::kCsv, samples()),
            "artist,plays,at\n"
            "Cake,1214,2009-05-04 23:08:57\n"
            "\"a\tb\nc\\d\re\",,\n"
            "\"Hey, \"\"you\"\"\",-1,1970-01-01 00:00:00\n"
            "\"\",0,1970-01-01 00:00:00\n"
            ",0,1970-01-01 00:00:00\n");
}

TEST(ExportTest, JsonIsAnArrayOfObjects) {
  auto json = nlohmann::json::parse(export_text(ExportFormat::kJson, samples()));
  ASSERT_EQ(json.size(), 5u);
  EXPECT_EQ(json[0], nlohmann::json::parse(R"({"artist":"Cake","plays":1214,"at":"2009-05-04 23:08:57"})"));
  EXPECT_EQ(json[1]["artist"], "a\tb\nc\\d\re");
  EXPECT_TRUE(json[1]["plays"].is_null());
  EXPECT_TRUE(json[4]["artist"].is_null());
  EXPECT_EQ(nlohmann::json::parse(export_text(ExportFormat::kJson, relation({{"a", TypeId::kBigint}}, {}))),
            nlohmann::json::array());
}

TEST(ExportTest, JsonNestsListsAndStructs) {
  std::vector<Field> pair{{"n", TypeId::kDouble}, {"ok", TypeId::kBoolean}};
  Relation rows =
      relation({{"l", Type::list(Type::structure(pair))}},
               {{list(Type::structure(pair), {structure(pair, {real(0.5), integer(1, TypeId::kBoolean)}),
                                              structure(pair, {real(std::nan("")), null(TypeId::kBoolean)})})}});
  EXPECT_EQ(export_text(ExportFormat::kJson, rows),
            "[\n{\"l\":[{\"n\":0.5,\"ok\":true},{\"n\":\"nan\",\"ok\":null}]}\n]\n");
}

// 40 batches of 100 KB.
Relation large() {
  std::vector<std::vector<Value>> rows(40, {text(std::string(100'000, 'x'))});
  return relation({{"t", TypeId::kVarchar}}, rows);
}

TEST(ExportTest, ItIsHandedOnInPieces) {
  for (ExportFormat format : {ExportFormat::kTsv, ExportFormat::kCsv, ExportFormat::kJson}) {
    size_t pieces = 0, bytes = 0;
    write_rows(format, large(), [&](std::string_view piece) {
      EXPECT_LT(piece.size(), 2'000'000u);
      ++pieces;
      bytes += piece.size();
    });
    EXPECT_GT(pieces, 2u);
    EXPECT_GT(bytes, 4'000'000u);
  }
}

TEST(ExportTest, ItStopsSoonAfterItIsCancelled) {
  Cancellation cancellation;
  size_t pieces = 0;
  auto write = [&](std::string_view) {
    ++pieces;
    cancellation.request();
  };
  try {
    write_rows(ExportFormat::kCsv, large(), write, &cancellation);
    FAIL() << "it must stop";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kCancelled);
  }
  EXPECT_EQ(pieces, 1u);
}

}  // namespace
}  // namespace segue::lake

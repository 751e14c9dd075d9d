// Columns that folders tell.
#include "formats/partitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace segue::formats {
namespace {

std::string shown(const Type& type, const std::optional<std::string>& text) {
  std::optional<Value> value = partition_value(type, text);
  if (!value) return "none";
  EXPECT_EQ(value->type, type);
  return to_string(*value);
}

TEST(Partitions, TextsBecomeValuesOfTheType) {
  EXPECT_EQ(shown(TypeId::kInteger, "2018"), "2018");
  EXPECT_EQ(shown(TypeId::kTinyint, "-128"), "-128");
  EXPECT_EQ(shown(TypeId::kTinyint, "128"), "none");
  EXPECT_EQ(shown(TypeId::kBigint, "1.5"), "none");
  EXPECT_EQ(shown(TypeId::kBoolean, "true"), "true");
  EXPECT_EQ(shown(TypeId::kDouble, "1.5"), "1.5");
  EXPECT_EQ(shown(TypeId::kDate, "2018-11-01"), "2018-11-01");
  EXPECT_EQ(shown(TypeId::kDate, "2018-11-31"), "none");
  EXPECT_EQ(shown(TypeId::kTimestamp, "2018-11-01T10:00:00.000000Z"), "2018-11-01 10:00:00");
  EXPECT_EQ(shown(Type::decimal(5, 2), "1.5"), "1.50");
  EXPECT_EQ(shown(Type::decimal(30, 2), "123456789012345678901.5"), "123456789012345678901.50");
  EXPECT_EQ(shown(TypeId::kVarchar, "a b"), "a b");
  EXPECT_EQ(shown(TypeId::kVarchar, "\xFF"), "none");
  EXPECT_EQ(shown(TypeId::kInteger, std::nullopt), "NULL");
  EXPECT_EQ(shown(TypeId::kVarchar, ""), "NULL");
}

TEST(Partitions, PercentsAreDecoded) {
  EXPECT_EQ(percent_decoded("a%2Fb%20c%C3%B3"), "a/b c\xC3\xB3");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
}

TEST(Partitions, TheFolderNearestToTheFileCounts) {
  std::vector<Field> columns = {{"y", TypeId::kInteger}, {"k=v", TypeId::kVarchar}};
  std::vector<Value> values = values_in_path("/data/y=1/x/k%3Dv=a=b/y=2/plays.tsv", columns);
  EXPECT_EQ(to_string(values[0]), "2");
  EXPECT_EQ(to_string(values[1]), "a=b");
  EXPECT_TRUE(values_in_path("y=__HIVE_DEFAULT_PARTITION__/a", {{"y", TypeId::kInteger}})[0].null());
  EXPECT_THROW(values_in_path("/data/y=1", {{"y", TypeId::kInteger}}), Failure);  // the file itself is no folder
  EXPECT_THROW(values_in_path("/data/Y=1/a", {{"y", TypeId::kInteger}}), Failure);
  EXPECT_THROW(values_in_path("/data/y=x/a", {{"y", TypeId::kInteger}}), Failure);
}

}  // namespace
}  // namespace segue::formats

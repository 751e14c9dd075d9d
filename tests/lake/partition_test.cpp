#include "lake/partition.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "lake/delta_log.h"
#include "lake/maintenance.h"
#include "lake/recovery.h"
#include "lake/rows.h"

namespace segue::lake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

Value year(int64_t value) { return integer(value, TypeId::kInteger); }

Relation plays() {
  return relation({{"song", TypeId::kVarchar}, {"year", TypeId::kInteger}, {"user", TypeId::kVarchar}},
                  {{text("a"), year(2018), text("x")},
                   {text("b"), year(2018), text("x")},
                   {text("c"), year(2019), text("x")},
                   {text("d"), year(2018), text("x")},
                   {text("e"), null(TypeId::kInteger), text("x/y=1")},
                   {text("f"), year(2019), null(TypeId::kVarchar)}});
}

Error refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.error();
  }
  Error none;
  none.message = "not refused";
  return none;
}

TEST(Partition, RowsOfOneValueAreTogetherInTheirOrder) {
  Relation rows = plays();
  std::vector<Partition> partitions = split_partitions(rows, {1, 2});
  std::vector<std::string> folders;
  for (const Partition& partition : partitions) folders.push_back(partition.folder);
  EXPECT_THAT(folders,
              ElementsAre("year=2018/user=x", "year=2019/user=x", "year=__HIVE_DEFAULT_PARTITION__/user=x%2Fy%3D1",
                          "year=2019/user=__HIVE_DEFAULT_PARTITION__"));
  EXPECT_EQ(partitions[0].rows, 3u);
  EXPECT_EQ(partitions[2].values, (PartitionValues{{"year", std::nullopt}, {"user", "x/y=1"}}));
}

TEST(Partition, ValuesAreAsDeltaWritesThem) {
  std::vector<Field> fields{{"flag", TypeId::kBoolean},
                            {"day", TypeId::kDate},
                            {"at", TypeId::kTimestamp},
                            {"price", Type::decimal(9, 2)},
                            {"n", TypeId::kBigint}};
  Relation rows = relation(fields, {{integer(1, TypeId::kBoolean), integer(-1, TypeId::kDate), timestamp(1'500'000),
                                     integer(-1205, Type::decimal(9, 2)), integer(1)},
                                    {integer(0, TypeId::kBoolean), integer(17836, TypeId::kDate), timestamp(0),
                                     integer(5, Type::decimal(9, 2)), integer(1)}});
  std::vector<Partition> partitions = split_partitions(rows, {0, 1, 2, 3});
  EXPECT_EQ(partitions[0].values,
            (PartitionValues{
                {"flag", "true"}, {"day", "1969-12-31"}, {"at", "1970-01-01T00:00:01.500000Z"}, {"price", "-12.05"}}));
  EXPECT_EQ(partitions[1].values,
            (PartitionValues{
                {"flag", "false"}, {"day", "2018-11-01"}, {"at", "1970-01-01T00:00:00.000000Z"}, {"price", "0.05"}}));
}

TEST(Partition, ValuesWithoutATextOfTheirOwnAreRefused) {
  auto split = [](const std::string& value) {
    Relation rows = relation({{"s", TypeId::kVarchar}, {"n", TypeId::kBigint}}, {{text(value), integer(1)}});
    split_partitions(rows, {0});
  };
  Error empty = refused([&] { split(""); });
  EXPECT_EQ(empty.code, ErrorCode::kData);
  EXPECT_EQ(empty.message, "column s has the value '', which readers of partitions take for NULL");
  EXPECT_EQ(empty.hint, "write NULL itself: nullif(s, '')");
  EXPECT_THAT(refused([&] { split("__HIVE_DEFAULT_PARTITION__"); }).message, HasSubstr("take for NULL"));
  EXPECT_THAT(refused([&] { split(std::string(300, 'x')); }).message, HasSubstr("too long for the name of a folder"));
}

TEST(Partition, TooManyAreRefused) {
  std::vector<int64_t> values(kPartitions + 1);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
  Relation rows{{{"n", TypeId::kBigint}}, {}};
  rows.batches.push_back({values.size(), {fixed_column(TypeId::kBigint, values)}, 0, {}});
  Error error = refused([&] { split_partitions(rows, {0}); });
  EXPECT_EQ(error.code, ErrorCode::kLimit);
  EXPECT_EQ(error.message, "more than 10000 partitions by n");
}

TEST(Partition, FoldersOfOtherValuesAreSeen) {
  PartitionValues values{{"year", "2018"}, {"user", "x/y=1"}, {"day", std::nullopt}};
  EXPECT_TRUE(in_its_folder("year=2018/user=x%2Fy%3D1/day=__HIVE_DEFAULT_PARTITION__/f.parquet", values));
  EXPECT_FALSE(in_its_folder("year=2019/user=x%2Fy%3D1/day=__HIVE_DEFAULT_PARTITION__/f.parquet", values));
  EXPECT_FALSE(in_its_folder("f.parquet", values));
  EXPECT_TRUE(in_its_folder("f.parquet", {}));
}

class PartitionedTable : public testing::Test {
 protected:
  void publish(const std::string& run, const Relation& rows, const std::vector<std::string>& by) {
    Publication publication(lake_, "p", {run, "Segue/test", nullptr, 2});
    publication.stage("t", rows, by);
    publication.commit();
  }
  std::vector<std::string> folders() {
    std::vector<std::string> found;
    TableState table = lake_.find({"p", "t"}).value();
    for (const DataFile& file : table.files) found.push_back(file.path.substr(0, file.path.rfind('/')));
    return found;
  }

  TemporaryFolder folder_;
  Lake lake_{folder_.path()};
};

TEST_F(PartitionedTable, FilesLieInFoldersAndLackTheColumns) {
  publish("one", plays(), {"year"});
  TableState table = lake_.find({"p", "t"}).value();
  EXPECT_THAT(folders(), ElementsAre("year=2018", "year=2019", "year=__HIVE_DEFAULT_PARTITION__"));
  EXPECT_THAT(table.partition_by, ElementsAre("year"));
  EXPECT_THAT(table.fields, SizeIs(3));
  EXPECT_EQ(table.rows, 6u);
  EXPECT_THAT(read_rows(table.file_addresses()), ElementsAre("a|x", "b|x", "d|x", "c|x", "f|NULL", "e|x/y=1"));
  EXPECT_EQ(table.files[0].partition, (PartitionValues{{"year", "2018"}}));
  EXPECT_THAT(table.files[0].statistics, testing::Not(HasSubstr("year")));
}

TEST_F(PartitionedTable, CodedColumnsAndManyFilesAreWrittenByAllThreads) {
  auto dictionary = std::make_shared<Dictionary>();
  std::vector<std::optional<std::string>> texts;
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < 10'000; ++i) {
    texts.emplace_back("t" + std::to_string(i % 7));
    numbers.push_back(i % 100);
  }
  Relation rows{{{"s", TypeId::kVarchar}, {"n", TypeId::kBigint}}, {}};
  rows.batches.push_back(
      {texts.size(), {coded_column(dictionary, texts), fixed_column(TypeId::kBigint, numbers)}, 0, {}});
  publish("one", rows, {"n"});
  TableState table = lake_.find({"p", "t"}).value();
  ASSERT_THAT(table.files, SizeIs(100));
  EXPECT_EQ(table.rows, 10'000u);
  EXPECT_EQ(table.files[3].partition.at("n"), "3");
  EXPECT_THAT(read_rows({table.file_addresses()[3]}), SizeIs(100));
  EXPECT_EQ(read_rows({table.file_addresses()[3]})[1], "t5");  // row 103
}

TEST_F(PartitionedTable, OtherPartitionsAndNoneReplaceThemAndComeBack) {
  publish("one", plays(), {"year"});
  publish("two", plays(), {"user", "year"});
  EXPECT_THAT(lake_.find({"p", "t"})->partition_by, ElementsAre("user", "year"));
  publish("three", plays(), {});
  EXPECT_THAT(lake_.find({"p", "t"})->partition_by, IsEmpty());
  EXPECT_THAT(lake_.find({"p", "t"})->files, SizeIs(1));
  rollback(lake_, {"p", "t"}, 0, {});
  EXPECT_THAT(lake_.find({"p", "t"})->partition_by, ElementsAre("year"));
  EXPECT_THAT(folders(), UnorderedElementsAre("year=2018", "year=2019", "year=__HIVE_DEFAULT_PARTITION__"));
}

TEST_F(PartitionedTable, WithoutRowsThereIsNoFile) {
  Relation none = plays();
  none.batches.clear();
  publish("one", none, {"year"});
  TableState table = lake_.find({"p", "t"}).value();
  EXPECT_THAT(table.files, IsEmpty());
  EXPECT_EQ(table.rows, 0u);
  EXPECT_THAT(table.partition_by, ElementsAre("year"));
}

TEST_F(PartitionedTable, ARunThatDoesNotCommitLeavesNoFileInAnyFolder) {
  {
    Publication publication(lake_, "p", {"one", "Segue/test", nullptr, 2});
    publication.stage("t", plays(), {"year", "user"});
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() + "/p/t"))
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST_F(PartitionedTable, FilesOfADeadRunAreFoundInTheirFolders) {
  publish("one", plays(), {"year"});
  std::filesystem::path orphan = folder_.path() + "/p/t/year=2018/" + data_file_name(0, "dead");
  std::filesystem::copy(lake_.find({"p", "t"})->file_addresses()[0], orphan);
  lake_.store().put(staging_path("p", "dead"), R"({"run":"dead","exports":[]})");
  ASSERT_THAT(recover(lake_), SizeIs(1));
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_EQ(read_rows(lake_.find({"p", "t"})->file_addresses()).size(), 6u);
}

}  // namespace
}  // namespace segue::lake

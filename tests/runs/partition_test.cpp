// Steps whose tables are parted by columns: what is refused before a run, what a run writes, and what a query, a deletion
// and a compaction make of it.
#include <gmock/gmock.h>

#include "base/error.h"
#include "lake/publication.h"
#include "lake/rewrite.h"
#include "runs/prepare.h"
#include "runs/project_folder.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string pipeline(const std::string& step) {
  return R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  t: )" + step +
         "\n";
}

class PartitionRunTest : public testing::Test {
 protected:
  PartitionRunTest() {
    project_.write("plays.tsv",
                   "u1\t2018-05-04T10:00:00Z\tCake\n"
                   "u2\t2019-05-04T10:20:00Z\tAC/DC = 100%\n"
                   "u1\t2019-05-04T10:40:01Z\tMuse\n"
                   "u2\t2018-05-04T10:00:00Z\t\n");
  }
  std::vector<std::string> mistakes(const std::string& step) {
    project_.write_pipeline(pipeline(step));
    return project_.mistakes();
  }
  RunResult run(const std::string& step) {
    project_.write_pipeline(pipeline(step));
    return project_.run();
  }
  lake::TableState table() { return lake_.find({"p", "t"}).value(); }
  RewriteOptions options() {
    RewriteOptions options;
    options.cancellation = &cancellation_;
    return options;
  }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
  Cancellation cancellation_;
};

TEST_F(PartitionRunTest, MistakesAreLocated) {
  EXPECT_THAT(mistakes("{sql: SELECT * FROM plays, partition_by: [user_id, artis]}"),
              ElementsAre("8:57 step `t` has no column `artis` to partition by"));
  EXPECT_THAT(mistakes("{sql: SELECT artist FROM plays, partition_by: artist}"),
              ElementsAre(HasSubstr("would be partitioned by all of its columns")));
  EXPECT_THAT(mistakes("{sql: 'SELECT 0.5::DOUBLE AS x, artist FROM plays', partition_by: x}"),
              ElementsAre(HasSubstr("cannot be partitioned by `x`: a DOUBLE has no exact text")));
  EXPECT_THAT(mistakes("{sql: 'SELECT [artist] AS x, artist FROM plays', partition_by: x}"),
              ElementsAre(HasSubstr("is no single value")));
  EXPECT_THAT(mistakes("{sql: SELECT * FROM plays, partition_by: [artist, ARTIST]}"),
              ElementsAre(HasSubstr("named twice")));
  EXPECT_THAT(mistakes("{sql: SELECT * FROM plays, partition_by: [ARTIST]}"), IsEmpty()) << "SQL ignores case";
}

TEST_F(PartitionRunTest, RowsComeBackFromTheirFolders) {
  ASSERT_EQ(run("{sql: 'SELECT *, year(played_at)::INTEGER AS year FROM plays', partition_by: [year, ARTIST]}").state,
            RunState::kSucceeded);
  EXPECT_THAT(table().partition_by, ElementsAre("year", "artist"));
  EXPECT_THAT(table().files, SizeIs(4));
  EXPECT_THAT(table().files[1].path, testing::StartsWith("year=2019/artist=AC%2FDC %3D 100%25/part-"));
  EXPECT_THAT(project_.rows("t"),
              ElementsAre("u1|2018-05-04 10:00:00|Cake|2018", "u1|2019-05-04 10:40:01|Muse|2019",
                          "u2|2018-05-04 10:00:00|NULL|2018", "u2|2019-05-04 10:20:00|AC/DC = 100%|2019"));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(PartitionRunTest, WhatAPartitionCannotHoldIsPointedAtAndChangesNothing) {
  ASSERT_EQ(run("{sql: SELECT * FROM plays, partition_by: user_id}").state, RunState::kSucceeded);
  RunResult failed = run("{sql: \"SELECT user_id, coalesce(artist, '') AS artist FROM plays\", partition_by: artist}");
  EXPECT_EQ(failed.state, RunState::kFailed);
  ASSERT_THAT(failed.errors, SizeIs(1));
  EXPECT_EQ(failed.errors[0].message,
            "step `t`: column artist has the value '', which readers of partitions take for NULL");
  EXPECT_EQ(failed.errors[0].place.line, 8u);
  EXPECT_EQ(table().version, 0);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(PartitionRunTest, OnlyFilesThatHoldARowAreWrittenAgainToDeleteIt) {
  ASSERT_EQ(run("{sql: SELECT * FROM plays, partition_by: user_id}").state, RunState::kSucceeded);
  Rewritten kept = delete_rows(table(), "artist = 'Muse' OR artist = 'nobody'", options());
  EXPECT_THAT(kept.files, SizeIs(1));
  EXPECT_EQ(kept.removed, 1u);
  EXPECT_EQ(kept.rows.rows(), 1u);
  lake::Rewrite(lake_, {"p", "t"}, {}).replace(kept.files, kept.rows, "DELETE", 1);
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|2018-05-04 10:00:00|Cake", "u2|2018-05-04 10:00:00|NULL",
                                              "u2|2019-05-04 10:20:00|AC/DC = 100%"));
  kept = delete_rows(table(), "user_id = 'u1'", options());
  lake::Rewrite(lake_, {"p", "t"}, {}).replace(kept.files, kept.rows, "DELETE", 1);
  EXPECT_THAT(project_.rows("t"), SizeIs(2));
  EXPECT_THAT(table().files, SizeIs(1)) << "a partition without rows has no file";
  kept = delete_rows(table(), "artist > 'Z'", options());
  EXPECT_EQ(kept.removed, 0u) << "a condition that is NULL deletes nothing";
  EXPECT_THAT(kept.files, IsEmpty());
}

TEST_F(PartitionRunTest, MistakesOfAConditionHaveTheirPlaceInIt) {
  ASSERT_EQ(run("{sql: SELECT * FROM plays}").state, RunState::kSucceeded);
  try {
    delete_rows(table(), "artist = 'Muse'\n OR artst = 'Cake'", options());
    FAIL() << "it must be refused";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUsage);
    EXPECT_EQ(failure.error().place.line, 2u);
    EXPECT_EQ(failure.error().place.column, 5u);
  }
}

TEST_F(PartitionRunTest, SmallFilesArePutTogetherWithinTheirPartitions) {
  std::vector<Field> fields{{"n", TypeId::kBigint}};
  {
    lake::Publication publication(lake_, "p", {"parts", "Segue/test", nullptr, 1});
    Value one{TypeId::kBigint, int64_t{1}}, two{TypeId::kBigint, int64_t{2}};
    publication.stage_parts(
        "t", fields,
        {{"a", {fields, {{1, {constant_column(one)}, 0, {}}}}}, {"b", {fields, {{1, {constant_column(two)}, 0, {}}}}}});
    publication.commit();
  }
  EXPECT_THAT(small_files(table()), SizeIs(2));
  Rewritten gathered = gather_rows(table(), small_files(table()), options());
  lake::Rewrite(lake_, {"p", "t"}, {}).replace(gathered.files, gathered.rows, "OPTIMIZE", 1);
  EXPECT_THAT(table().files, SizeIs(1));
  EXPECT_THAT(project_.rows("t"), ElementsAre("1", "2"));
  EXPECT_THAT(small_files(table()), IsEmpty());
  ASSERT_EQ(run("{sql: SELECT * FROM plays, partition_by: user_id}").state, RunState::kSucceeded);
  EXPECT_THAT(small_files(table()), IsEmpty()) << "one a partition is as few as can be";
}

}  // namespace
}  // namespace segue::runs

// Statistics of tables, from a run to whoever asks: which are kept, what they tell after rows were added, merged,
// deleted, brought back, and what a vacuum leaves of them.
#include "runs/table_statistics.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "base/error.h"
#include "columns/value.h"
#include "lake/maintenance.h"
#include "lake/rewrite.h"
#include "runs/project_folder.h"
#include "runs/rewrite.h"
#include "runs/statistics_records.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TableStatisticsTest : public testing::Test {
 protected:
  void write(const std::string& step) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, seconds: bigint}
steps:
  t: )" + step + "\n");
  }
  void file(const std::string& name, const std::string& rows) { project_.write("plays/" + name, rows); }
  // Rows user<i % users> i for i of a range.
  static std::string plays(int begin, int end, int users) {
    std::string rows;
    for (int i = begin; i < end; ++i) rows += "user" + std::to_string(i % users) + "\t" + std::to_string(i) + "\n";
    return rows;
  }
  RunResult run(const ProjectFolder::Ask& ask = {}) {
    RunResult result = project_.run(ask);
    std::string errors;
    for (const Error& error : result.errors) errors += error.message + "; ";
    EXPECT_EQ(result.state, RunState::kSucceeded) << errors;
    return result;
  }
  lake::TableState table(std::optional<int64_t> version = {}) { return lake_.find(name_, version).value(); }
  std::optional<quality::TableStatistics> kept(std::optional<int64_t> version = {}) {
    return kept_statistics(lake_, table(version));
  }
  quality::TableStatistics computed() { return computed_statistics(table(), 2, cancellation_); }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& each : std::filesystem::directory_iterator(project_.lake() / "p/t/_segue/statistics", none))
      names.push_back(each.path().filename().string());
    return names;
  }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
  lake::TableName name_{"p", "t"};
  Cancellation cancellation_;
};

constexpr const char* kAll = R"({sql: "SELECT * FROM plays"})";

TEST_F(TableStatisticsTest, AreKeptWithEachVersion) {
  file("1.tsv", plays(0, 3000, 7));
  write(kAll);
  run();
  ASSERT_TRUE(kept().has_value());
  EXPECT_EQ(kept()->rows, 3000u);
  const quality::ColumnStatistics user = kept()->columns.at(0), seconds = kept()->columns.at(1);
  EXPECT_EQ(user.distinct, 7u);
  EXPECT_EQ(to_string(user.frequent.at(0).value), "user0");
  EXPECT_EQ(user.frequent.at(0).rows, 429u);
  EXPECT_TRUE(seconds.estimated);
  EXPECT_NEAR(static_cast<double>(*seconds.distinct), 3000, 140);
  EXPECT_NEAR(static_cast<double>(std::get<int64_t>(seconds.quantiles.at(3).value.data)), 1499, 6);
  EXPECT_EQ(seconds.histogram.size(), 16u);
  // Who asks where nothing was kept is told the same.
  EXPECT_EQ(computed().columns, kept()->columns);

  file("2.tsv", plays(0, 10, 10));
  run();
  EXPECT_EQ(kept()->rows, 3010u);
  EXPECT_EQ(kept(0)->rows, 3000u) << "an older version keeps its own";
  EXPECT_THAT(files(), SizeIs(2));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(TableStatisticsTest, AreTheSameWhateverTheThreadsAndTheEngine) {
  file("1.tsv", plays(0, 100000, 900));
  std::vector<std::vector<quality::ColumnStatistics>> all;
  for (const char* step :
       {R"({sql: "SELECT user_id, sum(seconds)::BIGINT AS s, count(*) AS n FROM plays GROUP BY user_id"})",
        R"({sql: "SELECT user_id, seconds FROM plays"})"}) {
    write(step);
    all.clear();
    for (uint32_t threads : {1U, 3U}) {
      for (bool duckdb : {false, true}) {
        ProjectFolder::Ask ask;
        ask.threads = threads;
        ask.duckdb = duckdb;
        ask.full = true;
        run(ask);
        all.push_back(kept().value().columns);
      }
    }
    EXPECT_EQ(all[0], all[2]) << "threads";
    EXPECT_EQ(all[1], all[3]) << "threads, by DuckDB";
    EXPECT_EQ(all[0], all[1]) << "DuckDB";
  }
}

TEST_F(TableStatisticsTest, BasicKeepsNothingButWhatTheLogTells) {
  file("1.tsv", plays(5, 50, 7));
  write(R"({sql: "SELECT *, (seconds / 4)::DECIMAL(10,2) AS d FROM plays", statistics: basic})");
  run();
  EXPECT_FALSE(kept().has_value());
  EXPECT_THAT(files(), IsEmpty());
  Relation records = statistics_records(lake_, name_);
  std::vector<std::string> rows;
  for (const segue::Batch& batch : records.batches) {
    std::string row;
    for (size_t column : {0, 1, 4, 6, 7, 8, 10, 11}) row += to_string(value_at(batch.columns.at(column), 0)) + " ";
    rows.push_back(row);
  }
  EXPECT_THAT(rows, ElementsAre("p.t 0 user_id 45 0 NULL user0 user6 ", "p.t 0 seconds 45 0 NULL 5 49 ",
                                "p.t 0 d 45 0 NULL 1.25 12.25 "));
}

TEST_F(TableStatisticsTest, AppendedRowsAreAddedToWhatWasKept) {
  write(R"({sql: "SELECT * FROM plays", write: append})");
  file("1.tsv", plays(0, 5000, 7));
  run();
  file("2.tsv", plays(5000, 9000, 7));
  run();
  ASSERT_TRUE(kept().has_value());
  EXPECT_TRUE(kept()->mergeable());
  EXPECT_EQ(table().files.size(), 2u);
  quality::TableStatistics all = computed();
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(kept()->columns[i].distinct, all.columns[i].distinct);
    EXPECT_EQ(kept()->columns[i].min, all.columns[i].min);
    EXPECT_EQ(kept()->columns[i].max, all.columns[i].max);
  }
  EXPECT_EQ(kept()->columns[0].frequent, all.columns[0].frequent);
  auto median = static_cast<double>(std::get<int64_t>(kept()->columns[1].quantiles.at(3).value.data));
  EXPECT_NEAR(median, 4500, 90) << "what is kept is in fewer buckets";
  // No new rows: no new version. Rows that all are filtered out: a version of the same files.
  run();
  EXPECT_EQ(table().version, 1);
  EXPECT_EQ(kept()->rows, 9000u);
  // Where nothing is left to add to, all rows are read.
  std::filesystem::remove_all(project_.lake() / "p/t/_segue/statistics");
  file("3.tsv", plays(9000, 9010, 7));
  run();
  EXPECT_EQ(kept()->rows, 9010u);
  EXPECT_EQ(kept()->columns[1].min, all.columns[1].min);
}

TEST_F(TableStatisticsTest, RowsOfAChangedFileAreNotToldOf) {
  write(R"({sql: "SELECT * FROM plays", write: append})");
  file("1.tsv", plays(0, 100, 7));
  file("2.tsv", plays(100, 200, 7));
  run();
  file("1.tsv", plays(50, 60, 7));
  run();
  ASSERT_TRUE(kept().has_value());
  EXPECT_EQ(kept()->rows, 110u);
  EXPECT_EQ(kept()->columns, computed().columns);
  EXPECT_EQ(to_string(kept()->columns.at(1).min), "50");
}

TEST_F(TableStatisticsTest, MergedTablesAreReadWhole) {
  write(
      R"({sql: "SELECT user_id, seconds FROM plays", write: {merge: user_id, latest_by: seconds}, partition_by: user_id})");
  file("1.tsv", plays(0, 10, 10));
  run();
  file("2.tsv", "user3\t500\nuser4\t600\n");
  run();
  EXPECT_EQ(kept()->rows, 10u);
  EXPECT_EQ(kept()->columns, computed().columns);
  EXPECT_EQ(to_string(kept()->columns.at(1).max), "600");
  EXPECT_EQ(kept()->columns[0].distinct, 10u);
}

TEST_F(TableStatisticsTest, ComeBackWithAVersionAndGoWithDeletedRows) {
  file("1.tsv", plays(0, 100, 7));
  write(kAll);
  run();
  file("2.tsv", plays(100, 200, 7));
  run();
  lake::rollback(lake_, name_, 0, {});
  EXPECT_EQ(table().version, 2);
  EXPECT_EQ(kept()->rows, 100u);
  {
    lake::Rewrite rewrite(lake_, name_, {});
    RewriteOptions options;
    options.threads = 1;
    options.cancellation = &cancellation_;
    Rewritten rewritten = delete_rows(rewrite.table(), "seconds < 50", options);
    rewrite.replace(rewritten.files, rewritten.rows, "DELETE", 1);
  }
  EXPECT_FALSE(kept().has_value()) << "nothing is told of rows that are gone";
  EXPECT_EQ(computed().rows, 50u);
}

TEST_F(TableStatisticsTest, AVacuumRemovesThoseOfVersionsThatAreGone) {
  file("1.tsv", plays(0, 100, 7));
  write(kAll);
  run();
  file("2.tsv", plays(100, 200, 7));
  run();
  EXPECT_THAT(files(), SizeIs(2));
  lake::vacuum(lake_, {name_}, int64_t{3600} * 1000, false, {});
  EXPECT_THAT(files(), SizeIs(2)) << "both versions can be read";
  lake::vacuum(lake_, {name_}, 0, false, {});
  EXPECT_THAT(files(), SizeIs(1));
  EXPECT_EQ(kept()->rows, 200u);
  EXPECT_THAT(statistics_records(lake_, name_).batches, SizeIs(2));
}

TEST_F(TableStatisticsTest, WhatIsDamagedIsComputedAnew) {
  file("1.tsv", plays(0, 100, 7));
  write(kAll);
  run();
  project_.write("lake/p/t/_segue/statistics/" + files().at(0), "{\"format\":1");
  EXPECT_FALSE(kept().has_value());
  EXPECT_EQ(computed().rows, 100u);
  Relation records = statistics_records(lake_, name_);
  EXPECT_THAT(records.batches, SizeIs(2)) << "what the log tells";
}

TEST_F(TableStatisticsTest, EmptyTablesListsAndStructs) {
  file("1.tsv", plays(0, 3, 3));
  write(R"({sql: "SELECT [seconds] AS l, {'a': user_id} AS s, NULL::DOUBLE AS n FROM plays WHERE seconds > 1"})");
  run();
  ASSERT_TRUE(kept().has_value());
  EXPECT_FALSE(kept()->columns.at(0).distinct.has_value());
  EXPECT_EQ(kept()->columns.at(2).nulls, 1u);
  EXPECT_EQ(computed().columns, kept()->columns);
  write(R"({sql: "SELECT * FROM plays WHERE seconds > 100"})");
  run();
  EXPECT_EQ(kept()->rows, 0u);
  EXPECT_TRUE(kept()->columns.at(0).min.null());
  EXPECT_THAT(statistics_records(lake_, name_).batches, SizeIs(5));
}

}  // namespace
}  // namespace segue::runs

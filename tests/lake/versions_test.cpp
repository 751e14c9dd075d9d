// Versions of tables after they are published: read again, brought back, removed; and checkpoints, which are but a
// shorter way to the same.
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "lake/checkpoint.h"
#include "lake/delta_log.h"
#include "lake/maintenance.h"
#include "lake/recovery.h"
#include "lake/rewrite.h"
#include "lake/rows.h"

namespace segue::lake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kDay = int64_t{24} * 3600 * 1000;  // ms

Relation one_row(int64_t value) { return relation({{"n", TypeId::kBigint}}, {{integer(value)}}); }

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

class VersionsTest : public testing::Test {
 protected:
  void publish(const Relation& rows) {
    Publication publication(lake_, "p", {fmt::format("run{}", ++runs_), "Segue/test", nullptr, 1});
    publication.stage("t", rows);
    publication.commit();
  }
  void publish(int64_t value) { publish(one_row(value)); }
  // Publishes values 0 … count - 1, so that version v holds v.
  void publish_versions(int64_t count) {
    for (int64_t value = 0; value < count; ++value) publish(value);
  }
  // Makes all of the table's entries and files so much older.
  void age(int64_t millis) {
    std::filesystem::path folder = lake_.root() + "/p/t";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::filesystem::last_write_time(entry.path(), entry.last_write_time() - std::chrono::milliseconds(millis));
      if (entry.path().parent_path().filename() != "_delta_log") continue;
      if (entry.path().extension() != ".json" || entry.path().filename().string()[0] == '.') continue;
      std::string path = "p/t/_delta_log/" + entry.path().filename().string();
      Entry parsed = parse_entry(*lake_.store().read(path), path);
      parsed.commit->timestamp -= millis;
      std::ofstream(entry.path()) << print_entry(parsed);
    }
  }
  std::vector<std::string> rows(std::optional<int64_t> version = {}) {
    return read_rows(version ? lake_.at_version(name_, *version).file_addresses()
                             : lake_.find(name_).value().file_addresses());
  }
  std::filesystem::path log(const std::string& file) { return lake_.root() + "/p/t/_delta_log/" + file; }
  size_t data_files() {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(lake_.root() + "/p/t"))
      count += entry.is_regular_file();
    return count;
  }

  TemporaryFolder folder_;
  Lake lake_{folder_.path() + "/lake"};
  TableName name_{"p", "t"};
  MaintenanceOptions options_;
  int runs_ = 0;
};

TEST_F(VersionsTest, StatisticsBelongToTheFilesOfAVersion) {
  auto kept = [&](int64_t version) { return lake_.statistics(lake_.find(name_, version).value()).value_or("none"); };
  for (int64_t value : {0, 1}) {
    Publication publication(lake_, "p", {fmt::format("run{}", ++runs_), "Segue/test", nullptr, 1});
    publication.stage("t", one_row(value));
    publication.keep_statistics("t", fmt::format("of {}", value));
    EXPECT_EQ(lake_.all_statistics(name_).size(), static_cast<size_t>(value)) << "not before the commit";
    publication.commit();
  }
  {
    Publication publication(lake_, "p", {"undone", "Segue/test", nullptr, 1});
    publication.stage("t", one_row(2));
    publication.keep_statistics("t", "of none");
  }
  publish(3);
  EXPECT_EQ(kept(0), "of 0");
  EXPECT_EQ(kept(1), "of 1");
  EXPECT_EQ(kept(2), "none");
  rollback(lake_, name_, 0, options_);
  EXPECT_EQ(kept(3), "of 0");
  std::vector<KeptStatistics> all = lake_.all_statistics(name_);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[2].version, 3);
  EXPECT_EQ(all[2].text, "of 0");
  EXPECT_EQ(all[1].run, "run2");
  auto files = [&] { return lake_.store().list("p/t/_segue/statistics").size(); };
  EXPECT_EQ(files(), 2u) << "what was not committed is gone";
  lake_.store().put("p/t/_segue/statistics/of a run that may be at work.json", "");
  vacuum(lake_, {name_}, kDay, false, options_);
  EXPECT_EQ(files(), 3u);
  vacuum(lake_, {name_}, 0, false, options_);
  EXPECT_EQ(files(), 2u);
  age(2 * 3600 * 1000);
  vacuum(lake_, {name_}, 0, false, options_);
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(kept(3), "of 0");
}

TEST_F(VersionsTest, RowsThatArePutTogetherKeepTheirStatistics) {
  {
    Publication publication(lake_, "p", {"run1", "Segue/test", nullptr, 1});
    publication.stage("t", one_row(7));
    publication.keep_statistics("t", "of 7");
    publication.commit();
  }
  for (const char* operation : {"OPTIMIZE", "DELETE"}) {
    Rewrite rewrite(lake_, name_, options_);
    rewrite.replace({rewrite.table().files.at(0).path}, one_row(7), operation, 1);
    EXPECT_EQ(lake_.statistics(lake_.find(name_).value()).has_value(), operation == std::string("OPTIMIZE"));
  }
}

TEST_F(VersionsTest, EachVersionIsReadByItsNumberAndByAMoment) {
  publish(0);
  age(10'000);
  publish(1);
  age(10'000);
  publish(2);
  EXPECT_THAT(rows(0), ElementsAre("0"));
  EXPECT_THAT(rows(1), ElementsAre("1"));
  int64_t second = lake_.find(name_, 1)->committed_at;
  EXPECT_EQ(lake_.at_time(name_, second).version, 1);
  EXPECT_EQ(lake_.at_time(name_, second - 1000).version, 0);
  EXPECT_EQ(lake_.at_time(name_, second + int64_t{3600} * 1'000'000).version, 2) << "what is to come is the newest";
  Error error = refused([&] { lake_.at_time(name_, second - int64_t{3600} * 1'000'000); });
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_THAT(error.message, HasSubstr("p.t had no version yet at "));
  error = refused([&] { lake_.at_version(name_, 3); });
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_EQ(error.message, "p.t has no version 3: the newest is 2");
}

TEST_F(VersionsTest, AVersionWithoutItsFilesSaysSo) {
  publish_versions(2);
  std::filesystem::remove(lake_.find(name_, 0)->file_addresses()[0]);
  Error error = refused([&] { lake_.at_version(name_, 0); });
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.message, "version 0 of p.t cannot be read any more: 1 of its 1 files is gone");
  EXPECT_THAT(rows(1), ElementsAre("1"));
}

TEST_F(VersionsTest, TheHistoryTellsOfEachVersion) {
  publish(relation({{"n", TypeId::kBigint}}, {{integer(1)}, {integer(2)}}));
  publish(3);
  rollback(lake_, name_, 0, options_);
  std::filesystem::remove(lake_.find(name_, 1)->file_addresses()[0]);
  std::vector<VersionSummary> history = lake_.history(name_);
  ASSERT_THAT(history, SizeIs(3));
  EXPECT_EQ(history[0].version, 2);
  EXPECT_EQ(history[0].operation, "RESTORE");
  EXPECT_EQ(history[0].parameters.at("version"), "0");
  EXPECT_EQ(history[0].rows, 2u);
  EXPECT_TRUE(history[0].readable);
  EXPECT_EQ(history[1].run, "run2");
  EXPECT_EQ(history[1].rows, 1u);
  EXPECT_FALSE(history[1].readable);
  for (const VersionSummary& version : history) {
    TableState state = lake_.find(name_, version.version).value();
    EXPECT_EQ(version.bytes, state.bytes);
    EXPECT_EQ(version.files, state.files.size());
    EXPECT_EQ(version.rows, state.rows);
    EXPECT_EQ(version.committed_at, state.committed_at);
  }
}

TEST_F(VersionsTest, ARollbackIsANewVersionWithTheOldRowsAndColumns) {
  publish(relation({{"s", TypeId::kVarchar}}, {{text("a")}}));
  publish_versions(2);
  PublishedTable table = rollback(lake_, name_, 0, options_);
  EXPECT_EQ(table.version, 3);
  EXPECT_EQ(table.rows, 1u);
  EXPECT_THAT(rows(), ElementsAre("a"));
  EXPECT_EQ(lake_.find(name_)->fields, (std::vector<Field>{{"s", TypeId::kVarchar}}));
  EXPECT_THAT(rows(2), ElementsAre("1")) << "what was before is there still";
  rollback(lake_, name_, 2, options_);
  EXPECT_THAT(rows(), ElementsAre("1")) << "and comes back";
  publish(7);
  EXPECT_THAT(rows(), ElementsAre("7"));
}

TEST_F(VersionsTest, ARollbackThatCannotBeDoneChangesNothing) {
  publish_versions(3);
  EXPECT_EQ(refused([&] { rollback(lake_, name_, 2, options_); }).message, "p.t is at version 2 already");
  EXPECT_EQ(refused([&] { rollback(lake_, name_, 9, options_); }).message, "p.t has no version 9: the newest is 2");
  std::filesystem::remove(lake_.find(name_, 0)->file_addresses()[0]);
  EXPECT_THAT(refused([&] { rollback(lake_, name_, 0, options_); }).message, HasSubstr("1 of its 1 files is gone"));
  {
    Publication at_work(lake_, "p", {"busy", "Segue/test", nullptr, 1});
    Error error = refused([&] { rollback(lake_, name_, 1, options_); });
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_THAT(error.message, HasSubstr("pipeline p is at work already: run busy (process "));
  }
  EXPECT_EQ(lake_.find(name_)->version, 2);
}

TEST_F(VersionsTest, AVacuumRemovesWhatNoKeptVersionNeeds) {
  publish_versions(3);  // replaced 9 and 8 days ago when all is aged
  age(kDay);
  publish(3);
  age(8 * kDay);
  publish(4);
  ASSERT_EQ(data_files(), 5u);
  auto vacuumed = vacuum(lake_, {name_}, 7 * kDay, true, options_);
  ASSERT_THAT(vacuumed, SizeIs(1));
  EXPECT_THAT(vacuumed[0].removed, SizeIs(3));
  EXPECT_THAT(vacuumed[0].lost, ElementsAre(0, 1, 2));
  EXPECT_EQ(data_files(), 5u) << "a dry run removes nothing";
  EXPECT_EQ(vacuum(lake_, {name_}, 7 * kDay, false, options_)[0].removed, vacuumed[0].removed);
  EXPECT_EQ(data_files(), 2u);
  EXPECT_THAT(rows(3), ElementsAre("3")) << "it was the newest until just now";
  EXPECT_THAT(rows(), ElementsAre("4"));
  EXPECT_THAT(vacuum(lake_, {name_}, 7 * kDay, false, options_)[0].removed, IsEmpty());
  EXPECT_THAT(vacuum(lake_, {name_}, 0, false, options_)[0].lost, ElementsAre(3));
  EXPECT_THAT(rows(), ElementsAre("4")) << "the newest always stays";
}

TEST_F(VersionsTest, AVacuumKeepsWhatARollbackBroughtBack) {
  publish_versions(2);
  age(30 * kDay);
  rollback(lake_, name_, 0, options_);
  EXPECT_THAT(vacuum(lake_, {name_}, 7 * kDay, false, options_)[0].removed, IsEmpty())
      << "version 1 was the newest until just now";
  age(30 * kDay);
  EXPECT_THAT(vacuum(lake_, {name_}, 7 * kDay, false, options_)[0].lost, ElementsAre(1));
  EXPECT_THAT(rows(), ElementsAre("0"));
}

TEST_F(VersionsTest, AVacuumRemovesOldOrphansAndLeavesWhatIsBeingWritten) {
  publish(0);
  std::string table = lake_.root() + "/p/t/";
  std::filesystem::create_directories(table + "year=2018");
  for (const char* file : {"other.parquet", "year=2018/old.parquet", "new.parquet"}) std::ofstream(table + file) << "x";
  std::filesystem::create_directories(table + "_hidden");
  std::ofstream(table + "_hidden/index") << "x";
  for (const char* file : {"other.parquet", "year=2018/old.parquet", "_hidden/index"})
    std::filesystem::last_write_time(table + file,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_THAT(vacuum(lake_, {name_}, 0, false, options_)[0].removed,
              ElementsAre("other.parquet", "year=2018/old.parquet"));
  EXPECT_TRUE(std::filesystem::exists(table + "new.parquet")) << "another program may be writing it";
  EXPECT_TRUE(std::filesystem::exists(table + "_hidden/index"));
  EXPECT_THAT(rows(), ElementsAre("0"));
}

TEST_F(VersionsTest, AVacuumWaitsForNoRunAndLeavesItsFiles) {
  publish(0);
  Publication at_work(lake_, "p", {"busy", "Segue/test", nullptr, 1});
  at_work.stage("t", one_row(1));
  age(30 * kDay);
  EXPECT_EQ(refused([&] { vacuum(lake_, {name_}, 0, false, options_); }).code, ErrorCode::kConflict);
  at_work.commit();
  EXPECT_THAT(rows(), ElementsAre("1"));
}

TEST_F(VersionsTest, AVacuumFirstFinishesWhatADeadRunHadDecided) {
  publish_versions(2);
  // The second publish as it is left by a process that dies after its decision.
  std::string entry = *lake_.store().read(entry_path("p/t", 1));
  nlohmann::json table{{"step", "t"},
                       {"base", 0},
                       {"schema", to_schema({{"n", TypeId::kBigint}})},
                       {"parts", nullptr},
                       {"entry", entry}};
  std::filesystem::remove(log("00000000000000000001.json"));
  lake_.store().put(
      decision_path("p", "run2"),
      nlohmann::json{
          {"run", "run2"}, {"engine", "Segue/test"}, {"tables", {table}}, {"exports", nlohmann::json::array()}}
          .dump());
  age(30 * kDay);
  std::vector<std::string> told;
  options_.record_recovered = [&](const Recovered& run) { told.push_back(run.run); };
  vacuum(lake_, {name_}, 7 * kDay, false, options_);
  EXPECT_THAT(told, ElementsAre("run2"));
  EXPECT_THAT(rows(), ElementsAre("1"));
}

TEST_F(VersionsTest, EveryTenthVersionHasACheckpointThatReadsTheSame) {
  publish(relation({{"s", TypeId::kVarchar}}, {{text("a")}}));
  publish_versions(25);
  EXPECT_TRUE(std::filesystem::exists(log("00000000000000000010.checkpoint.parquet")));
  EXPECT_EQ(nlohmann::json::parse(*lake_.store().read("p/t/_delta_log/_last_checkpoint"))["version"], 20);
  std::vector<std::vector<std::string>> with, without;
  for (int64_t version = 0; version <= 25; ++version) with.push_back(rows(version));
  Snapshot snapshot = read_log(lake_.store(), "p/t");
  for (const char* file : {"00000000000000000010.checkpoint.parquet", "00000000000000000020.checkpoint.parquet"})
    std::filesystem::remove(log(file));
  for (int64_t version = 0; version <= 25; ++version) without.push_back(rows(version));
  EXPECT_EQ(with, without);
  Snapshot plain = read_log(lake_.store(), "p/t");
  EXPECT_EQ(print_entry({plain.commit, plain.protocol, plain.metadata, {}, {}, plain.files}),
            print_entry({snapshot.commit, snapshot.protocol, snapshot.metadata, {}, {}, snapshot.files}));
  EXPECT_EQ(snapshot.removed.size(), plain.removed.size());
}

TEST_F(VersionsTest, OnlyTheLogBehindACheckpointIsNeeded) {
  publish_versions(13);
  for (int64_t version = 0; version <= 10; ++version) std::filesystem::remove(log(fmt::format("{:020}.json", version)));
  EXPECT_THAT(rows(), ElementsAre("12"));
  EXPECT_EQ(lake_.find(name_)->version, 12);
  EXPECT_FALSE(lake_.find(name_, 3)) << "what the log does not tell of any more";
  EXPECT_THAT(lake_.history(name_), SizeIs(2));
  publish(99);
  EXPECT_EQ(lake_.find(name_)->version, 13);
}

TEST_F(VersionsTest, ABrokenCheckpointIsPassedOver) {
  publish_versions(22);
  std::ofstream(log("00000000000000000020.checkpoint.parquet")) << "PAR1 and nothing that follows";
  EXPECT_THAT(rows(), ElementsAre("21"));
  std::ofstream(log("00000000000000000010.checkpoint.parquet")) << "";
  std::ofstream(log("_last_checkpoint")) << "{";
  EXPECT_THAT(rows(), ElementsAre("21"));
  std::filesystem::remove(log("00000000000000000003.json"));
  Error error = refused([&] { lake_.find(name_); });
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_THAT(error.message, HasSubstr("version 3 is missing from the log"));
}

TEST_F(VersionsTest, ACheckpointInPartsOfAnotherProgramIsRead) {
  publish_versions(11);
  std::filesystem::rename(log("00000000000000000010.checkpoint.parquet"),
                          log("00000000000000000010.checkpoint.0000000001.0000000002.parquet"));
  EXPECT_THAT(find_checkpoints({"00000000000000000010.checkpoint.0000000001.0000000002.parquet"}), IsEmpty())
      << "one of two";
  Checkpoint both = find_checkpoints({"00000000000000000010.checkpoint.0000000001.0000000002.parquet",
                                      "00000000000000000010.checkpoint.0000000002.0000000002.parquet"})
                        .at(0);
  EXPECT_EQ(both.version, 10);
  EXPECT_THAT(both.names, SizeIs(2));
  EXPECT_THAT(rows(), ElementsAre("10"));
}

TEST_F(VersionsTest, TransactionsOfOtherProgramsOutliveACheckpoint) {
  publish_versions(9);
  Entry entry;
  entry.commit = CommitInfo{1, "STREAMING UPDATE", {}, "other-program/1", "their-id", ""};
  entry.transactions.push_back({"their-stream", 42, 7});
  ASSERT_TRUE(lake_.store().put_if_absent(entry_path("p/t", 9), print_entry(entry)));
  publish(1);
  ASSERT_TRUE(std::filesystem::exists(log("00000000000000000010.checkpoint.parquet")));
  std::map<std::string, Transaction> transactions = read_log(lake_.store(), "p/t").transactions;
  ASSERT_THAT(transactions, SizeIs(1));
  EXPECT_EQ(transactions.at("their-stream").version, 42);
  EXPECT_EQ(transactions.at("their-stream").updated, 7);
}

class RewriteTest : public VersionsTest {
 protected:
  // Two files: 1 and 2.
  void SetUp() override {
    Publication publication(lake_, "p", {"parts", "Segue/test", nullptr, 1});
    publication.stage_parts("t", {{"n", TypeId::kBigint}}, {{"a", one_row(1)}, {"b", one_row(2)}});
    publication.commit();
    first_ = lake_.find(name_)->files.at(0).path;
  }
  std::string first_;
};

TEST_F(RewriteTest, SomeFilesAreReplacedAndTheOthersStay) {
  PublishedTable table = Rewrite(lake_, name_, options_).replace({first_}, one_row(7), "DELETE", 1);
  EXPECT_EQ(table.version, 1);
  EXPECT_EQ(table.files, 2u);
  EXPECT_THAT(rows(), testing::UnorderedElementsAre("2", "7"));
  EXPECT_THAT(rows(0), testing::UnorderedElementsAre("1", "2"));
  EXPECT_EQ(lake_.history(name_)[0].operation, "DELETE");
  EXPECT_THAT(lake_.store().list("p/_segue/staging"), IsEmpty());
  Rewrite(lake_, name_, options_)
      .replace({lake_.find(name_)->files[1].path}, {{{"n", TypeId::kBigint}}, {}}, "DELETE", 1);
  EXPECT_THAT(rows(), ElementsAre("2")) << "without rows there is no new file";
}

TEST_F(RewriteTest, MovingRowsTogetherChangesNoData) {
  std::vector<std::string> both{first_, lake_.find(name_)->files[1].path};
  Rewrite(lake_, name_, options_)
      .replace(both, relation({{"n", TypeId::kBigint}}, {{integer(1)}, {integer(2)}}), "OPTIMIZE", 1);
  EXPECT_THAT(rows(), ElementsAre("1", "2"));
  EXPECT_THAT(*lake_.store().read(entry_path("p/t", 1)), testing::Not(HasSubstr("\"dataChange\":true")));
}

TEST_F(RewriteTest, ItHoldsTheLockAndSeesWhatOthersCommitWithoutIt) {
  Rewrite rewrite(lake_, name_, options_);
  EXPECT_EQ(refused([&] { rollback(lake_, name_, 0, options_); }).code, ErrorCode::kConflict);
  Entry theirs;
  theirs.commit = CommitInfo{1, "DELETE", {}, "other-program/1", "their-id", ""};
  ASSERT_TRUE(lake_.store().put_if_absent(entry_path("p/t", 1), print_entry(theirs)));
  EXPECT_THAT(refused([&] { rewrite.replace({first_}, one_row(7), "DELETE", 1); }).message,
              HasSubstr("was changed by another program just now"));
}

TEST_F(RewriteTest, WhatItWroteInVainIsRemoved) {
  size_t before = data_files();
  Cancellation cancellation;
  options_.cancellation = &cancellation;
  cancellation.request();
  EXPECT_EQ(refused([&] { Rewrite(lake_, name_, options_).replace({first_}, one_row(7), "DELETE", 1); }).code,
            ErrorCode::kCancelled);
  EXPECT_EQ(data_files(), before);
  EXPECT_THAT(lake_.store().list("p/_segue/staging"), IsEmpty());
}

TEST_F(VersionsTest, KilledAtAnyMomentTheNewestVersionIsWhole) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  publish_versions(9);
  int64_t newest = 8;
  for (int number = 0; number < 50; ++number) {
    pid_t child = fork();
    if (child == 0) {
      // Nothing of the child process may run the test's own clean-up.
      try {
        for (runs_ = 1000 * (number + 1);;) {
          publish(runs_);
          publish(runs_);
          rollback(lake_, name_, lake_.find(name_)->version - 1, options_);
          Rewrite(lake_, name_, options_).replace({lake_.find(name_)->files[0].path}, one_row(7), "DELETE", 1);
          vacuum(lake_, {name_}, 0, false, options_);
        }
      } catch (...) {
        _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it went on until it was killed";
    recover(lake_);
    TableState table = lake_.find(name_).value();
    EXPECT_GE(table.version, newest);
    newest = table.version;
    EXPECT_THAT(rows(newest), SizeIs(1));
    EXPECT_THAT(lake_.store().list("p/_segue/publish"), IsEmpty());
    EXPECT_THAT(lake_.store().list("p/_segue/staging"), IsEmpty());
  }
  EXPECT_GT(newest, 10);
  vacuum(lake_, {name_}, 0, false, options_);
  EXPECT_EQ(data_files(), 1u) << "nothing is left that no version knows";
}

}  // namespace
}  // namespace segue::lake

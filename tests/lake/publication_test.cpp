#include "lake/publication.h"

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

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

Relation songs(const std::vector<std::pair<std::string, int64_t>>& rows) {
  std::vector<std::vector<Value>> values;
  for (const auto& [user, count] : rows) values.push_back({text(user), integer(count)});
  return relation({{"user_id", TypeId::kVarchar}, {"songs", TypeId::kBigint}}, values);
}

Publication::Options run_named(const std::string& run) { return {run, "Segue/test", nullptr, 2}; }

void publish(Lake& lake, const std::string& run, const std::string& step, const Relation& rows) {
  Publication publication(lake, "lastfm", run_named(run));
  publication.stage(step, rows);
  publication.commit();
}

std::vector<std::string> rows_of(const Lake& lake, const std::string& step, std::optional<int64_t> version = {}) {
  auto table = lake.find({"lastfm", step}, version);
  return table ? read_rows(table->file_addresses()) : std::vector<std::string>{"no table"};
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(files.begin(), files.end());
  return files;
}

class PublicationTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Lake lake_{folder_.path() + "/lake"};
};

TEST_F(PublicationTest, NothingIsSeenBeforeTheCommit) {
  Publication publication(lake_, "lastfm", run_named("one"));
  publication.stage("songs_per_user", songs({{"a", 1}}));
  EXPECT_THAT(lake_.tables(), IsEmpty());
  EXPECT_FALSE(lake_.find({"lastfm", "songs_per_user"}));
  std::vector<PublishedTable> published = publication.commit().tables;
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(published[0].version, 0);
  EXPECT_EQ(published[0].rows, 1u);
  EXPECT_THAT(lake_.tables(), ElementsAre(TableName{"lastfm", "songs_per_user"}));
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("a|1"));
}

TEST_F(PublicationTest, EachRunReplacesTheRowsAndOldVersionsStayReadable) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}, {"b", 2}}));
  publish(lake_, "two", "songs_per_user", songs({{"c", 3}}));
  auto table = lake_.find({"lastfm", "songs_per_user"});
  ASSERT_TRUE(table);
  EXPECT_EQ(table->version, 1);
  EXPECT_EQ(table->run, "two");
  EXPECT_EQ(table->rows, 1u);
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("c|3"));
  EXPECT_THAT(rows_of(lake_, "songs_per_user", 0), ElementsAre("a|1", "b|2"));
  EXPECT_FALSE(lake_.find({"lastfm", "songs_per_user"}, 2));
}

TEST_F(PublicationTest, ARunThatDoesNotCommitLeavesNoFile) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::vector<std::string> before = files_below(folder_.path());
  {
    Publication publication(lake_, "lastfm", run_named("two"));
    publication.stage("songs_per_user", songs({{"b", 2}}));
    publication.stage("other", songs({{"b", 2}}));
    publication.stage_export(folder_.path() + "/out.tsv", ExportFormat::kTsv, songs({{"b", 2}}));
  }
  EXPECT_EQ(files_below(folder_.path()), before);
}

TEST_F(PublicationTest, AnEmptyTableHasItsColumns) {
  publish(lake_, "one", "songs_per_user", songs({}));
  auto table = lake_.find({"lastfm", "songs_per_user"});
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows, 0u);
  EXPECT_EQ(table->fields, (std::vector<Field>{{"user_id", TypeId::kVarchar}, {"songs", TypeId::kBigint}}));
  EXPECT_EQ(table->files.size(), 1u);
}

TEST_F(PublicationTest, AChangedSchemaKeepsTheTablesIdentity) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::string id = read_log(lake_.store(), "lastfm/songs_per_user").metadata.id;
  publish(lake_, "two", "songs_per_user", relation({{"user_id", TypeId::kVarchar}}, {{text("a")}}));
  Snapshot snapshot = read_log(lake_.store(), "lastfm/songs_per_user");
  EXPECT_EQ(snapshot.metadata.id, id);
  EXPECT_EQ(lake_.find({"lastfm", "songs_per_user"})->fields.size(), 1u);
  EXPECT_EQ(lake_.find({"lastfm", "songs_per_user"}, 0)->fields.size(), 2u);
}

TEST_F(PublicationTest, ASecondRunOfThePipelineIsRefusedAndNamesTheFirst) {
  Publication first(lake_, "lastfm", run_named("one"));
  try {
    Publication second(lake_, "lastfm", run_named("two"));
    FAIL() << "it must not begin";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
    EXPECT_THAT(failure.error().message, HasSubstr("run one (process " + std::to_string(getpid())));
  }
  Publication other(lake_, "movielens", run_named("three"));  // another pipeline is not concerned
}

// Another program commits version `version` to the table.
void commit_foreign(Lake& lake, const std::string& step, int64_t version) {
  Entry entry;
  entry.commit = CommitInfo{1, "DELETE", {}, "other-program/1", "their-id", ""};
  entry.removes = read_log(lake.store(), "lastfm/" + step).files;
  ASSERT_TRUE(lake.store().put_if_absent(entry_path("lastfm/" + step, version), print_entry(entry)));
}

TEST_F(PublicationTest, ATableChangedByOthersMeanwhileIsAConflictAndNothingIsPublished) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  publish(lake_, "two", "top_songs", songs({{"a", 1}}));
  Publication publication(lake_, "lastfm", run_named("three"));
  publication.stage("top_songs", songs({{"b", 2}}));
  publication.stage("songs_per_user", songs({{"b", 2}}));
  commit_foreign(lake_, "songs_per_user", 1);
  try {
    publication.commit();
    FAIL() << "it must not commit";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
    EXPECT_THAT(failure.error().message, HasSubstr("lastfm.songs_per_user was changed by other-program/1"));
  }
  EXPECT_THAT(rows_of(lake_, "top_songs"), ElementsAre("a|1"));
}

std::vector<std::string> data_files(Lake& lake) {
  std::vector<std::string> files = files_below(lake.store().address("lastfm/plain"));
  std::erase_if(files, [](const std::string& file) { return !file.starts_with("part-"); });
  return files;
}

TEST_F(PublicationTest, ATableThatKeepsOnlyItsNewestVersionLosesItsOlderFilesEvenIfThePublishBreaksOff) {
  auto stage = [](Publication& publication, const Relation& rows) {
    publication.stage("plain", rows);
    publication.keep_only_newest("plain");
  };
  {
    Publication publication(lake_, "lastfm", run_named("one"));
    stage(publication, songs({{"a", 1}}));
    publication.commit();
  }
  {
    Publication publication(lake_, "lastfm", run_named("two"));
    stage(publication, songs({{"b", 2}}));
    EXPECT_THROW(publication.commit([](const Published&) { fail(ErrorCode::kIo, "the disk of the records is full"); }),
                 Failure);
  }
  EXPECT_THAT(rows_of(lake_, "plain"), ElementsAre("b|2"));
  EXPECT_EQ(data_files(lake_).size(), 2u) << "what was to be done after the commit is not done";
  {
    Publication publication(lake_, "lastfm", run_named("three"));
    ASSERT_EQ(publication.recovered().size(), 1u);
    EXPECT_EQ(data_files(lake_).size(), 1u);
  }
  EXPECT_THAT(rows_of(lake_, "plain"), ElementsAre("b|2"));

  publish(lake_, "four", "plain", songs({{"c", 3}}));
  EXPECT_EQ(data_files(lake_).size(), 2u) << "it does not keep only its newest any more";
  rollback(lake_, {"lastfm", "plain"}, 1, {});
  EXPECT_THAT(rows_of(lake_, "plain"), ElementsAre("b|2"));
  EXPECT_EQ(data_files(lake_).size(), 1u) << "the version that came back does";
}

// What a run leaves that is killed right after its decision, with the first `done` tables committed.
void leave_decided(Lake& lake, const std::string& run, const std::vector<std::string>& steps, const Relation& rows,
                   size_t done, const std::string& export_path = {}) {
  struct Kept {
    std::string path, text;
  };
  std::vector<Kept> kept;
  std::string root = lake.root();
  {
    // Carried out in a copy, whose files are then brought over as far as the run had come.
    std::filesystem::copy(root, root + "-copy", std::filesystem::copy_options::recursive);
    Lake copy(root + "-copy");
    Publication publication(copy, "lastfm", run_named(run));
    for (const std::string& step : steps) publication.stage(step, rows);
    publication.commit();
  }
  nlohmann::json decision{{"run", run},
                          {"engine", "Segue/test"},
                          {"tables", nlohmann::json::array()},
                          {"exports", nlohmann::json::array()}};
  for (size_t i = 0; i < steps.size(); ++i) {
    std::string table = "lastfm/" + steps[i];
    int64_t base = newest_version(lake.store(), table);
    Lake copy(root + "-copy");
    std::string entry = *copy.store().read(entry_path(table, base + 1));
    for (const auto& file : std::filesystem::directory_iterator(root + "-copy/" + table))
      if (file.path().filename().string().find(run) != std::string::npos) {
        std::filesystem::create_directories(root + "/" + table);
        std::filesystem::copy(file.path(), root + "/" + table);
      }
    decision["tables"].push_back(
        {{"step", steps[i]}, {"base", base}, {"schema", to_schema(rows.fields)}, {"parts", nullptr}, {"entry", entry}});
    if (i < done) lake.store().put_if_absent(entry_path(table, base + 1), entry);
  }
  if (!export_path.empty()) {
    std::ofstream(export_path + "." + run + ".tmp") << "new";
    decision["exports"].push_back({{"temporary", export_path + "." + run + ".tmp"}, {"path", export_path}});
  }
  lake.store().put(staging_path("lastfm", run), nlohmann::json{{"run", run}, {"exports", {export_path}}}.dump());
  lake.store().put(decision_path("lastfm", run), decision.dump());
  std::filesystem::remove_all(root + "-copy");
}

TEST_F(PublicationTest, AnInterruptedRowOfCommitsIsFinishedAtTheNextStart) {
  for (size_t done = 0; done <= 2; ++done) {
    TemporaryFolder folder;
    Lake lake(folder.path() + "/lake");
    publish(lake, "one", "songs_per_user", songs({{"a", 1}}));
    std::string out = folder.path() + "/out.tsv";
    leave_decided(lake, "two", {"songs_per_user", "top_songs"}, songs({{"b", 2}}), done, out);
    Publication publication(lake, "lastfm", run_named("three"));
    ASSERT_EQ(publication.recovered().size(), 1u);
    const Recovered& recovered = publication.recovered()[0];
    EXPECT_EQ(recovered.run, "two");
    EXPECT_TRUE(recovered.committed);
    ASSERT_EQ(recovered.tables.size(), 2u);
    EXPECT_EQ(recovered.tables[0].version, 1);
    EXPECT_EQ(recovered.tables[1].version, 0);
    EXPECT_THAT(rows_of(lake, "songs_per_user"), ElementsAre("b|2")) << done;
    EXPECT_THAT(rows_of(lake, "top_songs"), ElementsAre("b|2")) << done;
    EXPECT_EQ(lake.find({"lastfm", "songs_per_user"})->version, 1);
    EXPECT_TRUE(std::filesystem::exists(out));
    EXPECT_THAT(lake.store().list("lastfm/_segue/publish"), IsEmpty());
  }
}

TEST_F(PublicationTest, ReadersFinishTooWhereNoRunIsAtWork) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  leave_decided(lake_, "two", {"songs_per_user"}, songs({{"b", 2}}), 0);
  {
    std::unique_ptr<storage::Lock> at_work = lake_.store().try_lock(lock_path("lastfm"), "{}");
    EXPECT_THAT(recover(lake_), IsEmpty());
  }
  ASSERT_EQ(recover(lake_).size(), 1u);
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("b|2"));
  EXPECT_THAT(recover(lake_), IsEmpty());
}

TEST_F(PublicationTest, ADecisionGoesOnTopOfWhatOthersCommittedMeanwhile) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  leave_decided(lake_, "two", {"songs_per_user"}, songs({{"b", 2}}), 0);
  commit_foreign(lake_, "songs_per_user", 1);
  std::vector<Recovered> recovered = recover(lake_);
  ASSERT_EQ(recovered.size(), 1u);
  ASSERT_EQ(recovered[0].tables.size(), 1u);
  EXPECT_EQ(recovered[0].tables[0].version, 2);
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("b|2"));
}

TEST_F(PublicationTest, ADecisionWhoseDataFilesAreGoneIsSkipped) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  leave_decided(lake_, "two", {"songs_per_user"}, songs({{"b", 2}}), 0);
  for (const auto& file : std::filesystem::directory_iterator(lake_.root() + "/lastfm/songs_per_user"))
    if (file.path().filename().string().find("-two-") != std::string::npos) std::filesystem::remove(file.path());
  std::vector<Recovered> recovered = recover(lake_);
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_THAT(recovered[0].skipped, ElementsAre(TableName{"lastfm", "songs_per_user"}));
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("a|1"));
}

TEST_F(PublicationTest, FilesOfADeadRunAreRemovedAndPublishedOnesStay) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::vector<std::string> before = files_below(folder_.path());
  // What a run leaves that is killed while it stages.
  std::string table = lake_.root() + "/lastfm/songs_per_user/";
  std::string out = folder_.path() + "/out.tsv";
  lake_.store().put(staging_path("lastfm", "dead"), nlohmann::json{{"run", "dead"}, {"exports", {out}}}.dump());
  std::ofstream(table + data_file_name(0, "dead")) << "half a file";
  std::ofstream(table + "_delta_log/.00000000000000000001.json.4f2a.tmp") << "{}";
  std::ofstream(out + ".dead.tmp") << "half";
  // A marker of the run that published: as if the loss of power had undone its removal.
  lake_.store().put(staging_path("lastfm", "one"),
                    nlohmann::json{{"run", "one"}, {"exports", nlohmann::json::array()}}.dump());
  { Publication next(lake_, "lastfm", run_named("next")); }
  EXPECT_EQ(files_below(folder_.path()), before);
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("a|1"));
}

TEST_F(PublicationTest, PartsAreReplacedOneByOne) {
  std::vector<Field> fields{{"user_id", TypeId::kVarchar}, {"songs", TypeId::kBigint}};
  auto stage = [&](const std::string& run, const std::map<std::string, Relation>& parts) {
    Publication publication(lake_, "lastfm", run_named(run));
    publication.stage_parts("quarantine", fields, parts);
    return publication.commit().tables.size();
  };
  EXPECT_EQ(stage("one", {{"plays", songs({{"a", 1}, {"b", 2}})}, {"users", songs({{"u", 9}})}}), 1u);
  EXPECT_EQ(stage("two", {{"plays", songs({{"c", 3}})}}), 1u);
  EXPECT_THAT(rows_of(lake_, "quarantine"), testing::UnorderedElementsAre("c|3", "u|9"));
  EXPECT_EQ(stage("three", {{"plays", songs({})}}), 1u);
  EXPECT_THAT(rows_of(lake_, "quarantine"), ElementsAre("u|9"));
  EXPECT_EQ(stage("four", {{"plays", songs({})}}), 0u) << "no change, no version";
  EXPECT_EQ(lake_.find({"lastfm", "quarantine"})->version, 2);
}

TEST_F(PublicationTest, ATableOfANewerProtocolIsRefusedBeforeAnythingIsWritten) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  Entry upgrade;
  upgrade.protocol = Protocol{1, 7};
  lake_.store().put_if_absent(entry_path("lastfm/songs_per_user", 1), print_entry(upgrade));
  Publication publication(lake_, "lastfm", run_named("two"));
  EXPECT_THROW(publication.stage("songs_per_user", songs({{"b", 2}})), Failure);
}

TEST_F(PublicationTest, CancellingEndsItBeforeTheDecision) {
  Cancellation cancellation;
  Publication::Options options = run_named("one");
  options.cancellation = &cancellation;
  Publication publication(lake_, "lastfm", options);
  publication.stage("songs_per_user", songs({{"a", 1}}));
  cancellation.request();
  EXPECT_THROW(publication.commit(), Failure);
  EXPECT_THAT(lake_.tables(), IsEmpty());
}

TEST_F(PublicationTest, ExportsAppearWithTheTables) {
  std::string out = folder_.path() + "/exports/songs.csv";
  Publication publication(lake_, "lastfm", run_named("one"));
  publication.stage("songs_per_user", songs({{"a", 1}}));
  publication.stage_export(out, ExportFormat::kCsv, songs({{"a", 1}}));
  EXPECT_FALSE(std::filesystem::exists(out));
  publication.commit();
  EXPECT_EQ(*lake_.store().read("../exports/songs.csv"), "user_id,songs\na,1\n");
}

std::string refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kIo);
    return failure.error().message;
  }
  return "not refused";
}

TEST_F(PublicationTest, AnExportOverWhatIsNoFileIsRefused) {
  std::filesystem::create_directory_symlink(folder_.path(), folder_.path() + "/link");
  for (const auto& [path, reason] : std::map<std::string, std::string>{{folder_.path(), "it is a folder"},
                                                                       {folder_.path() + "/link", "it is a folder"},
                                                                       {"/dev/null", "it is no file"}}) {
    Publication publication(lake_, "lastfm", run_named("one"));
    EXPECT_THAT(refused([&] { publication.stage_export(path, ExportFormat::kCsv, songs({})); }),
                HasSubstr(path + ": " + reason));
  }
}

TEST_F(PublicationTest, AnExportThatBecameAFolderIsFoundBeforeTheDecision) {
  std::string out = folder_.path() + "/out.csv";
  {
    Publication publication(lake_, "lastfm", run_named("one"));
    publication.stage("songs_per_user", songs({{"a", 1}}));
    publication.stage_export(out, ExportFormat::kCsv, songs({{"a", 1}}));
    std::filesystem::create_directory(out);
    EXPECT_THAT(refused([&] { publication.commit(); }), HasSubstr("it is a folder"));
    EXPECT_FALSE(publication.decided());
  }
  EXPECT_THAT(lake_.tables(), IsEmpty());
  EXPECT_THAT(files_below(folder_.path()), ElementsAre("lake/lastfm/_segue/lock"));
}

TEST_F(PublicationTest, AnExportThatCannotBeReplacedAfterACrashStopsNothing) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::string out = folder_.path() + "/out.csv";
  leave_decided(lake_, "two", {"songs_per_user"}, songs({{"b", 2}}), 0, out);
  std::filesystem::create_directories(out + "/below");
  std::vector<Recovered> recovered = recover(lake_);
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(recovered[0].tables.size(), 1u);
  ASSERT_EQ(recovered[0].missing_exports.size(), 1u);
  EXPECT_EQ(recovered[0].missing_exports[0].path, out);
  EXPECT_THAT(recovered[0].missing_exports[0].error.message, HasSubstr("Is a directory"));
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("b|2"));
  EXPECT_FALSE(std::filesystem::exists(out + ".two.tmp"));
  EXPECT_THAT(recover(lake_), IsEmpty());
  publish(lake_, "three", "songs_per_user", songs({{"c", 3}}));
  EXPECT_THAT(rows_of(lake_, "songs_per_user"), ElementsAre("c|3"));
}

TEST_F(PublicationTest, ARecoveryThatIsNotRecordedIsToldAgain) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::string out = folder_.path() + "/out.csv";
  leave_decided(lake_, "two", {"songs_per_user"}, songs({{"b", 2}}), 0, out);
  std::filesystem::create_directories(out + "/below");
  EXPECT_THROW(recover(lake_, [](const Recovered&) { fail(ErrorCode::kIo, "the record cannot be written"); }), Failure);
  std::vector<std::string> told;
  recover(lake_, [&](const Recovered& run) {
    told.push_back(run.run + " " + std::to_string(run.tables.size()) + " " +
                   std::to_string(run.missing_exports.size()));
  });
  EXPECT_THAT(told, ElementsAre("two 1 1"));
  EXPECT_EQ(lake_.find({"lastfm", "songs_per_user"})->version, 1);
}

TEST_F(PublicationTest, APublishIsRecordedBeforeItsDecisionIsForgotten) {
  auto stage_and_commit = [&](const std::string& run, const std::function<void(const Published&)>& record) {
    Publication publication(lake_, "lastfm", run_named(run));
    publication.stage("songs_per_user", songs({{run, 1}}));
    publication.commit(record);
  };
  size_t recorded = 0;
  stage_and_commit("one", [&](const Published& published) {
    EXPECT_TRUE(lake_.store().read(decision_path("lastfm", "one")));
    recorded = published.tables.size();
  });
  EXPECT_EQ(recorded, 1u);
  EXPECT_THAT(refused([&] {
                stage_and_commit("two", [](const Published&) { fail(ErrorCode::kIo, "the record cannot be written"); });
              }),
              HasSubstr("decided but could not be completed: the record cannot be written"));
  std::vector<std::string> told;
  Publication::Options options = run_named("three");
  options.record_recovered = [&](const Recovered& run) { told.push_back(run.run); };
  Publication next(lake_, "lastfm", options);
  EXPECT_THAT(told, ElementsAre("two"));
}

TEST_F(PublicationTest, CancellingStopsAnExportAndRemovesIt) {
  Cancellation cancellation;
  Publication::Options options = run_named("one");
  options.cancellation = &cancellation;
  std::vector<std::string> before;
  {
    Publication publication(lake_, "lastfm", options);
    before = files_below(folder_.path());
    cancellation.request();
    EXPECT_THROW(publication.stage_export(folder_.path() + "/out.csv", ExportFormat::kCsv, songs({{"a", 1}})), Failure);
    EXPECT_EQ(files_below(folder_.path()), before);
  }
}

TEST_F(PublicationTest, ADamagedLogIsLocated) {
  publish(lake_, "one", "songs_per_user", songs({{"a", 1}}));
  std::ofstream(lake_.root() + "/" + entry_path("lastfm/songs_per_user", 1)) << "{\"commitInfo\":{}}\n{\"add\":{\"pa";
  try {
    lake_.find({"lastfm", "songs_per_user"});
    FAIL() << "it must not be read";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().place.line, 2u);
    EXPECT_THAT(failure.error().place.file, HasSubstr("00000000000000000001.json"));
  }
  EXPECT_TRUE(lake_.find({"lastfm", "songs_per_user"}, 0));
}

TEST_F(PublicationTest, AGapInTheLogIsAnError) {
  for (const char* run : {"one", "two", "three"}) publish(lake_, run, "songs_per_user", songs({{"a", 1}}));
  lake_.store().remove(entry_path("lastfm/songs_per_user", 1));
  EXPECT_THROW(lake_.find({"lastfm", "songs_per_user"}), Failure);
  lake_.store().remove(entry_path("lastfm/songs_per_user", 0));
  EXPECT_THROW(lake_.find({"lastfm", "songs_per_user"}), Failure);
}

}  // namespace
}  // namespace segue::lake

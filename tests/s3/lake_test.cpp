// Tables of a lake on S3: publishes with lost answers, other writers, locks that are lost.
#include "lake/lake.h"

#include <cstdio>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/limits.h"
#include "lake/delta_log.h"
#include "lake/maintenance.h"
#include "lake/publication.h"
#include "lake/recovery.h"
#include "lake/rows.h"
#include "s3/s3_server.h"
#include "storage/remote_file.h"

namespace segue::lake {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Relation numbers(const std::vector<int64_t>& values) {
  std::vector<std::vector<Value>> rows;
  for (int64_t value : values) rows.push_back({integer(value), text("row " + std::to_string(value))});
  return relation({{"n", TypeId::kBigint}, {"text", TypeId::kVarchar}}, rows);
}

Published publish(Lake& lake, const std::string& run, int64_t value) {
  Publication publication(lake, "p", {run, "Segue/test", nullptr, 1});
  publication.stage("a", numbers({value}));
  publication.stage("b", numbers({value, value}));
  return publication.commit();
}

// What `deltalake` reads, or makes of the table first.
std::vector<std::string> foreign(const std::string& address, const std::string& doing = "") {
  std::string command =
      fmt::format("{}/bin/python tests/s3/read.py {} {}", storage::s3_server_folder(), address, doing);
  std::vector<std::string> lines;
  FILE* pipe = popen(command.c_str(), "r");
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    lines.emplace_back(line);
    if (lines.back().ends_with('\n')) lines.back().pop_back();
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return lines;
}

class S3LakeTest : public testing::Test {
 protected:
  // The least n of the newest version's file, by its statistics.
  std::string content(const std::string& step) {
    TableState table = lake_.find({"p", step}).value();
    for (size_t i = 0; i < table.files.size(); ++i)
      EXPECT_EQ(storage::open_remote(table.file_addresses()[i], nullptr)->bytes(), table.files[i].bytes);
    std::string statistics = table.files.at(0).statistics;
    return statistics.substr(statistics.find("\"n\":") + 4, 1);
  }

  storage::S3Server server_;
  Lake lake_{"s3://lake/events"};
};

TEST_F(S3LakeTest, OthersReadWhatIsPublishedAndWhatTheyWriteIsRead) {
  publish(lake_, "one", 1);
  publish(lake_, "two", 2);
  EXPECT_THAT(foreign("s3://lake/events/p/b"), ElementsAre("2|row 2", "2|row 2"));
  EXPECT_THAT(foreign("s3://lake/events/p/b", "append"), ElementsAre("2|row 2", "2|row 2", "2|row 2"));
  EXPECT_EQ(lake_.find({"p", "b"})->rows, 3u);
  EXPECT_EQ(rollback(lake_, {"p", "b"}, 0, {}).version, 3);
  EXPECT_THAT(foreign("s3://lake/events/p/b"), ElementsAre("1|row 1", "1|row 1"));
  std::vector<Vacuumed> vacuumed = vacuum(lake_, {{"p", "b"}}, 0, false, {});
  EXPECT_EQ(vacuumed[0].removed.size(), 2u);
  EXPECT_THAT(foreign("s3://lake/events/p/b"), ElementsAre("1|row 1", "1|row 1"));
  for (int i = 4; i <= 12; ++i) publish(lake_, "run" + std::to_string(i), i % 10);
  for (int64_t version = 0; version < 10; ++version) lake_.store().remove(entry_path("p/b", version));
  EXPECT_THAT(foreign("s3://lake/events/p/b"), ElementsAre("2|row 2", "2|row 2")) << "behind a checkpoint";
  EXPECT_THAT(lake_.tables(), ElementsAre(TableName{"p", "a"}, TableName{"p", "b"}));
}

TEST_F(S3LakeTest, PartitionsAreReadByOthers) {
  Publication publication(lake_, "p", {"one", "Segue/test", nullptr, 1});
  publication.stage("t", numbers({1, 2}), {"text"});
  publication.commit();
  EXPECT_THAT(foreign("s3://lake/events/p/t"), ElementsAre("1|row 1", "2|row 2"));
}

TEST_F(S3LakeTest, AnswersThatAreLostPublishOnce) {
  publish(lake_, "one", 1);
  int64_t version = 0;
  for (const char* path : {"_delta_log", "_segue/publish", "_segue/staging", "_segue/lock", "part-"}) {
    SCOPED_TRACE(path);
    server_.fail("lost", 1, "PUT", path);
    ++version;
    Published published = publish(lake_, fmt::format("run-{}", version), version + 1);
    EXPECT_EQ(server_.failed(), 1);
    EXPECT_EQ(published.tables.at(0).version, version);
    EXPECT_EQ(content("a") + content("b"), fmt::format("{0}{0}", version + 1));
    EXPECT_EQ(lake_.history({"p", "a"}).size(), static_cast<size_t>(version) + 1);
    for (const char* place : {"p/_segue/staging", "p/_segue/publish"}) EXPECT_TRUE(lake_.store().list(place).empty());
  }
}

TEST_F(S3LakeTest, ARunThatCannotPublishLeavesTablesAsTheyWere) {
  publish(lake_, "one", 1);
  for (const char* path : {"_segue/publish", "part-"}) {
    SCOPED_TRACE(path);
    server_.fail("500", -1, "PUT", path);
    try {
      publish(lake_, std::string("two-") + (path[0] == '_' ? "a" : "b"), 2);
      FAIL() << "it must fail";
    } catch (const Failure& failure) {
      EXPECT_THAT(failure.error().message, AllOf(HasSubstr("cannot write s3://lake/events/p/"), HasSubstr("attempts")));
    }
    server_.heal();
    EXPECT_EQ(content("a") + content("b"), "11");
    EXPECT_EQ(lake_.store().list("p/a").size(), 2u) << "what it wrote is removed";
  }
  publish(lake_, "three", 3);
  EXPECT_EQ(content("a") + content("b"), "33");
}

TEST_F(S3LakeTest, APublishThatStopsBehindItsDecisionIsCompletedByTheNext) {
  publish(lake_, "one", 1);
  server_.fail("500", -1, "PUT", "b/_delta_log");
  try {
    publish(lake_, "two", 2);
    FAIL() << "it must fail";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.error().message, HasSubstr("the publish was decided but could not be completed"));
  }
  EXPECT_EQ(content("a") + content("b"), "21");
  server_.heal();
  std::vector<Recovered> recovered = recover(lake_);
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_TRUE(recovered[0].committed);
  EXPECT_EQ(content("a") + content("b"), "22");
}

TEST_F(S3LakeTest, OfTwoWritersOneWinsAndTheOtherSaysSo) {
  publish(lake_, "one", 1);
  {
    Publication first(lake_, "p", {"two", "Segue/test", nullptr, 1});
    try {
      Publication second(lake_, "p", {"three", "Segue/test", nullptr, 1});
      FAIL() << "it must not begin";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
      EXPECT_THAT(failure.error().message, HasSubstr("pipeline p is at work already: run two (process "));
    }
    first.stage("a", numbers({2}));
    foreign("s3://lake/events/p/a", "append");
    try {
      first.commit();
      FAIL() << "it must not commit";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
      EXPECT_THAT(failure.error().message, HasSubstr("p.a was changed by"));
    }
  }
  EXPECT_EQ(lake_.find({"p", "a"})->version, 1);
  EXPECT_EQ(content("a"), "1");
}

TEST_F(S3LakeTest, ARunThatLostItsLockPublishesNothingAndLosesNothingOfOthers) {
  publish(lake_, "one", 1);
  auto first = std::make_unique<Publication>(lake_, "p", Publication::Options{"two", "Segue/test", nullptr, 1});
  first->stage("a", numbers({2}));
  first->stage("b", numbers({2}));
  // Its machine slept.
  std::string lock = lock_path("p");
  server_.age("events/" + lock + "/" + lake_.store().list(lock).back().name, limits::kLeaseSeconds + 1);
  publish(lake_, "three", 3);
  try {
    first->commit();
    FAIL() << "it must not commit";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kConflict);
  }
  first.reset();
  EXPECT_EQ(content("a") + content("b"), "33");
}

}  // namespace
}  // namespace segue::lake

// Exports that cannot be put into their places when the tables are published already.
#include <cerrno>
#include <cstdio>
#include <string_view>

#include <dlfcn.h>
#include <gmock/gmock.h>

#include "runs/project_folder.h"
#include "runs/run_store.h"

// Stands before the system's rename(): while set, no file gets a name that ends so.
static std::string_view refused_name;

extern "C" [[gnu::visibility("default")]] int rename(const char* from, const char* to) noexcept {
  static auto system_rename = reinterpret_cast<int (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "rename"));
  if (!refused_name.empty() && std::string_view(to).ends_with(refused_name)) {
    errno = EPERM;
    return -1;
  }
  return system_rename(from, to);
}

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPipeline = R"(name: p
sources:
  plays: {path: plays.csv, format: {type: delimited, delimiter: ",", quote: none, header: false}, columns: {artist: varchar, plays: bigint}}
steps:
  artists: {sql: 'SELECT * FROM plays', export: {format: csv, path: artists.csv}}
  total: {sql: 'SELECT sum(plays)::BIGINT AS plays FROM plays', export: {format: csv, path: total.csv}}
)";

class ExportTest : public testing::Test {
 protected:
  ExportTest() {
    project_.write_pipeline(kPipeline);
    project_.write("plays.csv", "Cake,1\n");
    EXPECT_EQ(project_.run().state, RunState::kSucceeded);
    project_.write("plays.csv", "Cake,2\n");
  }
  ~ExportTest() override { refused_name = {}; }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(project_.path()))
      names.push_back(file.path().filename().string());
    return names;
  }

  ProjectFolder project_;
};

TEST_F(ExportTest, TheTablesArePublishedAndTheRunSaysWhichExportIsMissing) {
  refused_name = "/artists.csv";
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kPublishedInPart);
  EXPECT_EQ(exit_code(run), 1);
  for (const RunResult& told : {run, RunStore(project_.path()).find(run.id).value()}) {
    EXPECT_EQ(told.state, RunState::kPublishedInPart);
    EXPECT_EQ(told.tables.size(), 2u);
    ASSERT_EQ(told.exports.size(), 1u);
    EXPECT_THAT(told.exports[0].path, HasSubstr("total.csv"));
    ASSERT_EQ(told.errors.size(), 1u);
    EXPECT_THAT(told.errors[0].message, AllOf(HasSubstr("the tables are published"), HasSubstr("artists.csv"),
                                              HasSubstr("Operation not permitted")));
    EXPECT_GT(told.ended_at, 0);
  }
  EXPECT_THAT(project_.rows("artists"), ElementsAre("Cake|2"));
  EXPECT_THAT(project_.rows("total"), ElementsAre("2"));
  EXPECT_EQ(project_.read("artists.csv"), "artist,plays\nCake,1\n");
  EXPECT_EQ(project_.read("total.csv"), "plays\n2\n");
  EXPECT_THAT(files(), testing::Each(Not(HasSubstr(".tmp"))));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(ExportTest, TheNextRunsGoOn) {
  refused_name = "/artists.csv";
  EXPECT_EQ(project_.run().state, RunState::kPublishedInPart);
  project_.write("plays.csv", "Cake,3\n");
  EXPECT_EQ(project_.run().state, RunState::kPublishedInPart);
  EXPECT_THAT(project_.rows("artists"), ElementsAre("Cake|3"));
  refused_name = {};
  EXPECT_EQ(project_.run().state, RunState::kSucceeded);
  EXPECT_EQ(project_.read("artists.csv"), "artist,plays\nCake,3\n");
}

TEST_F(ExportTest, AFolderInTheWayEndsTheRunBeforeAnythingIsPublished) {
  std::filesystem::remove(project_.path() / "artists.csv");
  std::filesystem::create_directory(project_.path() / "artists.csv");
  RunResult run = project_.run();
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.errors.at(0).message, HasSubstr("it is a folder"));
  EXPECT_THAT(project_.rows("artists"), ElementsAre("Cake|1"));
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

}  // namespace
}  // namespace segue::runs

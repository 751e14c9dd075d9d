// A disk without room, and a limit on the size of files: a run says what it could not write and leaves every table as
// it was.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <sys/mount.h>

#include "cli/program.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kPipeline = R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, n: bigint}
steps:
  users: {sql: 'SELECT user_id, count(*) AS n FROM plays GROUP BY user_id'}
  plays_again: {sql: SELECT * FROM plays, export: {format: tsv, path: plays_again.tsv}}
)";

// Numbers in an order that hardly compresses.
std::string plays(uint64_t seed) {
  std::string text;
  for (uint64_t i = 0; i < 50'000; ++i)
    text += "u" + std::to_string(i % 50) + "\t" + std::to_string((i + seed) * 0x9E3779B97F4A7C15 >> 2) + "\n";
  return text;
}

std::vector<std::string> files(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) found.push_back(entry.path().lexically_relative(folder).string());
  std::sort(found.begin(), found.end());
  return found;
}

// A disk of its own at a folder, for this process and its children alone.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, const std::string& size) : folder_(std::move(folder)) {
    mounted_ = unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  uint64_t free() const { return std::filesystem::space(folder_).available; }

  // Until clear(), so many bytes are free.
  void fill(uint64_t rest) const {
    std::ofstream file(folder_ / "filler", std::ios::binary);
    std::string block(4096, 'x');
    while (free() > rest && file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void clear() const { std::filesystem::remove(folder_ / "filler"); }

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

TEST(FullDisk, OnOneThatIsFullARunChangesNothingAndTheNextOneWorks) {
  Project project;
  SmallDisk disk(project.folder(), "16m");
  if (!disk.mounted()) GTEST_SKIP() << "only root can mount a disk";
  project.write("segue.yaml", "lake: ./lake\n");
  project.write("pipelines/p/pipeline.yaml", kPipeline);
  project.write("plays.tsv", plays(1));
  Outcome first = project.segue({"run", "p"});
  ASSERT_EQ(first.code, 0) << first.err;
  std::string before = project.segue({"tables", "--json"}).out;
  std::string exported = project.read("plays_again.tsv");
  std::vector<std::string> whole = files(project.folder() / "lake");
  project.write("plays.tsv", plays(2));
  // No room at all, for the record of the run, for a part of a table's file, for the table and not for its export.
  for (uint64_t rest : {0u, 40'000u, 200'000u, 900'000u}) {
    SCOPED_TRACE(rest);
    disk.fill(rest);
    Outcome outcome = project.segue({"run", "p"});
    EXPECT_EQ(outcome.code, 1) << outcome.out;
    EXPECT_THAT(outcome.err, testing::AnyOf(HasSubstr("No space left on device"), HasSubstr("disk is full"))) << rest;
    EXPECT_EQ(project.segue({"tables", "--json"}).out, before) << "readable on a full disk, too";
    disk.clear();
    EXPECT_EQ(project.segue({"tables", "--json"}).out, before);
    EXPECT_EQ(project.read("plays_again.tsv"), exported);
    EXPECT_EQ(files(project.folder() / "lake"), whole) << "nothing half-written is left";
    EXPECT_FALSE(std::filesystem::exists(project.folder() / "plays_again.tsv.part"));
    auto runs = nlohmann::json::parse(project.segue({"runs", "--json"}).out)["runs"];
    if (rest >= 200'000) {
      EXPECT_EQ(runs.at(0).at("state"), "failed") << "the record says so";
    }
  }
  EXPECT_EQ(project.segue({"run", "p"}).code, 0);
  EXPECT_NE(project.read("plays_again.tsv"), exported);
  auto runs = nlohmann::json::parse(project.segue({"runs", "--json"}).out)["runs"];
  EXPECT_EQ(runs.at(0).at("state"), "succeeded");
}

TEST(FullDisk, ARunSaysWhatItCouldNotWriteAndLeavesTablesAsTheyWere) {
  Project project;
  project.write("pipelines/p/pipeline.yaml", kPipeline);
  project.write("plays.tsv", plays(1));
  ASSERT_EQ(project.segue({"run", "p"}).code, 0);
  std::string before = project.segue({"tables", "--json"}).out;
  std::string exported = project.read("plays_again.tsv");
  std::vector<std::string> whole = files(project.folder() / "lake");
  project.write("plays.tsv", plays(2));
  // Too small for the record of runs, for a table's file, for the export alone.
  for (uint64_t bytes : {3'000u, 100'000u, 350'000u, 700'000u}) {
    SCOPED_TRACE(bytes);
    Outcome outcome = call({{"run", "p"}, project.folder(), {}, {}, bytes});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error: "));
    EXPECT_EQ(project.segue({"tables", "--json"}).out, before);
    EXPECT_EQ(project.read("plays_again.tsv"), exported);
    EXPECT_EQ(files(project.folder() / "lake"), whole);
  }
  EXPECT_EQ(project.segue({"run", "p"}).code, 0);
  EXPECT_NE(project.read("plays_again.tsv"), exported);
}

}  // namespace
}  // namespace segue::cli

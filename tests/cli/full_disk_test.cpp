// A disk without room, as far as a limit on the size of files can stand for one: a run says what it could not write and
// leaves every table as it was.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

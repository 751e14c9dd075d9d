// Runs that are killed at any moment: tables are old or new, never half, and the next run leaves nothing behind.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lake/lake.h"
#include "runs/project_folder.h"
#include "runs/run_store.h"

namespace segue::runs {
namespace {

constexpr int kKills = 10;

constexpr const char* kPipeline = R"(name: p
sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  users: {sql: 'SELECT user_id, count(*) AS plays FROM plays GROUP BY user_id'}
  artists: {sql: 'SELECT artist, count(*) AS plays FROM plays GROUP BY artist', export: {format: csv, path: artists.csv}}
  plays_again: {sql: SELECT * FROM plays}
)";

// `generation` is in every row, so that a table tells which input it was made from.
std::string plays(int generation) {
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += fmt::format("u{}-{}\t2009-05-04T10:00:00Z\tartist {}\n", i % 1000, generation, generation);
  return text;
}

// Nothing of the child process may run the test's own clean-up.
[[noreturn]] void exit_with(const ProjectFolder& project) {
  try {
    _exit(exit_code(project.run()));
  } catch (...) {
    _exit(1);
  }
}

pid_t start(const ProjectFolder& project) {
  pid_t child = fork();
  if (child == 0) exit_with(project);
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The generation that a table was made from, and that all its files are there.
std::map<std::string, std::string> runs_of_tables(const ProjectFolder& project) {
  lake::Lake lake(project.lake().string());
  std::map<std::string, std::string> runs;
  for (const lake::TableName& name : lake.tables()) {
    lake::TableState table = lake.find(name).value();
    runs[name.step] = table.run;
    for (size_t i = 0; i < table.files.size(); ++i)
      EXPECT_EQ(std::filesystem::file_size(table.file_addresses()[i]), table.files[i].bytes);
  }
  return runs;
}

// A killed run leaves its records of what tables were made of and are like, which a later vacuum removes.
auto only_records() {
  return testing::Each(
      testing::AnyOf(testing::HasSubstr("/_segue/batches/"), testing::HasSubstr("/_segue/statistics/")));
}

TEST(KillTest, ARunThatDiesRightAfterItsPublishIsRecordedAsSucceeded) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  struct Dies : RunObserver {
    void published(const TableResult& /*table*/) override { _exit(9); }
  };
  ProjectFolder project;
  project.write_pipeline(kPipeline);
  project.write("plays.tsv", plays(0));
  pid_t child = fork();
  if (child == 0) {
    Dies dies;
    ProjectFolder::Ask ask;
    ask.observer = &dies;
    project.run(ask);
    _exit(1);
  }
  ASSERT_EQ(wait_for(child), 9);
  RunResult last = RunStore(project.path()).list(1).at(0);
  EXPECT_EQ(last.state, RunState::kSucceeded);
  EXPECT_EQ(last.tables.size(), 3u);
  EXPECT_EQ(last.exports.size(), 1u);
  EXPECT_GT(last.ended_at, last.started_at);
  EXPECT_THAT(project.leftovers(), testing::IsEmpty());
}

TEST(KillTest, AKilledRunLeavesWholeTablesAndTheNextRunCleansUp) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);

  ProjectFolder project;
  project.write_pipeline(kPipeline);
  project.write("plays.tsv", plays(0));
  auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(wait_for(start(project)), 0);
  auto whole = std::chrono::steady_clock::now() - begin;
  std::map<std::string, std::string> published = runs_of_tables(project);
  ASSERT_EQ(published.size(), 3u);

  int killed = 0;
  for (int kill_number = 1; kill_number <= kKills; ++kill_number) {
    project.write("plays.tsv", plays(kill_number));
    pid_t child = start(project);
    std::this_thread::sleep_for(std::chrono::duration_cast<std::chrono::microseconds>(whole) * (random() % 1000) /
                                1000);
    kill(child, SIGKILL);
    killed += wait_for(child) == -1;
    std::map<std::string, std::string> now = runs_of_tables(project);
    ASSERT_EQ(now.size(), 3u);
    // Each table is at the last published run or at the killed one; at the killed one only if its publish was decided,
    // and then the next start finishes the others.
    lake::Lake lake(project.lake().string());
    {
      RunStore store(project.path());
      lake::recover(lake, [&](const lake::Recovered& run) { store.recovered(run); });
    }
    now = runs_of_tables(project);
    EXPECT_EQ(now["users"], now["artists"]);
    EXPECT_EQ(now["users"], now["plays_again"]);
    EXPECT_THAT(project.leftovers(), only_records());
    RunResult last = RunStore(project.path()).list(1).at(0);
    EXPECT_NE(last.state, RunState::kRunning);
    bool published_by_it = now["users"] == last.id;
    if (published_by_it) {
      EXPECT_EQ(last.state, RunState::kSucceeded);
      EXPECT_EQ(last.tables.size(), 3u);
    } else {
      EXPECT_EQ(now, published);
    }
    std::vector<std::string> artists = project.rows("artists");
    ASSERT_EQ(artists.size(), 1u);
    std::replace(artists[0].begin(), artists[0].end(), '|', ',');
    EXPECT_EQ(project.read("artists.csv"), "artist,plays\n" + artists[0] + "\n")
        << "the export is of the same run as the tables";
    published = now;
  }
  EXPECT_GT(killed, 0);
  project.write("plays.tsv", plays(99));
  EXPECT_EQ(wait_for(start(project)), 0);
  EXPECT_THAT(project.rows("artists"), testing::ElementsAre("artist 99|200000"));
  EXPECT_EQ(project.read("artists.csv"), "artist,plays\nartist 99,200000\n");
  EXPECT_THAT(project.leftovers(), only_records());
}

// However a run ends, the next one adds the files that were not added yet, and no other.
TEST(KillTest, FilesAreAddedExactlyOnce) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  ProjectFolder project;
  project.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  added: {sql: 'SELECT user_id, artist FROM plays', write: append}
  counted: {sql: 'SELECT artist, count(*) AS plays FROM plays GROUP BY artist', write: {merge: artist}}
)");
  auto deliver = [&](int generation) { project.write(fmt::format("plays/{}.tsv", generation), plays(generation)); };
  deliver(0);
  auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(wait_for(start(project)), 0);
  auto whole = std::chrono::steady_clock::now() - begin;
  for (int generation = 1; generation <= kKills; ++generation) {
    deliver(generation);
    pid_t child = start(project);
    std::this_thread::sleep_for(std::chrono::duration_cast<std::chrono::microseconds>(whole) * (random() % 1000) /
                                1000);
    kill(child, SIGKILL);
    wait_for(child);
    lake::Lake lake(project.lake().string());
    lake::recover(lake);
    uint64_t rows = lake.find({"p", "added"})->rows.value();
    EXPECT_EQ(rows % 200'000, 0u);
    EXPECT_EQ(project.rows("counted").size(), rows / 200'000) << "both tables are made of the same files";
  }
  ASSERT_EQ(wait_for(start(project)), 0);
  EXPECT_EQ(lake::Lake(project.lake().string()).find({"p", "added"})->rows, 200'000u * (kKills + 1));
  std::vector<std::string> counted;
  for (int generation = 0; generation <= kKills; ++generation)
    counted.push_back(fmt::format("artist {}|200000", generation));
  EXPECT_THAT(project.rows("counted"), testing::UnorderedElementsAreArray(counted));
}

// Of a file that changes there are the old rows or the new ones, whenever a run ends.
TEST(KillTest, RowsOfAChangedFileAreReplacedOnce) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer follows no threads of a forked process";
#endif
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  ProjectFolder project;
  project.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
steps:
  added: {sql: 'SELECT user_id, artist FROM plays', write: append}
  artists: {sql: 'SELECT artist, count(*) AS plays FROM added GROUP BY artist'}
)");
  project.write("plays/stays.tsv", plays(1000));
  project.write("plays/changes.tsv", plays(0));
  ASSERT_EQ(wait_for(start(project)), 0);
  project.write("plays/changes.tsv", plays(1));
  auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(wait_for(start(project)), 0);
  auto whole = std::chrono::steady_clock::now() - begin;
  for (int generation = 2; generation <= kKills; ++generation) {
    project.write("plays/changes.tsv", plays(generation));
    pid_t child = start(project);
    std::this_thread::sleep_for(std::chrono::duration_cast<std::chrono::microseconds>(whole) * (random() % 1000) /
                                1000);
    kill(child, SIGKILL);
    wait_for(child);
    lake::Lake lake(project.lake().string());
    lake::recover(lake);
    std::vector<std::string> artists = project.rows("artists");
    ASSERT_EQ(artists.size(), 2u);
    EXPECT_THAT(artists, testing::Contains("artist 1000|200000"));
    EXPECT_THAT(artists, testing::Each(testing::EndsWith("|200000")));
    EXPECT_EQ(lake.find({"p", "added"})->rows, 400'000u);
  }
  ASSERT_EQ(wait_for(start(project)), 0);
  EXPECT_THAT(project.rows("artists"),
              testing::UnorderedElementsAre("artist 1000|200000", fmt::format("artist {}|200000", kKills)));
  EXPECT_THAT(project.leftovers(), only_records());
}

}  // namespace
}  // namespace segue::runs

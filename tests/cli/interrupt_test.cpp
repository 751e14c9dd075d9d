// Ctrl-C: a run ends within a second, as 130, and leaves every table as it was.
#include <chrono>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "cli/program.h"

namespace segue::cli {
namespace {

using Clock = std::chrono::steady_clock;
using testing::HasSubstr;

// Enough plays that a run takes some seconds.
void write_many_plays(const std::filesystem::path& path, size_t rows) {
  std::ofstream file(path, std::ios::binary);
  std::string line;
  for (size_t i = 0; i < rows; ++i) {
    line = "user_" + std::to_string(i / 20000) + "\t2009-05-04T23:" + std::to_string(10 + i / 60 % 50) + ":" +
           std::to_string(10 + i % 50) + "Z\t\tArtist " + std::to_string(i * 7919 % 100003) + "\t\tTrack " +
           std::to_string(i * 104729 % 1000003) + "\n";
    file << line;
  }
}

// What is instrumented is many times slower.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr double kSecond = 15.0;
#else
constexpr double kSecond = 1.0;
#endif

std::string tables(const Project& project) { return project.segue({"tables", "--json"}).out; }

// Interrupts a run after `delay` and returns its outcome and how long it took to end. A run that had ended before has
// code 0.
std::pair<Outcome, double> interrupted(const Project& project, std::chrono::milliseconds delay, int signal) {
  Child child({{"run", "lastfm", "--param", "plays=data/many.tsv", "--threads", "1"}, project.folder(), {}, {}});
  std::this_thread::sleep_for(delay);
  auto begin = Clock::now();
  child.send(signal);
  Outcome outcome = child.wait();
  return {outcome, std::chrono::duration<double>(Clock::now() - begin).count()};
}

TEST(Interrupt, EndsWithinASecondAndLeavesTablesAsTheyWere) {
  Project project;
  ASSERT_EQ(project.segue({"run", "lastfm", "--quiet"}).code, 0);
  std::string before = tables(project);
  write_many_plays(project.folder() / "data/many.tsv", 3'000'000);
  size_t stopped = 0;
  for (int delay : {100, 300, 600, 900}) {
    auto [outcome, seconds] = interrupted(project, std::chrono::milliseconds(delay), delay == 900 ? SIGTERM : SIGINT);
    if (outcome.code == 0) break;  // the machine was quicker than the signal
    ++stopped;
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_LT(seconds, kSecond) << "after " << delay << " ms";
    EXPECT_EQ(tables(project), before);
  }
  EXPECT_GT(stopped, 0u) << "no run was still at work when it was interrupted";
  auto newest = nlohmann::json::parse(project.segue({"runs", "--json", "--limit", "1"}).out)["runs"][0];
  EXPECT_EQ(newest["state"], "interrupted");
}

// Most of the rows come from inside a join, not from the source.
TEST(Interrupt, EndsAJoinThatGrowsWithoutEnd) {
  Project project;
  project.write("pipelines/cross/pipeline.yaml", R"(name: cross
sources:
  t: {path: $t, format: {type: delimited, delimiter: ",", quote: none, header: false}, columns: {n: integer}}
params:
  t: {type: path, default: data/t.csv}
steps:
  pairs: {sql: "SELECT count(*) AS n FROM t a, t b, t c, t d, t e, t f"}
)");
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += std::to_string(i) + "\n";
  project.write("data/t.csv", rows);
  Child child({{"run", "cross"}, project.folder(), {}, {}});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ASSERT_TRUE(child.running());
  auto begin = Clock::now();
  child.send(SIGINT);
  EXPECT_EQ(child.wait().code, 130);
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), kSecond);
}

TEST(Interrupt, AlsoEndsAQuery) {
  Project project;
  Child child({{"sql", "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 11"},
               project.folder(),
               {},
               {}});
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  ASSERT_TRUE(child.running());
  auto begin = Clock::now();
  child.send(SIGINT);
  Outcome outcome = child.wait();
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), kSecond);
  EXPECT_EQ(outcome.code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("stopped"));
}

}  // namespace
}  // namespace segue::cli

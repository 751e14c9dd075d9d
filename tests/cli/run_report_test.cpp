// What is told of a run at its end.
#include "cli/run_report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "runs/run.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

runs::RunResult published_without_export() {
  runs::RunResult run;
  run.id = "20261121-120501-4f2a9c";
  run.pipeline = "p";
  run.started_at = 1'000'000;
  run.ended_at = 3'000'000;
  run.rows_read = 4;
  run.bytes_read = 100;
  run.state = runs::RunState::kPublishedInPart;
  run.tables = {{"p.artists", 3, 10, 2048, 1}};
  run.steps = {{"artists", false, "native", "", 10, {}, 0, "", true, ""}};
  run.errors = {Error(ErrorCode::kIo, "the tables are published, but an export is not: cannot create /p/artists.csv")};
  return run;
}

TEST(RunReport, AMissingExportIsNotNothingPublished) {
  runs::RunResult run = published_without_export();
  Look look{.terminal = false, .color = false, .width = 120};
  EXPECT_THAT(next_step(run), Not(HasSubstr("nothing was published")));
  EXPECT_THAT(next_step(run), HasSubstr("run again"));
  std::string summary = run_summary(run, look);
  EXPECT_THAT(summary, HasSubstr("published in part"));
  EXPECT_THAT(summary, HasSubstr(", published in "));
  EXPECT_EQ(runs::exit_code(run), 1);
  EXPECT_EQ(to_json(run).at("state"), "published in part");
  EXPECT_EQ(to_json(run).at("tables").size(), 1u);
  EXPECT_THAT(to_json(run).at("errors").dump(), HasSubstr("artists.csv"));
}

TEST(RunReport, AnUnfinishedPublishSaysWhoCompletesIt) {
  runs::RunResult run = published_without_export();
  run.state = runs::RunState::kUnfinished;
  EXPECT_THAT(next_step(run), Not(HasSubstr("nothing was published")));
  EXPECT_THAT(next_step(run), HasSubstr("the next run of this pipeline completes it"));
}

TEST(RunReport, SaysWhatWasComputedAgainAndWhy) {
  runs::RunResult run = published_without_export();
  run.state = runs::RunState::kSucceeded;
  run.errors.clear();
  run.steps = {{"first", false, "native", "", 1, {}, 0, "", true, "there is no table yet"},
               {"a", false, "native", "", 1, {}, 0, "", true, "`plays` has changed: /plays.tsv"},
               {"b", false, "native", "", 1, {}, 0, "", true, "`plays` has changed: /plays.tsv"},
               {"kept", false, "native", "", 1, {}, 0, "", false, ""},
               {"grows", false, "native", "", 1, {}, 0, "no new files", false, ""},
               {"seen", true, "native", "", 0, {}, 0, "", true, ""}};
  std::string summary = run_summary(run, Look{.terminal = false, .color = false, .width = 120});
  EXPECT_THAT(summary, HasSubstr("\na, b: computed again, `plays` has changed: /plays.tsv\n"
                                 "kept: unchanged, not computed again\n"));
  EXPECT_THAT(summary, HasSubstr("\ngrows: no new files\n"));
  EXPECT_THAT(summary, Not(HasSubstr("first:")));
  nlohmann::ordered_json steps = to_json(run).at("steps");
  EXPECT_EQ(steps.at(1).at("why"), "`plays` has changed: /plays.tsv");
  EXPECT_EQ(steps.at(3).at("computed"), false);
}

}  // namespace
}  // namespace segue::cli

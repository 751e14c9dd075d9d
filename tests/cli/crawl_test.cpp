// segue crawl as its users call it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

using testing::HasSubstr;

class CrawlCommand : public testing::Test {
 protected:
  CrawlCommand() {
    project.write("data/ratings-1.csv", "user,rating,at\n1,3.5,2009-05-04\n2,4,2009-05-05\n");
    project.write("data/ratings-2.csv", "user,rating,at\n3,5,2009-05-06\n4,NA,2009-05-06\n");
    project.write("pipelines/p/pipeline.yaml", kPipeline);
  }
  std::string pipeline() const { return project.read("pipelines/p/pipeline.yaml"); }

  static constexpr const char* kPipeline =
      "# Ratings of films.\nname: p\nsources:\n  ratings:   # by users\n    path: data/ratings-*.csv\n"
      "    format: {type: delimited, delimiter: \",\", quote: '\"', header: true, null: [NA]}\n"
      "    columns: {user: integer, rating: double, at: date}\n\nsteps:\n  mean:\n    sql: SELECT avg(rating) AS mean "
      "FROM ratings\n";
  Project project;
};

TEST_F(CrawlCommand, ThePrintedSourceRuns) {
  Outcome crawled = project.segue({"crawl", "data/ratings-1.csv", "--name", "ratings", "-q"});
  EXPECT_EQ(crawled.code, 0);
  EXPECT_EQ(crawled.err, "");
  project.write("pipelines/q/pipeline.yaml",
                "name: q\n" + crawled.out + "steps:\n  rows: {sql: SELECT count(*) AS n FROM ratings}\n");
  EXPECT_EQ(project.segue({"run", "q"}).code, 0);
  EXPECT_THAT(project.segue({"sql", "SELECT n FROM q.rows", "--output", "csv"}).out, HasSubstr("2"));
}

TEST_F(CrawlCommand, NothingIsWrittenWhereNothingNeedsTo) {
  Outcome same = project.segue({"crawl", "--write", "p"});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("source ratings fits"));
  EXPECT_EQ(pipeline(), kPipeline);
}

TEST_F(CrawlCommand, AWiderTypeIsRefusedUntilItIsAccepted) {
  project.write("data/new.csv", "user,rating,at\n3000000000,1,2009-05-08\n");
  Outcome refused = project.segue({"crawl", "data/new.csv", "--name", "ratings", "--write", "p"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.out, HasSubstr("~ user: integer -> bigint"));
  EXPECT_THAT(refused.err, HasSubstr("data/new.csv:2"));
  EXPECT_THAT(refused.err, HasSubstr("--accept"));
  EXPECT_EQ(pipeline(), kPipeline);
  Outcome accepted = project.segue({"crawl", "data/new.csv", "--name", "ratings", "--write", "p", "--accept"});
  EXPECT_EQ(accepted.code, 0) << accepted.err;
  EXPECT_THAT(pipeline(), HasSubstr("columns: {user: bigint, rating: double, at: date}"));
  EXPECT_THAT(pipeline(), HasSubstr("  ratings:   # by users\n"));
}

TEST_F(CrawlCommand, JsonHoldsAllThatWasFound) {
  project.write("data/ratings-3.csv", "user,rating,at\nx,1,2009-05-08\n");
  Outcome outcome = project.segue({"crawl", "data", "--against", "p", "--json"});
  EXPECT_EQ(outcome.code, 1);
  auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["files"].get<int>() >= 3, true);
  nlohmann::json change;
  for (const auto& source : json["pipeline"]["sources"])
    if (source["name"] == "ratings") change = source["changes"][0];
  EXPECT_EQ(change["change"], "type");
  EXPECT_EQ(change["to"], "varchar");
  EXPECT_EQ(change["line"], 2);
  EXPECT_EQ(json["errors"].size(), 1u);
  bool found = false;
  for (const auto& source : json["sources"]) found |= source["name"] == "ratings" && source["columns"].size() == 3;
  EXPECT_TRUE(found);
}

TEST_F(CrawlCommand, WhatCannotBeIsSaid) {
  EXPECT_EQ(project.segue({"crawl"}).code, 2);
  EXPECT_EQ(project.segue({"crawl", "data", "--accept"}).code, 2);
  EXPECT_EQ(project.segue({"crawl", "data/none.csv"}).code, 1);
  EXPECT_EQ(project.segue({"crawl", "https://example.org/x.csv"}).code, 2);
  EXPECT_EQ(project.segue({"crawl", "data/ratings-1.csv", "--name", "Select"}).code, 2);
  EXPECT_EQ(project.segue({"crawl", "data", "--against", "none"}).code, 2);
  project.write("pipelines/p/pipeline.yaml", "name: p\nsources: {}\nsteps: {one: {sql: SELECT 1 AS one}}\n");
  EXPECT_EQ(project.segue({"crawl", "--against", "p"}).code, 2);
}

}  // namespace
}  // namespace segue::cli

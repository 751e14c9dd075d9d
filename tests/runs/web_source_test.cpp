// Sources that are files of the web: fetched by a run, read as files of this machine are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/project_folder.h"
#include "storage/web_server.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WebSource : public testing::Test {
 protected:
  void write_source(const std::string& name, const std::string& more = "") {
    project.write_pipeline("name: p\nsources:\n  plays:\n    path: " + server.url(name) +
                           "\n    format: {type: delimited, delimiter: \"\\t\", quote: none}\n"
                           "    columns: {name: varchar, n: integer}\n" +
                           more + "steps:\n  s: {sql: SELECT * FROM plays}\n");
  }
  ProjectFolder project;
  WebServer server;
};

TEST_F(WebSource, ARunFetchesIt) {
  server.serve("plays.tsv", "a\t1\nb\t2\n", {{"etag", "\"1\""}});
  write_source("plays.tsv");
  RunResult run = project.run();
  ASSERT_EQ(run.state, RunState::kSucceeded) << (run.errors.empty() ? "" : run.errors[0].message);
  EXPECT_EQ(run.bytes_read, 8u);
  EXPECT_THAT(project.rows("s"), ElementsAre("a|1", "b|2"));
  server.serve("plays.tsv", "c\t3\n", {{"etag", "\"2\""}});
  project.run();
  EXPECT_THAT(project.rows("s"), ElementsAre("c|3"));
}

TEST_F(WebSource, WithAChecksumTheServerIsNeededOnce) {
  server.serve("plays.tsv", "a\t1\n");
  write_source("plays.tsv", "    md5: 7D8B50CC7F8B7C57F0D2D9BD1B51F1A3\n");
  RunResult run = project.run();
  ASSERT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.errors[0].message, HasSubstr("source `plays`: http://127.0.0.1:"));
  EXPECT_THAT(run.errors[0].message, HasSubstr("has the MD5 "));
  EXPECT_THAT(run.errors[0].place.file, HasSubstr("pipeline.yaml"));
  EXPECT_EQ(run.errors[0].place.line, 7u);
  write_source("plays.tsv", "    md5: 68f291d66e14aa95e893a3b84fe9a184\n");
  ASSERT_EQ(project.run().state, RunState::kSucceeded);
  server.stop();
  ASSERT_EQ(project.run().state, RunState::kSucceeded);
}

TEST_F(WebSource, WhatIsNotThereIsLocatedInTheDefinition) {
  write_source("nothing.tsv");
  RunResult run = project.run();
  ASSERT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.errors[0].message, HasSubstr("nothing.tsv: the server answered 404"));
  EXPECT_EQ(run.errors[0].place.line, 4u);
}

}  // namespace
}  // namespace segue::runs

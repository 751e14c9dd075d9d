// A check that looks into another pipeline's table, whose column is in the names of its folders.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace segue::cli {
namespace {

TEST(Relationship, LooksIntoAPartitionedTable) {
  Project project;
  project.write("plays.tsv", "ann\t2008\nbob\t2009\n");
  const std::string source = R"(sources:
  plays:
    path: plays.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, year: integer}
steps:
)";
  project.write("pipelines/parts/pipeline.yaml",
                "name: parts\n" + source + "  by_year: {sql: SELECT * FROM plays, partition_by: year}\n");
  project.write("pipelines/other/pipeline.yaml", "name: other\n" + source + R"(  known:
    sql: SELECT year FROM plays
    checks: [{relationship: {column: year, to: parts.by_year, key: year}}]
  unknown:
    sql: SELECT year + 90 AS year FROM plays
    checks: [{relationship: {column: year, to: parts.by_year, key: year}, severity: warn}]
)");
  ASSERT_EQ(project.segue({"run", "parts", "--quiet"}).code, 0);
  for (const char* engine : {"native", "duckdb"}) {
    Outcome outcome = project.segue({"run", "other", "--json", "--engine", engine});
    ASSERT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    auto checks = nlohmann::json::parse(outcome.out)["checks"];
    ASSERT_EQ(checks.size(), 2);
    EXPECT_EQ(checks[0]["passed"], true) << engine;
    EXPECT_EQ(checks[1]["passed"], false) << engine;
    EXPECT_EQ(checks[1]["failing"], 2) << engine;
  }
}

}  // namespace
}  // namespace segue::cli

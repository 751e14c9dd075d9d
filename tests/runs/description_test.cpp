// Descriptions of tables and comments on columns, from the definition to whoever reads the table.
#include <filesystem>

#include <gmock/gmock.h>

#include "lake/delta_log.h"
#include "lake/lake.h"
#include "lake/maintenance.h"
#include "runs/project_folder.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using testing::Pair;

class DescriptionTest : public testing::Test {
 protected:
  DescriptionTest() { project_.write("plays/1.tsv", "u1\t2008\n"); }
  void write(const std::string& keys) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, year: integer}
steps:
  t: {sql: SELECT * FROM plays)" +
                            keys + "}\n");
  }
  lake::TableState run() {
    EXPECT_EQ(project_.run().state, RunState::kSucceeded);
    return lake_.find({"p", "t"}).value();
  }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
};

TEST_F(DescriptionTest, IsKeptWithTheTable) {
  write(R"(, description: 'All plays, "raw"', comments: {YEAR: when it was})");
  lake::TableState table = run();
  EXPECT_EQ(table.description, "All plays, \"raw\"");
  EXPECT_THAT(table.comments, ElementsAre(Pair("year", "when it was"))) << "as the table spells it";
  std::string entry = lake_.store().read("p/t/_delta_log/00000000000000000000.json").value();
  EXPECT_THAT(entry, HasSubstr(R"("description":"All plays, \"raw\"")")) << "where other readers of Delta look";
  EXPECT_THAT(entry, HasSubstr(R"(\"metadata\":{\"comment\":\"when it was\"})"));
  EXPECT_EQ(run().version, 0) << "nothing has changed";

  write(R"(, comments: {user_id: who})");
  table = run();
  EXPECT_EQ(table.version, 1);
  EXPECT_EQ(table.description, "");
  EXPECT_THAT(table.comments, ElementsAre(Pair("user_id", "who")));

  lake::rollback(lake_, table.name, 0, {});
  EXPECT_EQ(lake_.find(table.name)->description, "All plays, \"raw\"");
}

TEST_F(DescriptionTest, StaysPastCheckpointsAndBatches) {
  write(", write: append, description: all plays, comments: {year: when}");
  for (int batch = 1; batch <= 12; ++batch) {
    project_.write("plays/" + std::to_string(batch) + ".tsv", "u\t" + std::to_string(batch) + "\n");
    run();
  }
  std::filesystem::remove(project_.lake() / "p/t/_delta_log/00000000000000000000.json");  // the checkpoint tells
  EXPECT_EQ(lake_.find({"p", "t"})->description, "all plays");
  EXPECT_THAT(lake_.find({"p", "t"})->comments, ElementsAre(Pair("year", "when")));
}

TEST_F(DescriptionTest, OfAColumnThatIsNotThereIsAMistake) {
  write(", comments: {yaer: when it was}");
  EXPECT_THAT(project_.mistakes(), ElementsAre(HasSubstr("step `t` has no column `yaer`")));
}

}  // namespace
}  // namespace segue::runs

// Files of a table that appends that have changed under their names: just their rows are replaced, or all rows are made
// anew and the run says why.
#include <filesystem>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "lake/delta_log.h"
#include "lake/maintenance.h"
#include "lake/rewrite.h"
#include "runs/project_folder.h"
#include "runs/rewrite.h"

namespace segue::runs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string play(const std::string& user, const std::string& artist) {
  return fmt::format("{}\t2018-05-04T10:00:00Z\t{}\n", user, artist);
}

class ChangedFileTest : public testing::Test {
 protected:
  void write(const std::string& steps) {
    project_.write_pipeline(R"(name: p
sources:
  plays:
    path: plays/*.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {user_id: varchar, played_at: timestamp, artist: varchar}
    bad_rows: quarantine
  artists:
    path: artists.tsv
    format: {type: delimited, delimiter: "\t", quote: none, header: false}
    columns: {artist: varchar, country: varchar}
steps:
)" + steps);
  }
  void file(const std::string& name, const std::string& rows) { project_.write("plays/" + name, rows); }
  void remove(const std::string& name) { std::filesystem::remove(project_.path() / "plays" / name); }

  RunResult run(bool duckdb = false) {
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult result = project_.run(ask);
    std::string errors;
    for (const Error& error : result.errors) errors += error.message + "; ";
    EXPECT_EQ(result.state, RunState::kSucceeded) << errors;
    return result;
  }
  // What the run says of the files of a step.
  static std::string files_of(const RunResult& result, const std::string& step = "t") {
    for (const StepResult& each : result.steps)
      if (each.name == step) return each.files;
    return "no such step";
  }
  lake::TableState table(const std::string& step = "t") { return lake_.find({"p", step}).value(); }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
};

constexpr const char* kAppend = R"(  t: {sql: "SELECT user_id, artist FROM plays WHERE artist <> 'Muse'", write: append}
)";

TEST_F(ChangedFileTest, OnlyItsRowsAreReplaced) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake") + play("u2", "Muse") + play("u2", "Korn"));
  file("3.tsv", play("u3", "Abba"));
  run();
  file("2.tsv", play("u2", "new"));
  RunResult changed = run();
  EXPECT_EQ(files_of(changed), "1 of 3 files has changed: its 2 rows are replaced");
  EXPECT_EQ(changed.rows_read, 1u) << "the other files are not read again";
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|new", "u3|Abba"));
  EXPECT_EQ(table().rows, 3u);
  EXPECT_EQ(changed.steps[0].rows, 3u);
  EXPECT_EQ(files_of(run()), "no new files");
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(ChangedFileTest, DataFilesWithoutItsRowsStay) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  run();
  std::string first = table().files.at(0).path;
  file("2.tsv", play("u2", "Cake"));
  run();
  std::string second = table().files.at(1).path;
  file("2.tsv", play("u2", "new"));
  run();
  std::vector<std::string> paths;
  for (const lake::DataFile& each : table().files) paths.push_back(each.path);
  EXPECT_THAT(paths, Contains(first));
  EXPECT_THAT(paths, Not(Contains(second)));
}

TEST_F(ChangedFileTest, NobodySeesTheColumnThatTells) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  run();
  EXPECT_THAT(table().fields, ElementsAre(Field{"user_id", TypeId::kVarchar}, Field{"artist", TypeId::kVarchar}));
  lake::DataFile data = table().files.at(0);
  EXPECT_TRUE(data.tells_file());
  EXPECT_THAT(data.statistics, Not(HasSubstr("_file")));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
}

TEST_F(ChangedFileTest, NewAndChangedFilesComeTogether) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake"));
  run();
  file("1.tsv", play("u1", "new"));
  file("2.tsv", play("u2", "new"));
  file("3.tsv", play("u3", "new"));
  EXPECT_EQ(files_of(run()), "1 of 3 files is new; 2 of 3 files have changed: their 2 rows are replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|new", "u2|new", "u3|new"));
}

TEST_F(ChangedFileTest, FilesThatAreGoneKeepTheirRows) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake"));
  run();
  remove("1.tsv");
  file("2.tsv", play("u2", "new"));
  EXPECT_EQ(files_of(run()), "1 of 1 file has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|new"));
}

TEST_F(ChangedFileTest, CopiesAndContentsThatAreKnownCountOnce) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake"));
  run();
  file("1.tsv", play("u2", "Cake"));
  EXPECT_EQ(files_of(run()), "1 of 2 files has changed: its 1 row is replaced") << "by nothing: they are there";
  EXPECT_THAT(project_.rows("t"), ElementsAre("u2|Cake"));
  file("1.tsv", play("u3", "Cake"));
  EXPECT_EQ(files_of(run()), "1 of 2 files is new") << "what it was is in 2.tsv still";
  EXPECT_THAT(project_.rows("t"), ElementsAre("u2|Cake", "u3|Cake"));
  // Back to what it was, and a file that takes its name.
  file("1.tsv", play("u1", "Cake"));
  run();
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|Cake"));
  std::filesystem::rename(project_.path() / "plays/1.tsv", project_.path() / "plays/1.old.tsv");
  file("1.tsv", play("u4", "Cake"));
  EXPECT_EQ(files_of(run()), "1 of 3 files is new");
  file("1.old.tsv", play("u1", "Korn"));
  EXPECT_EQ(files_of(run()), "1 of 3 files has changed: its 1 row is replaced") << "by the name that it has now";
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Korn", "u2|Cake", "u4|Cake"));
}

TEST_F(ChangedFileTest, ACopyThatIsGoneKeepsItsRows) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u1", "Cake"));
  run();
  remove("1.tsv");
  file("2.tsv", play("u2", "Cake"));
  RunResult failed = project_.run();
  ASSERT_EQ(failed.errors.size(), 1u);
  EXPECT_THAT(failed.errors[0].message, HasSubstr("2.tsv has changed), and 1 file that they were made of is gone: "));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
}

TEST_F(ChangedFileTest, DeletedAndGatheredRowsStayAsTheyAre) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake") + play("u1", "Korn"));
  run();
  file("2.tsv", play("u2", "Cake") + play("u2", "Korn"));
  run();
  Cancellation cancellation;
  RewriteOptions how{2, 0, &cancellation};
  {
    lake::Rewrite rewrite(lake_, {"p", "t"}, {});
    Rewritten kept = delete_rows(rewrite.table(), "user_id = 'u1' AND artist = 'Korn'", how);
    rewrite.replace(kept.files, kept.rows, "DELETE", 1, kept.tells_file);
  }
  {
    lake::Rewrite rewrite(lake_, {"p", "t"}, {});
    Rewritten gathered = gather_rows(rewrite.table(), small_files(rewrite.table()), how);
    rewrite.replace(gathered.files, gathered.rows, "OPTIMIZE", 1, gathered.tells_file);
  }
  ASSERT_EQ(table().files.size(), 1u);
  file("2.tsv", play("u2", "new") + play("u2", "Korn"));
  EXPECT_EQ(files_of(run()), "1 of 2 files has changed: its 2 rows are replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|Korn", "u2|new"))
      << "what was deleted of the other file does not come back";
}

TEST_F(ChangedFileTest, AVersionThatIsBroughtBackIsGoneOnFrom) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake"));
  run();
  file("2.tsv", play("u2", "new"));
  run();
  lake::rollback(lake_, {"p", "t"}, 0, {});
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|Cake"));
  EXPECT_EQ(files_of(run()), "1 of 2 files has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|new"));
}

TEST_F(ChangedFileTest, PartitionsAndWhatReadsTheTable) {
  write(R"(  t: {sql: "SELECT user_id, artist FROM plays", write: append, partition_by: artist,
      checks: [{unique: [user_id, artist]}], export: {format: csv, path: t.csv}}
  upper: {sql: "SELECT upper(artist) AS artist FROM t", write: append}
  counts: {sql: "SELECT artist, count(*) AS n FROM t GROUP BY artist"}
)");
  file("1.tsv", play("u1", "Cake") + play("u1", "Korn"));
  file("2.tsv", play("u2", "Cake") + play("u2", "Abba"));
  run();
  file("2.tsv", play("u2", "Korn"));
  RunResult changed = run();
  EXPECT_EQ(files_of(changed, "upper"), "1 of 2 files has changed: its 2 rows are replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u1|Korn", "u2|Korn"));
  EXPECT_THAT(project_.rows("upper"), ElementsAre("CAKE", "KORN", "KORN"));
  EXPECT_THAT(project_.rows("counts"), ElementsAre("Cake|1", "Korn|2"));
  EXPECT_EQ(project_.read("t.csv"), "user_id,artist\nu1,Korn\nu1,Cake\nu2,Korn\n");
  EXPECT_THAT(table().files, testing::SizeIs(3)) << "one of Cake and two of Korn: nobody plays Abba any more";
}

TEST_F(ChangedFileTest, ItsBadRowsLeaveTheQuarantine) {
  write("  t: {sql: \"SELECT user_id, played_at FROM plays\", write: append}\n");
  file("1.tsv", play("u1", "Cake") + "u1\tyesterday\tCake\n");
  file("2.tsv", play("u2", "Cake") + "u2\ttomorrow\tCake\nu2\tsoon\tCake\n");
  run();
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(3));
  file("2.tsv", play("u2", "Cake") + "u2\tnever\tCake\n");
  run();
  std::vector<std::string> bad = project_.rows("quarantine");
  EXPECT_THAT(bad, testing::UnorderedElementsAre(HasSubstr("yesterday"), HasSubstr("never")));
  file("2.tsv", play("u1", "Cake") + "u1\tyesterday\tCake\n");
  EXPECT_EQ(files_of(run()), "1 of 2 files has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("quarantine"), ElementsAre(HasSubstr("yesterday")));
}

TEST_F(ChangedFileTest, RowsThatChecksHoldBackMakeAllRowsAnew) {
  write(R"(  t:
    sql: SELECT user_id, artist FROM plays
    write: append
    checks: [{accepted_values: {column: artist, values: [Cake, Korn]}, severity: quarantine}]
)");
  file("1.tsv", play("u1", "Cake"));
  file("2.tsv", play("u2", "Cake"));
  run();
  file("2.tsv", play("u2", "Korn") + play("u2", "Muse"));
  EXPECT_EQ(files_of(run()), "1 of 2 files has changed: its 1 row is replaced");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|Korn"));
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(1));
  file("2.tsv", play("u2", "Cake"));
  EXPECT_THAT(files_of(run()), HasSubstr("2.tsv has changed, and the rows in quarantine that checks hold back do not "
                                         "say which file they are from"));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u2|Cake"));
  EXPECT_THAT(project_.rows("quarantine"), IsEmpty());
}

TEST_F(ChangedFileTest, RowsThatDoNotTellAreMadeAnew) {
  write(kAppend);
  file("1.tsv", play("u1", "Cake"));
  run(true);
  file("1.tsv", play("u1", "Korn"));
  EXPECT_THAT(files_of(run(true)), HasSubstr("1.tsv has changed, and DuckDB computes the step"));
  file("1.tsv", play("u1", "Abba"));
  EXPECT_THAT(files_of(run()), HasSubstr("1.tsv has changed, and the rows of the table do not all say"));
  file("1.tsv", play("u1", "Cake"));
  EXPECT_EQ(files_of(run()), "1 of 1 file has changed: its 1 row is replaced") << "from now on they do";
  // A column of that name is the step's own.
  write("  t: {sql: \"SELECT user_id AS _file FROM plays\", write: append, schema: {changes: any}}\n");
  run();
  file("1.tsv", play("u2", "Cake"));
  EXPECT_THAT(files_of(run()), HasSubstr("all 1 file: "));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u2"));
}

TEST_F(ChangedFileTest, MergedTablesAreMadeAnew) {
  write("  t: {sql: \"SELECT artist, count(*) AS n FROM plays GROUP BY artist\", write: {merge: artist}}\n");
  file("1.tsv", play("u1", "Cake") + play("u2", "Cake"));
  run();
  file("1.tsv", play("u1", "Cake"));
  EXPECT_THAT(files_of(run()), testing::AllOf(HasSubstr("all 1 file: "), testing::EndsWith("1.tsv has changed")));
  EXPECT_THAT(project_.rows("t"), ElementsAre("Cake|1"));
}

// Whatever a step does row by row, each row knows its file: after any files changed, the table is what all files give.
TEST_F(ChangedFileTest, ChangedFilesGiveWhatAllFilesGive) {
  const char* kQueries[] = {
      "SELECT user_id, artist FROM plays WHERE artist LIKE '%a%'",
      "SELECT * FROM plays",
      "SELECT upper(artist) AS a, unnest([user_id, artist]) AS x FROM plays",
      "SELECT p.user_id, a.country FROM plays p LEFT JOIN artists a USING (artist)",
      "SELECT p.user_id, a.country FROM artists a JOIN plays p ON a.artist = p.artist AND a.country <> p.user_id",
      "SELECT p.user_id, a.country FROM (SELECT user_id, upper(artist) AS artist FROM plays) p "
      "LEFT JOIN artists a ON upper(a.artist) = p.artist AND a.country > p.user_id",
      "SELECT user_id FROM plays WHERE artist IN (SELECT artist FROM artists)",
      "SELECT user_id FROM plays WHERE artist NOT IN (SELECT artist FROM artists WHERE artist IS NOT NULL)",
      "SELECT user_id, artist IN (SELECT artist FROM artists) AS known FROM plays",
      "SELECT artist FROM plays UNION ALL SELECT user_id FROM plays ORDER BY 1",
      "WITH late AS (SELECT * FROM plays WHERE user_id > 'u1') SELECT x FROM (SELECT unnest([user_id, artist]) AS x, "
      "played_at FROM late) WHERE x <> 'Muse' ORDER BY played_at",
  };
  project_.write("artists.tsv", "Cake\tUS\nKorn\tUS\nAbba\tSE\n");
  std::mt19937 random(7);
  const char* kArtists[] = {"Cake", "Korn", "Abba", "Muse", ""};
  auto some_plays = [&] {
    std::string text;
    for (size_t i = 0, rows = 1 + random() % 4; i < rows; ++i)
      text += play(fmt::format("u{}", random() % 5), kArtists[random() % 5]);
    return text;
  };
  for (const char* query : kQueries) {
    write(fmt::format("  t: {{sql: \"{}\", write: {{append, from: plays}}}}\n", query));
    std::filesystem::remove_all(project_.lake());
    std::filesystem::remove_all(project_.path() / "plays");
    for (int i = 0; i < 4; ++i) file(fmt::format("{}.tsv", i), some_plays() + play(fmt::format("only {}", i), "Abba"));
    run();
    for (int round = 0; round < 3; ++round) {
      size_t which = random() % 4;
      file(fmt::format("{}.tsv", which), some_plays() + play(fmt::format("only {} {}", which, round), "Korn"));
      if (round == 1) file("more.tsv", some_plays() + play("more", "Cake"));
      EXPECT_THAT(files_of(run()), HasSubstr("has changed: its ")) << query;
    }
    std::vector<std::string> replaced = project_.rows("t");
    ProjectFolder::Ask full;
    full.full = true;
    ASSERT_EQ(project_.run(full).state, RunState::kSucceeded) << query;
    EXPECT_EQ(replaced, project_.rows("t")) << query;
    EXPECT_THAT(replaced, Not(IsEmpty())) << query;
  }
}

// Files come, change, are copied, renamed and come back, in any order: each content that a name has is there once.
TEST_F(ChangedFileTest, NothingIsLostAndNothingIsTwice) {
  auto seed = static_cast<uint32_t>(std::random_device()());
  std::cout << "seed " << seed << '\n';
  std::mt19937 random(seed);
  write("  t: {sql: \"SELECT user_id FROM plays\", write: append}\n");
  std::map<std::string, int> files;  // name -> content
  int contents = 0;
  auto put = [&](const std::string& name, int content) {
    files[name] = content;
    file(name, play(fmt::format("c{}a", content), "x") + play(fmt::format("c{}b", content), "x"));
  };
  put("0.tsv", contents++);
  for (int round = 0; round < 25; ++round) {
    for (size_t i = 0, steps = 1 + random() % 3; i < steps; ++i) {
      std::string name = fmt::format("{}.tsv", random() % 6);
      auto other = std::next(files.begin(), static_cast<ptrdiff_t>(random() % files.size()));
      switch (random() % 3) {
        case 0: put(name, contents++); break;
        case 1: put(name, other->second); break;
        default: put(name, static_cast<int>(random() % static_cast<unsigned>(contents))); break;
      }
    }
    run();
    std::set<std::string> expected;
    for (const auto& [name, content] : files) {
      expected.insert(fmt::format("c{}a", content));
      expected.insert(fmt::format("c{}b", content));
    }
    ASSERT_THAT(project_.rows("t"), testing::ElementsAreArray(expected)) << "round " << round;
  }
}

}  // namespace
}  // namespace segue::runs

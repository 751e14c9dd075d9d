// Steps that append or merge: which may, and what their tables hold after files came, changed, were copied and went.
#include <chrono>
#include <filesystem>

#include <gmock/gmock.h>

#include "base/error.h"
#include "lake/maintenance.h"
#include "runs/prepare.h"
#include "runs/project_folder.h"
#include "runs/run.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class IncrementTest : public testing::Test {
 protected:
  static std::string pipeline(const std::string& steps) {
    return R"(name: p
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
)" + steps;
  }
  void write(const std::string& steps) { project_.write_pipeline(pipeline(steps)); }
  void file(const std::string& name, const std::string& rows) { project_.write("plays/" + name, rows); }

  std::vector<std::string> mistakes(const std::string& steps) {
    write(steps);
    return project_.mistakes();
  }
  RunResult run(bool full = false) {
    ProjectFolder::Ask ask;
    ask.full = full;
    RunResult result = project_.run(ask);
    std::string errors;
    for (const Error& error : result.errors) errors += error.message + "; ";
    EXPECT_EQ(result.state, RunState::kSucceeded) << errors;
    return result;
  }
  // What the run says of the files of a step.
  static std::string files_of(const RunResult& result, const std::string& step) {
    for (const StepResult& each : result.steps)
      if (each.name == step) return each.files;
    return "no such step";
  }
  int64_t version(const std::string& step) { return lake_.find({"p", step}).value().version; }

  ProjectFolder project_;
  lake::Lake lake_{project_.lake().string()};
};

constexpr const char* kAppend = R"(  t: {sql: "SELECT user_id, artist FROM plays WHERE artist <> 'Muse'", write: append}
)";

TEST_F(IncrementTest, OnlyNewFilesAreRead) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\nu2\t2018-05-04T10:00:00Z\tMuse\n");
  RunResult first = run();
  EXPECT_EQ(files_of(first, "t"), "all 1 file: there is no table yet");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));

  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  RunResult second = run();
  EXPECT_EQ(files_of(second, "t"), "1 of 2 files is new");
  EXPECT_EQ(second.rows_read, 1u);
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u3|Korn"));
  EXPECT_EQ(lake_.find({"p", "t"})->files.size(), 2u) << "the first file's rows stay where they are";

  RunResult third = run();
  EXPECT_EQ(files_of(third, "t"), "no new files");
  EXPECT_EQ(third.rows_read, 0u);
  EXPECT_THAT(third.tables, IsEmpty()) << "nothing new, no new version";
  EXPECT_EQ(version("t"), 1);
  EXPECT_THAT(project_.leftovers(), IsEmpty());
}

TEST_F(IncrementTest, CopiesAndTouchedFilesAddNothing) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  file("copy of 1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
  file("delivered again.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  std::filesystem::last_write_time(project_.path() / "plays" / "1.tsv",
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(files_of(run(), "t"), "no new files");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
}

TEST_F(IncrementTest, RowsOfFilesThatWereTakenAwayStay) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  std::filesystem::remove(project_.path() / "plays" / "1.tsv");
  run();
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u3|Korn"));
  // Brought back, it is known still.
  file("1 again.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  EXPECT_EQ(files_of(run(), "t"), "no new files");
}

TEST_F(IncrementTest, ADefinitionThatChangedMakesAllRowsAnew) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\nu2\t2018-05-04T10:00:00Z\tMuse\n");
  run();
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  write("  t: {sql: \"SELECT user_id || '!' AS user_id, artist FROM plays\", write: append}\n");
  EXPECT_EQ(files_of(run(), "t"), "all 2 files: the definition has changed");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1!|Cake", "u2!|Muse", "u3!|Korn"));
}

TEST_F(IncrementTest, NothingIsLostWhenRowsCannotBeMadeAnew) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  run();
  std::filesystem::remove(project_.path() / "plays" / "1.tsv");
  write("  t: {sql: \"SELECT user_id, lower(artist) AS artist FROM plays\", write: append}\n");
  RunResult failed = project_.run();
  EXPECT_EQ(failed.state, RunState::kFailed);
  ASSERT_EQ(failed.errors.size(), 1u);
  EXPECT_THAT(failed.errors[0].message, HasSubstr("the rows of `t` must be made anew (the definition has changed), and "
                                                  "1 file that they were made of is gone: "));
  EXPECT_EQ(failed.errors[0].place.line, 13u);
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u3|Korn"));
  EXPECT_EQ(files_of(run(true), "t"), "all 1 file: asked for");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u3|korn"));
}

TEST_F(IncrementTest, ATableThatIsJoinedAndChangesMakesAllRowsAnew) {
  project_.write("artists.tsv", "Cake\tUS\nKorn\tUS\n");
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  write("  t: {sql: \"SELECT user_id, country FROM plays LEFT JOIN artists USING (artist)\", write: append}\n");
  run();
  file("2.tsv", "u2\t2018-05-04T10:00:00Z\tKorn\n");
  EXPECT_EQ(files_of(run(), "t"), "1 of 2 files is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|US", "u2|US"));
  project_.write("artists.tsv", "Cake\tUSA\nKorn\tUS\n");
  EXPECT_EQ(files_of(run(), "t"), "all 2 files: `artists` has changed");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|USA", "u2|US"));
}

TEST_F(IncrementTest, OtherStepsAndChecksSeeTheWholeTable) {
  write(R"(  t:
    sql: SELECT user_id, artist FROM plays
    write: append
    checks:
      - row_count: {max: 3}
      - unique: [user_id, artist]
    export: {format: csv, path: t.csv}
  counts: {sql: "SELECT artist, count(*) AS n FROM t GROUP BY artist"}
  users: {sql: "SELECT DISTINCT user_id FROM plays"}
)");
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  file("2.tsv", "u2\t2018-05-04T10:00:00Z\tCake\nu1\t2018-05-04T10:00:00Z\tKorn\n");
  RunResult second = run();
  EXPECT_THAT(project_.rows("counts"), ElementsAre("Cake|2", "Korn|1"));
  EXPECT_THAT(project_.rows("users"), ElementsAre("u1", "u2"));
  EXPECT_EQ(second.checks[0].rows, 3u);
  EXPECT_EQ(project_.read("t.csv"), "user_id,artist\nu1,Cake\nu2,Cake\nu1,Korn\n");
  // A third file breaks both checks, so nothing of it is seen.
  file("3.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n\t\tKorn\n");
  file("4.tsv", "u1\t2018-05-04T11:00:00Z\tCake\n");
  RunResult third = project_.run();
  EXPECT_EQ(third.state, RunState::kChecksFailed);
  ASSERT_FALSE(third.checks[1].passed);
  EXPECT_THAT(third.checks[1].samples, ElementsAre(ElementsAre("u1", "Cake", "3")));
  EXPECT_THAT(project_.rows("t"), testing::SizeIs(3));
  EXPECT_EQ(version("t"), 1);
  // The files are new still.
  std::filesystem::remove(project_.path() / "plays" / "3.tsv");
  std::filesystem::remove(project_.path() / "plays" / "4.tsv");
  file("5.tsv", "");
  EXPECT_EQ(files_of(run(), "t"), "1 of 3 files is new");
}

TEST_F(IncrementTest, AppendedStepsCanReadEachOther) {
  write(
      R"(  late: {sql: "SELECT *, year(played_at) AS year FROM plays WHERE played_at >= DATE '2019-01-01'", materialize: view}
  first: {sql: "SELECT user_id, artist, year FROM late", write: append, partition_by: year}
  second: {sql: SELECT upper(artist) AS artist FROM first, write: append}
)");
  file("1.tsv", "u1\t2019-05-04T10:00:00Z\tCake\nu2\t2018-05-04T10:00:00Z\tMuse\n");
  run();
  file("2.tsv", "u2\t2020-05-04T10:00:00Z\tKorn\n");
  RunResult result = run();
  EXPECT_EQ(result.rows_read, 1u) << "both in one pass";
  EXPECT_THAT(project_.rows("first"), ElementsAre("u1|Cake|2019", "u2|Korn|2020"));
  EXPECT_THAT(project_.rows("second"), ElementsAre("CAKE", "KORN"));
}

TEST_F(IncrementTest, TheLatestRowOfEachKeyStays) {
  write(R"(  t: {sql: "SELECT user_id, artist, played_at FROM plays WHERE user_id IS NOT NULL",
      write: {merge: [user_id], latest_by: played_at}}
)");
  file("1.tsv",
       "u1\t2018-05-04T10:00:00Z\tCake\nu1\t2018-05-04T11:00:00Z\tMuse\n"
       "u2\t2018-05-04T10:00:00Z\tKorn\nu4\t2018-01-01T10:00:00Z\tKorn\n");
  run();
  EXPECT_THAT(project_.rows("t"),
              ElementsAre("u1|Muse|2018-05-04 11:00:00", "u2|Korn|2018-05-04 10:00:00", "u4|Korn|2018-01-01 10:00:00"));
  file("late.tsv",
       "u1\t2018-05-04T10:30:00Z\tlate\nu2\t2018-05-05T10:00:00Z\tnewer\nu3\t2018-05-05T10:00:00Z\tnew\n"
       "u4\t2018-01-01T10:00:00Z\tAbba\n");
  EXPECT_EQ(files_of(run(), "t"), "1 of 2 files is new");
  std::vector<std::string> merged = project_.rows("t");
  EXPECT_THAT(merged, ElementsAre("u1|Muse|2018-05-04 11:00:00", "u2|newer|2018-05-05 10:00:00",
                                  "u3|new|2018-05-05 10:00:00", "u4|Korn|2018-01-01 10:00:00"))
      << "a late row changes nothing, and which of two equally late rows came first does not count";
  run(true);
  EXPECT_EQ(project_.rows("t"), merged) << "as if all had come at once";
}

TEST_F(IncrementTest, GroupsAreCombined) {
  write(R"(  t:
    sql: |
      SELECT user_id, count(*) AS plays, sum(length(artist)) AS letters, min(played_at) AS first,
             max(artist) AS last, bool_or(artist = 'Korn') AS korn
      FROM plays GROUP BY user_id
    write: {merge: [user_id]}
)");
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\nu1\t2018-05-04T11:00:00Z\tMuse\nu2\t2018-05-04T10:00:00Z\tAbba\n");
  run();
  file("2.tsv", "u1\t2017-05-04T10:00:00Z\tKorn\nu3\t2018-05-04T10:00:00Z\tAbba\n");
  run();
  std::vector<std::string> combined = project_.rows("t");
  EXPECT_THAT(combined, ElementsAre("u1|3|12|2017-05-04 10:00:00|Muse|true", "u2|1|4|2018-05-04 10:00:00|Abba|false",
                                    "u3|1|4|2018-05-04 10:00:00|Abba|false"));
  run(true);
  EXPECT_EQ(project_.rows("t"), combined);
}

TEST_F(IncrementTest, AKeyMustNotBeNull) {
  write("  t: {sql: 'SELECT user_id, played_at FROM plays', write: {merge: user_id, latest_by: played_at}}\n");
  file("1.tsv", "\t2018-05-04T10:00:00Z\tCake\n");
  RunResult failed = project_.run();
  EXPECT_EQ(failed.state, RunState::kFailed);
  ASSERT_EQ(failed.errors.size(), 1u);
  EXPECT_EQ(failed.errors[0].message, "step `t`: 1 new row has no `user_id`, by which rows are merged");
  EXPECT_EQ(failed.errors[0].hint, "leave such rows out: WHERE user_id IS NOT NULL");
  EXPECT_EQ(failed.errors[0].place.line, 13u);
}

TEST_F(IncrementTest, BadRowsOfEarlierFilesStayInQuarantine) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\nu2\tyesterday\tMuse\n");
  write("  t: {sql: \"SELECT user_id, played_at FROM plays\", write: append}\n");
  run();
  file("2.tsv", "u2\ttomorrow\tMuse\n");
  run();
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(2));
  run();
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(2));
  run(true);
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(2));
}

TEST_F(IncrementTest, RowsThatAreHeldBackStayInQuarantine) {
  write(R"(  t:
    sql: SELECT user_id, artist FROM plays
    write: append
    checks:
      - accepted_values: {column: artist, values: [Cake, Korn]}
        severity: quarantine
      - row_count: {min: 1}
)");
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\nu2\t2018-05-04T10:00:00Z\tMuse\n");
  EXPECT_EQ(run().checks.size(), 2u);
  RunResult nothing_new = run();
  ASSERT_EQ(nothing_new.checks.size(), 1u) << "no row was looked at that could be held back";
  EXPECT_EQ(nothing_new.checks[0].kind, "row_count");
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(1));
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tAbba\nu4\t2018-05-05T10:00:00Z\tKorn\n");
  run();
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(2));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u4|Korn"));
  run(true);
  EXPECT_THAT(project_.rows("quarantine"), testing::SizeIs(2));
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u4|Korn"));
}

TEST_F(IncrementTest, AVersionThatIsBroughtBackLacksItsLaterFiles) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  run();
  lake::rollback(lake_, {"p", "t"}, 0, {});
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
  EXPECT_EQ(files_of(run(), "t"), "1 of 2 files is new");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake", "u3|Korn"));
}

TEST_F(IncrementTest, VacuumRemovesRecordsOfVersionsThatAreGone) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  file("2.tsv", "u3\t2018-05-05T10:00:00Z\tKorn\n");
  run();
  auto batch = [&](int number) {
    return project_.path() / ("lake/p/t/_segue/batches/0000000000000000000" + std::to_string(number) + ".json");
  };
  auto vacuum = [&] {
    for (int number = 1; number <= 3; ++number)
      if (std::filesystem::exists(batch(number)))
        std::filesystem::last_write_time(batch(number),
                                         std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
    lake::vacuum(lake_, {{"p", "t"}}, 0, false, {});
  };
  vacuum();
  EXPECT_TRUE(std::filesystem::exists(batch(1))) << "version 0 can be read still: its file is part of version 1";
  run(true);
  vacuum();
  EXPECT_FALSE(std::filesystem::exists(batch(1)));
  EXPECT_FALSE(std::filesystem::exists(batch(2)));
  EXPECT_EQ(files_of(run(), "t"), "no new files");
}

TEST_F(IncrementTest, ADamagedRecordIsToldAndFullMakesTheTableAnew) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  std::string record = "lake/p/t/_segue/batches/00000000000000000001.json";
  std::string whole = project_.read(record);
  for (const std::string& damaged : {whole.substr(0, whole.size() / 2), std::string("[]"), std::string()}) {
    project_.write(record, damaged);
    RunResult failed = project_.run();
    EXPECT_EQ(failed.state, RunState::kFailed);
    ASSERT_EQ(failed.errors.size(), 1u);
    EXPECT_THAT(failed.errors[0].message, HasSubstr("the record of batch 1 of p.t is damaged"));
    EXPECT_EQ(failed.errors[0].hint, "`segue run --full` builds the table anew");
  }
  std::filesystem::remove(project_.path() / record);
  EXPECT_THAT(project_.run().errors.at(0).message, HasSubstr("is gone, which says what p.t was made of"));
  run(true);
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
  EXPECT_EQ(files_of(run(), "t"), "no new files");
}

TEST_F(IncrementTest, ATableThatWasReplacedIsMadeAnew) {
  write(kAppend);
  file("1.tsv", "u1\t2018-05-04T10:00:00Z\tCake\n");
  run();
  write("  t: {sql: \"SELECT user_id, artist FROM plays LIMIT 0\"}\n");
  run();
  EXPECT_THAT(project_.rows("t"), IsEmpty());
  write(kAppend);
  EXPECT_EQ(files_of(run(), "t"), "all 1 file: the table was not made of batches");
  EXPECT_THAT(project_.rows("t"), ElementsAre("u1|Cake"));
}

TEST_F(IncrementTest, WhatCannotGrowIsRefusedWithTheReason) {
  EXPECT_THAT(mistakes("  t: {sql: SELECT DISTINCT artist FROM plays, write: append}\n"),
              ElementsAre("13:47 step `t` cannot append rows of new files: it groups rows (GROUP BY, DISTINCT or an "
                          "aggregate)"));
  EXPECT_THAT(mistakes("  t: {sql: SELECT artist FROM plays ORDER BY artist LIMIT 3, write: append}\n"),
              ElementsAre(HasSubstr("it takes the first of all rows (LIMIT)")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT row_number() OVER (ORDER BY played_at) AS n FROM plays', write: append}\n"),
              ElementsAre(HasSubstr("it has a window (OVER)")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT a.artist FROM plays a JOIN plays b USING (user_id), write: append}\n"),
              ElementsAre(HasSubstr("it joins rows of `plays` with other rows of it")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT artist FROM plays UNION ALL SELECT country FROM artists, write: append}\n"),
              ElementsAre(HasSubstr("it adds rows that are not of `artists` (UNION)")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT country FROM plays JOIN artists USING (artist), write: append}\n"),
              ElementsAre(HasSubstr("could grow with new files of artists or plays")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT country FROM plays JOIN artists USING (artist), "
                       "write: {append, from: plays}}\n"),
              IsEmpty());
  EXPECT_THAT(mistakes("  t: {sql: SELECT artist FROM plays, write: {append, from: play}}\n"),
              ElementsAre(HasSubstr("step `t` reads no source `play`")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT artist FROM plays, write: {merge: artst, latest_by: artist}}\n"),
              ElementsAre(HasSubstr("step `t` has no column `artst`")));
  EXPECT_THAT(mistakes("  t: {sql: SELECT artist FROM plays, write: {merge: artist}}\n"),
              ElementsAre(HasSubstr("it is no GROUP BY")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT artist, avg(length(user_id)) AS a FROM plays GROUP BY artist', "
                       "write: {merge: artist}}\n"),
              ElementsAre(HasSubstr("`a` of old and new rows does not follow from both (avg)")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT artist, count(DISTINCT user_id) AS a FROM plays GROUP BY artist', "
                       "write: {merge: artist}}\n"),
              ElementsAre(HasSubstr("`a` of old and new rows does not follow from both (count of distinct values)")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT played_at::DATE AS d, count(*) AS n FROM plays GROUP BY played_at', "
                       "write: {merge: d}}\n"),
              ElementsAre(HasSubstr("`d` is computed from what is grouped")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT artist, count(*) AS n FROM plays GROUP BY ALL HAVING n > 1', "
                       "write: {merge: artist}}\n"),
              ElementsAre(HasSubstr("HAVING")));
  EXPECT_THAT(mistakes("  t: {sql: 'SELECT artist, count(*) AS n FROM plays GROUP BY ALL', write: {merge: artist}}\n"
                       "  u: {sql: SELECT t.n FROM plays JOIN t USING (artist), write: {append, from: plays}}\n"),
              ElementsAre(HasSubstr("it joins rows of `plays` with other rows of it")));
}

// Whatever a step does row by row: files that come one after the other give what all at once do, whichever engine runs.
TEST_F(IncrementTest, BatchesGiveWhatAllFilesGive) {
  const char* kQueries[] = {
      "SELECT user_id, artist FROM plays WHERE artist LIKE '%a%'",
      "SELECT upper(artist) AS a, unnest([user_id, artist]) AS x FROM plays",
      "SELECT p.user_id, a.country FROM plays p LEFT JOIN artists a USING (artist)",
      "SELECT user_id FROM plays WHERE artist IN (SELECT artist FROM artists)",
      "SELECT user_id FROM plays WHERE artist NOT IN (SELECT artist FROM artists WHERE artist IS NOT NULL)",
      "SELECT artist FROM plays UNION ALL SELECT user_id FROM plays ORDER BY 1",
      "WITH late AS (SELECT * FROM plays WHERE played_at > DATE '2018-06-01') SELECT count(*) AS n, country FROM late "
      "JOIN "
      "artists USING (artist) GROUP BY country",
  };
  project_.write("artists.tsv", "Cake\tUS\nKorn\tUS\nAbba\tSE\n");
  for (const char* query : kQueries) {
    for (bool duckdb : {false, true}) {
      bool groups = std::string(query).find("GROUP BY") != std::string::npos;
      write(std::string("  t: {sql: \"") + query +
            "\", write: " + (groups ? "{merge: country, from: plays}" : "{append, from: plays}") + "}\n");
      std::filesystem::remove_all(project_.lake());
      std::filesystem::remove_all(project_.path() / "plays");
      ProjectFolder::Ask ask;
      ask.duckdb = duckdb;
      std::vector<std::string> artists{"Cake", "Korn", "Abba", "Muse", "", "Cake"};
      for (int i = 0; i < 6; ++i) {
        std::string month = std::to_string(i % 3 + 5);
        file(std::to_string(i) + ".tsv", "u" + std::to_string(i % 4) + "\t2018-0" + month + "-04T10:00:00Z\t" +
                                             artists[static_cast<size_t>(i)] + "\nu9\t2018-06-04T10:00:00Z\tAbba\n");
        ASSERT_EQ(project_.run(ask).state, RunState::kSucceeded) << query;
      }
      std::vector<std::string> batches = project_.rows("t");
      ask.full = true;
      ASSERT_EQ(project_.run(ask).state, RunState::kSucceeded) << query;
      EXPECT_EQ(batches, project_.rows("t")) << query;
      EXPECT_THAT(batches, testing::Not(IsEmpty())) << query;
    }
  }
}

}  // namespace
}  // namespace segue::runs

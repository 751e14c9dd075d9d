#include "definition/key_tables.h"

namespace segue::definition {
namespace {

const Table& write_table() {
  static const Table table{
      .title = "How a run changes a table",
      .keys =
          {{"append", Shape::kFlag, "Adds the rows of files that were not read before; it has no value.", ""},
           {"merge", Shape::kTexts,
            "Columns that are a row's key: of all rows that are equal in them, one stays. Without `latest_by`, rows "
            "are combined: counts and sums are added, and so on.",
            "[user_id]"},
           {"latest_by", Shape::kText, "With `merge`: the row with the greatest value of this column stays.",
            "played_at"},
           {"from", Shape::kText, "The source whose new files are read, where several could be meant.", "plays"}},
      .exactly_one = {"append", "merge"}};
  return table;
}

const Table& schema_table() {
  static const Table table{
      .title = "How the columns of a table may change",
      .keys = {{"changes",
                Shape::kChoice,
                "`refuse`: a run ends before it changes anything if the step's columns are not the table's. `add`: "
                "columns may come, and whole numbers become wider; a table that grows keeps its rows, with NULL in "
                "the new columns. `any`: all rows are made anew with whatever columns the step has.",
                "add",
                {},
                true,
                {"refuse", "add", "any"}}}};
  return table;
}

const Table& export_table() {
  static const Table table{
      .title = "The export of a step",
      .keys = {
          {"format", Shape::kChoice, "How the file is built.", "tsv", {}, true, {"tsv", "csv", "json"}},
          {"path",
           Shape::kText,
           "The file, relative to segue.yaml's folder; it is replaced as a whole.",
           "most_played_tracks.tsv",
           {},
           true},
      }};
  return table;
}

const Table& chart_table() {
  static const Table table{
      .title = "The chart of a step",
      .keys = {
          {"type", Shape::kChoice, "What stands for a row.", "bar", {}, true, {"bar", "line"}},
          {"x",
           Shape::kText,
           "The column that is drawn from left to right, in the order of its values.",
           "hour",
           {},
           true},
          {"y", Shape::kText, "The column of numbers that says how high.", "plays", {}, true},
          {"by", Shape::kText, "A column each of whose values has bars, or a line, of its own.", "weekday"},
      }};
  return table;
}

}  // namespace

const Table& step_table() {
  static const Table table{
      .title = "A step",
      .keys =
          {
              {"sql", Shape::kSql,
               "One SELECT over sources and other steps, in DuckDB's SQL; `$name` in it is a parameter's value.",
               "SELECT user_id, count(*) AS plays FROM plays GROUP BY user_id"},
              {"file", Shape::kText, "A file that holds the SELECT, relative to the pipeline's folder.",
               "sessions.sql"},
              {"materialize",
               Shape::kChoice,
               "Whether the step makes a table, or is a `view` that other steps select from.",
               "view",
               "table",
               false,
               {"table", "view"}},
              {"description", Shape::kProse, "What the table is, for people; it is kept with the table.",
               "One row a session, which ends where a pause is longer than the gap"},
              {"comments", Shape::kColumnTexts, "What columns of the table mean, for people; kept with the table.",
               "{ended_at: when the last track began}"},
              {"checks",
               Shape::kList,
               "What must hold before the table is published.",
               "[{unique: user_id}]",
               {},
               false,
               {},
               &check_table()},
              {"export",
               Shape::kMap,
               "A copy of the table in one file.",
               "{format: tsv, path: most_played_tracks.tsv}",
               {},
               false,
               {},
               &export_table()},
              {"chart",
               Shape::kMap,
               "A picture of the table for reports (`segue export html`).",
               "{type: bar, x: hour, y: plays}",
               {},
               false,
               {},
               &chart_table()},
              {"format",
               Shape::kChoice,
               "How the table lies in the lake: `delta` is Parquet files with a Delta Lake log, whose versions stay "
               "readable; of `parquet` only the files of the newest version stay, for readers that know no log.",
               "parquet",
               "delta",
               false,
               {"delta", "parquet"}},
              {"partition_by", Shape::kTexts,
               "Columns whose values part the table: the rows of each value, or values together, are files in a folder "
               "of their own (`year=2018/month=11`), and readers that ask for some open no others.",
               "[year, month]"},
              {"statistics",
               Shape::kChoice,
               "What each version of the table tells of its columns: `basic` is rows, NULLs, least and greatest "
               "values; `full` adds distinct values, quantiles, the most frequent values and a histogram.",
               "full",
               "full where the table has less than 10 million rows",
               false,
               {"full", "basic"}},
              {"write",
               Shape::kChoice,
               "How a run changes the table: `replace` puts the new rows in place of all old ones; `append` reads only "
               "files that were not read before, and adds their rows; `merge` does too, and keeps one row of each key.",
               "{merge: [user_id], latest_by: played_at}",
               "replace",
               false,
               {"replace", "append"},
               &write_table()},
              {"schema",
               Shape::kMap,
               "How a run may change the columns of the table that is there.",
               "{changes: add}",
               "{changes: any} with `write: replace`, else {changes: refuse}",
               false,
               {},
               &schema_table()},
          },
      .exactly_one = {"sql", "file"}};
  return table;
}

}  // namespace segue::definition

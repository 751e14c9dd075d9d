#include "definition/keys.h"

namespace segue::definition {
namespace {

const Table& profile_table() {
  static const Table table{
      .title = "A profile",
      .keys = {
          {"lake", Shape::kText, "The folder that tables live under, relative to segue.yaml's folder.", "./lake"},
          {"engine",
           Shape::kChoice,
           "What executes steps: `native` where it can (and DuckDB where it cannot), or `duckdb` for all.",
           "native",
           {},
           false,
           {"native", "duckdb"}},
          {"memory", Shape::kBytes,
           "The most memory a run takes; rows that do not fit are kept in files under `.segue/spill`.", "4 GiB"},
          {"threads", Shape::kCount, "How many threads a run takes, from 1 on.", "8"},
      }};
  return table;
}

const Table& param_table() {
  static const Table table{.title = "A parameter",
                           .keys = {
                               {"type",
                                Shape::kChoice,
                                "What values it takes.",
                                "interval",
                                {},
                                true,
                                {"path", "interval", "integer", "double", "boolean", "varchar", "date", "timestamp"}},
                               {"default", Shape::kText,
                                "Its value if the command line gives none; a relative path is relative to segue.yaml's "
                                "folder. Without a default a value must be given.",
                                "20 minutes"},
                           }};
  return table;
}

const Table& format_table() {
  static const Table table{.title = "The format of a source",
                           .keys =
                               {
                                   {"type",
                                    Shape::kChoice,
                                    "How the files are built: `delimited` is one row a line, its values between "
                                    "delimiters; `json_lines` is one "
                                    "JSON object a line; `json` is one object a file, or an array of objects; "
                                    "`parquet` is Apache Parquet.",
                                    "json_lines",
                                    {},
                                    true,
                                    {"delimited", "json_lines", "json", "parquet"}},
                                   {"delimiter",
                                    Shape::kText,
                                    "What stands between two values: 1 to 8 ASCII characters.",
                                    "\"\\t\"",
                                    {},
                                    true,
                                    {},
                                    nullptr,
                                    "delimited"},
                                   {"quote",
                                    Shape::kChoice,
                                    "What stands around values that hold delimiters or line ends; two of it stand for "
                                    "one. `none` takes every "
                                    "character as it stands.",
                                    "none",
                                    {},
                                    true,
                                    {"none", "\"", "'"},
                                    nullptr,
                                    "delimited"},
                                   {"encoding",
                                    Shape::kChoice,
                                    "How characters are stored in the files; `latin1` is ISO-8859-1.",
                                    "latin1",
                                    "utf-8",
                                    false,
                                    {"utf-8", "latin1"},
                                    nullptr,
                                    "delimited"},
                                   {"header",
                                    Shape::kBoolean,
                                    "Whether the first line of each file holds names; then it is skipped.",
                                    "true",
                                    "false",
                                    false,
                                    {},
                                    nullptr,
                                    "delimited"},
                                   {"null",
                                    Shape::kTexts,
                                    "Other spellings of NULL. An empty value always is NULL, a quoted one never.",
                                    "[\"\\\\N\", NA]",
                                    {},
                                    false,
                                    {},
                                    nullptr,
                                    "delimited"},
                               },
                           .chosen_by = "type"};
  return table;
}

const Table& bad_rows_table() {
  static const Table table{
      .title = "What is done about bad rows",
      .keys = {
          {"quarantine", Shape::kFlag, "Puts bad rows into quarantine; it has no value.", "", {}, true},
          {"at_most", Shape::kShare, "More of a source's rows than this, and the run ends.", "1%"},
      }};
  return table;
}

const Table& source_table() {
  static const Table table{.title = "A source",
                           .keys = {
                               {"path",
                                Shape::kText,
                                "A file, or a pattern of files (`*`, `?`, `[…]`, `**` for folders of any depth), "
                                "relative to segue.yaml's folder. What is compressed with gzip is unpacked.",
                                "data/plays.tsv",
                                {},
                                true},
                               {"format",
                                Shape::kMap,
                                "How the files are to be read.",
                                "{type: delimited, delimiter: \"\\t\", quote: none}",
                                {},
                                true,
                                {},
                                &format_table()},
                               {"columns",
                                Shape::kColumns,
                                "Names and types of the columns: of delimited files all, in their order, of JSON and "
                                "Parquet those that are wanted.",
                                "{user_id: varchar, played_at: timestamp}",
                                {},
                                true},
                               {"bad_rows",
                                Shape::kChoice,
                                "What is done about a row that cannot be read: `fail` ends the run, `quarantine` puts "
                                "the row aside and goes on.",
                                "{quarantine, at_most: 1%}",
                                "fail",
                                false,
                                {"fail", "quarantine"},
                                &bad_rows_table()},
                           }};
  return table;
}

const Table& between_table() {
  static const Table table{.title = "The check `between`",
                           .keys =
                               {
                                   {"column", Shape::kText, "The column.", "songs", {}, true},
                                   {"min", Shape::kText, "The lowest value that it may have.", "1"},
                                   {"max", Shape::kText, "The highest value that it may have.", "100"},
                               },
                           .at_least_one = {"min", "max"}};
  return table;
}

const Table& row_count_table() {
  static const Table table{.title = "The check `row_count`",
                           .keys =
                               {
                                   {"min", Shape::kCount, "The fewest rows that the table may have.", "1"},
                                   {"max", Shape::kCount, "The most rows that the table may have.", "100"},
                               },
                           .at_least_one = {"min", "max"}};
  return table;
}

const Table& check_table() {
  static const Table table{
      .title = "A check",
      .keys =
          {
              {"unique", Shape::kTexts,
               "No two rows have the same value in this column, or the same values in these columns together.",
               "user_id"},
              {"not_null", Shape::kTexts, "No row has NULL in this column, or in any of these columns.",
               "[user_id, started_at]"},
              {"between",
               Shape::kMap,
               "Every value of a column that is not NULL lies in a range, its ends included.",
               "{column: songs, min: 1}",
               {},
               false,
               {},
               &between_table()},
              {"row_count",
               Shape::kMap,
               "The table has so many rows.",
               "{min: 1, max: 100}",
               {},
               false,
               {},
               &row_count_table()},
              {"sql", Shape::kSql, "A boolean expression that is not false for any row.", "ended_at >= started_at"},
              {"severity",
               Shape::kChoice,
               "What a broken check does: `fail` stops the publish, `warn` only tells.",
               "warn",
               "fail",
               false,
               {"fail", "warn"}},
          },
      .exactly_one = {"unique", "not_null", "between", "row_count", "sql"}};
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
               "How the table lies in the lake: `delta` is Parquet files with a Delta Lake log, `parquet` plain files.",
               "parquet",
               "delta",
               false,
               {"delta", "parquet"}},
              {"write",
               Shape::kChoice,
               "How a run changes the table: `replace` puts the new rows in place of all old ones.",
               "replace",
               "replace",
               false,
               {"replace"}},
          },
      .exactly_one = {"sql", "file"}};
  return table;
}

}  // namespace

const Key* Table::find(std::string_view name) const {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Table& project_table() {
  static const Table table{
      .title = "segue.yaml",
      .keys = {
          {"lake", Shape::kText, "The folder that tables live under, relative to segue.yaml's folder.", "./lake",
           "./lake"},
          {"engine",
           Shape::kChoice,
           "What executes steps: `native` where it can (and DuckDB where it cannot), or `duckdb` for all.",
           "native",
           "native",
           false,
           {"native", "duckdb"}},
          {"memory", Shape::kBytes,
           "The most memory a run takes; rows that do not fit are kept in files under `.segue/spill`.", "4 GiB",
           "60 % of the machine's"},
          {"threads", Shape::kCount, "How many threads a run takes, from 1 on.", "8", "one a core"},
          {"profiles",
           Shape::kNamed,
           "Named sets of other settings, chosen by `--profile`; one named `local` holds without being chosen.",
           "{local: {memory: 4 GiB}}",
           {},
           false,
           {},
           &profile_table()},
      }};
  return table;
}

const Table& pipeline_table() {
  static const Table table{
      .title = "pipeline.yaml",
      .keys = {
          {"name", Shape::kName, "The pipeline's name; its folder has the same.", "lastfm", {}, true},
          {"description", Shape::kProse, "What the pipeline is for.",
           "Who listens to what, and for how long without a pause"},
          {"params",
           Shape::kNamed,
           "Parameters: values that the command line may change.",
           "{gap: {type: interval, default: 20 minutes}}",
           {},
           false,
           {},
           &param_table()},
          {"sources",
           Shape::kNamed,
           "Where rows come from.",
           "{plays: {path: data/plays.tsv, format: {type: delimited, delimiter: \"\\t\", quote: none}, columns: "
           "{user_id: varchar}}}",
           {},
           false,
           {},
           &source_table()},
          {"steps",
           Shape::kNamed,
           "What is made of them: one SELECT a step.",
           "{users: {sql: SELECT DISTINCT user_id FROM plays}}",
           {},
           true,
           {},
           &step_table()},
      }};
  return table;
}

}  // namespace segue::definition

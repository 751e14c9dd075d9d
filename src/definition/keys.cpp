#include "definition/keys.h"

namespace segue::definition {
namespace {

const Table& s3_table() {
  static const Table table{
      .title = "S3",
      .keys = {
          {"endpoint", Shape::kText, "The URL of another S3 than Amazon's.", "http://127.0.0.1:9000",
           "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the AWS profile's, Amazon's"},
          {"region", Shape::kText, "The region of the buckets.", "eu-central-1",
           "AWS_REGION, the AWS profile's, the bucket's"},
          {"profile", Shape::kText, "The profile of `~/.aws/credentials` and `~/.aws/config` that has the credentials.",
           "minio", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, default"},
      }};
  return table;
}

const Table& profile_table() {
  static const Table table{
      .title = "A profile",
      .keys = {
          {"lake", Shape::kText,
           "The folder that tables live under, relative to segue.yaml's folder, or `s3://BUCKET/…`.", "./lake"},
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
          {"retention", Shape::kText,
           "How long versions of tables stay readable; `segue vacuum` removes the files of older ones.", "30 days"},
          {"s3",
           Shape::kMap,
           "Where S3 is and who we are there, instead of what the environment and AWS's files say.",
           "{endpoint: http://127.0.0.1:9000, profile: minio}",
           {},
           false,
           {},
           &s3_table()},
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
          {"at_most", Shape::kShare,
           "More of a source's rows than this, and the run ends. Without it, a run ends if there are bad rows and no "
           "good one.",
           "1%"},
      }};
  return table;
}

const Table& source_table() {
  static const Table table{
      .title = "A source",
      .keys =
          {
              {"path", Shape::kText,
               "A file, a folder (all files below it), or a pattern of files (`*`, `?`, `[…]`, `**` for folders of any "
               "depth), relative to segue.yaml's folder, or any of these on S3 (`s3://BUCKET/…`); or a URL of the web. "
               "What "
               "is compressed with gzip is unpacked, zip and tar archives are read through.",
               "data/plays.tsv"},
              {"table", Shape::kText, "A table that another pipeline of the lake publishes.", "lastfm.sessions"},
              {.name = "version",
               .shape = Shape::kCount,
               .summary = "The version of the table that is read.",
               .example = "3",
               .fallback = "the newest",
               .beside = "table"},
              {.name = "md5",
               .shape = Shape::kText,
               .summary = "The MD5 that a file of the web must have; then it is fetched only once.",
               .example = "64747b21563e3d2aa95751e0ddc46b68",
               .beside = "path"},
              {.name = "sha256",
               .shape = Shape::kText,
               .summary = "The SHA-256 that a file of the web must have; then it is fetched only once.",
               .example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
               .beside = "path"},
              {.name = "member",
               .shape = Shape::kText,
               .summary = "Which members of an archive are read: a pattern of names in any of its folders, or with `/` "
                          "of whole paths.",
               .example = "\"*.tsv\"",
               .fallback = "all files in it",
               .beside = "path"},
              {.name = "format",
               .shape = Shape::kMap,
               .summary = "How the files are to be read.",
               .example = "{type: delimited, delimiter: \"\\t\", quote: none}",
               .required = true,
               .table = &format_table(),
               .beside = "path"},
              {.name = "columns",
               .shape = Shape::kColumns,
               .summary = "Names and types of the columns: of delimited files all, in their order, of JSON and Parquet "
                          "those that are wanted.",
               .example = "{user_id: varchar, played_at: timestamp}",
               .required = true,
               .beside = "path"},
              {.name = "partitions",
               .shape = Shape::kColumns,
               .summary =
                   "Columns whose values folders tell, named `year=2018`: they come behind `columns` and are not "
                   "in the files.",
               .example = "{year: integer, month: integer}",
               .beside = "path"},
              {.name = "bad_rows",
               .shape = Shape::kChoice,
               .summary =
                   "What is done about a row that cannot be read: `fail` ends the run, `quarantine` puts the row "
                   "aside and goes on.",
               .example = "{quarantine, at_most: 1%}",
               .fallback = "fail",
               .allowed = {"fail", "quarantine"},
               .table = &bad_rows_table(),
               .beside = "path"},
          },
      .exactly_one = {"path", "table"}};
  return table;
}

// Of checks that look at one column.
Key column_key(std::string_view example) { return {"column", Shape::kText, "The column.", example, {}, true}; }

// A table of a column and bounds, of which one at least is given.
Table bounds_table(std::string_view title, Shape shape, std::string_view column, Key least, Key most) {
  least.shape = shape;
  most.shape = shape;
  return {.title = title, .keys = {column_key(column), least, most}, .at_least_one = {"min", "max"}};
}

const Table& accepted_values_table() {
  static const Table table{
      .title = "The check `accepted_values`",
      .keys = {column_key("gender"),
               {"values", Shape::kTexts, "The values that it may have, NULL aside.", "[m, f]", {}, true}}};
  return table;
}

const Table& between_table() {
  static const Table table =
      bounds_table("The check `between`", Shape::kText, "songs", {"min", {}, "The lowest value that it may have.", "1"},
                   {"max", {}, "The highest value that it may have.", "100"});
  return table;
}

const Table& length_table() {
  static const Table table = bounds_table("The check `length`", Shape::kCount, "country",
                                          {"min", {}, "The fewest characters that a text may have.", "2"},
                                          {"max", {}, "The most characters that a text may have.", "60"});
  return table;
}

const Table& regex_table() {
  static const Table table{
      .title = "The check `regex`",
      .keys = {column_key("user_id"),
               {"pattern",
                Shape::kPattern,
                "A regular expression (RE2) that is found in every text; `^` and `$` stand for its ends.",
                "\"^user_[0-9]{6}$\"",
                {},
                true}}};
  return table;
}

const Table& relationship_table() {
  static const Table table{.title = "The check `relationship`",
                           .keys = {
                               {"column", Shape::kTexts, "The column, or the columns together.", "user_id", {}, true},
                               {"to",
                                Shape::kText,
                                "Where its values must be found: a source or a step of this pipeline, or "
                                "`pipeline.step`, a table of the lake.",
                                "users",
                                {},
                                true},
                               {"key", Shape::kTexts, "The columns to find them in.", "id", "the same names"},
                           }};
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

const Table& freshness_table() {
  static const Table table{
      .title = "The check `freshness`",
      .keys = {{"column", Shape::kText, "A column of timestamps or dates.", "played_at", {}, true},
               {"within", Shape::kText, "How old its newest value may be when the run begins.", "1 day", {}, true}}};
  return table;
}

const Table& sum_table() {
  static const Table table = bounds_table("The check `sum`", Shape::kText, "plays", {"min", {}, "The lowest sum.", "1"},
                                          {"max", {}, "The highest sum.", "1000000"});
  return table;
}

const Table& mean_table() {
  static const Table table =
      bounds_table("The check `mean`", Shape::kText, "rating", {"min", {}, "The lowest mean.", "3"},
                   {"max", {}, "The highest mean.", "4.5"});
  return table;
}

const Table& stddev_table() {
  static const Table table = bounds_table("The check `stddev`", Shape::kText, "rating",
                                          {"min", {}, "The lowest standard deviation (of a sample).", "0.5"},
                                          {"max", {}, "The highest standard deviation (of a sample).", "2"});
  return table;
}

const Table& quantile_table() {
  static const Table table{
      .title = "The check `quantile`",
      .keys = {column_key("plays"),
               {"at", Shape::kText, "Which quantile, from 0 to 1: 0.5 is the median.", "0.95", {}, true},
               {"min", Shape::kText, "Its lowest value.", "1"},
               {"max", Shape::kText, "Its highest value.", "500"}},
      .at_least_one = {"min", "max"}};
  return table;
}

const Table& change_table() {
  static const Table table{
      .title = "The check `change`",
      .keys = {{"rows", Shape::kGrowth, "By how much the number of rows may change, up or down.", "10%"},
               {"null_share", Shape::kColumnShares,
                "By how much the share of NULLs in a column may change, in points of percentage, up or down.",
                "{artist_id: 5%}"}},
      .at_least_one = {"rows", "null_share"}};
  return table;
}

// Every kind of check, once: its key, what is written behind it, what it says. A kind that is added here is read in
// read_checks.cpp.
std::vector<Key> check_kinds() {
  auto map = [](std::string_view name, std::string_view summary, std::string_view example, const Table& table) {
    return Key{name, Shape::kMap, summary, example, {}, false, {}, &table};
  };
  return {
      {"not_null", Shape::kTexts, "No row has NULL in this column, or in any of these columns.",
       "[user_id, started_at]"},
      {"unique", Shape::kTexts,
       "No two rows have the same value in this column, or the same values in these columns together.", "user_id"},
      map("accepted_values", "Every value of a column that is not NULL is one of these.",
          "{column: gender, values: [m, f]}", accepted_values_table()),
      map("between", "Every value of a column that is not NULL lies in a range, its ends included.",
          "{column: songs, min: 1}", between_table()),
      map("length", "Every text of a column has so many characters, every list so many elements.",
          "{column: country, max: 60}", length_table()),
      map("regex", "A pattern is found in every text of a column.", "{column: user_id, pattern: \"^user_[0-9]{6}$\"}",
          regex_table()),
      map("relationship", "Every value of a column that is not NULL is found in another step, source or table.",
          "{column: user_id, to: users}", relationship_table()),
      {"sql", Shape::kSql, "A boolean expression that is not false for any row.", "ended_at >= started_at"},
      map("row_count", "The table has so many rows.", "{min: 1, max: 100}", row_count_table()),
      map("freshness", "The newest value of a column is not older than this when the run begins.",
          "{column: played_at, within: 1 day}", freshness_table()),
      map("sum", "The sum of a column lies in a range.", "{column: plays, min: 1}", sum_table()),
      map("mean", "The mean of a column lies in a range.", "{column: rating, min: 3, max: 4.5}", mean_table()),
      map("stddev", "The standard deviation of a column lies in a range.", "{column: rating, max: 2}", stddev_table()),
      map("quantile", "A quantile of a column lies in a range.", "{column: plays, at: 0.95, max: 500}",
          quantile_table()),
      map("change", "The table has changed only so much since its last version.",
          "{rows: 10%, null_share: {artist_id: 5%}}", change_table()),
  };
}

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

const Table& check_table() {
  static const Table table = [] {
    Table made{.title = "A check", .keys = check_kinds()};
    for (const Key& kind : made.keys) made.exactly_one.push_back(kind.name);
    made.keys.push_back({"severity",
                         Shape::kChoice,
                         "What a broken check does: `fail` stops the publish, `warn` only tells, `quarantine` holds "
                         "the rows back that break it.",
                         "warn",
                         "fail",
                         false,
                         {"fail", "warn", "quarantine"}});
    return made;
  }();
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
          {"lake", Shape::kText,
           "The folder that tables live under, relative to segue.yaml's folder, or `s3://BUCKET/…`.", "./lake",
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
          {"retention", Shape::kText,
           "How long versions of tables stay readable; `segue vacuum` removes the files of older ones.", "30 days",
           "7 days"},
          {"s3",
           Shape::kMap,
           "Where S3 is and who we are there, instead of what the environment and AWS's files say.",
           "{endpoint: http://127.0.0.1:9000, profile: minio}",
           {},
           false,
           {},
           &s3_table()},
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
          {"retention", Shape::kText, "How long versions of its tables stay readable, where segue.yaml says otherwise.",
           "30 days", "segue.yaml's"},
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

#include "definition/key_tables.h"

namespace segue::definition {
namespace {

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

}  // namespace

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

}  // namespace segue::definition

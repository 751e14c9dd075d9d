#include "definition/key_tables.h"

namespace segue::definition {
namespace {

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

}  // namespace

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

}  // namespace segue::definition

// Checks as SQL over a step's rows, so that whatever engine computes the step computes its checks on the way.
//
// What each check means. NULL is "not known", and as in SQL's own constraints what is not known breaks nothing: a NULL
// passes all checks but not_null, and a sum, mean, … of nothing lies in every range.
//
// About single rows:
// - not_null a, b: none of the columns has a NULL
// - unique a, b: no two rows have equal values in all of the columns; a row with a NULL in one of them equals no other
// - accepted_values a: a is one of the values
// - between a: min <= a and a <= max; NaN is greater than every number
// - length a: the characters of a text, the elements of a list
// - regex a: the pattern is found somewhere in a
// - relationship a, b: some row of the other table has these values in its keys
// - sql e: e is true or NULL
//
// About the table as a whole:
// - row_count: least <= rows and rows <= most
// - freshness a: the newest a is not before `oldest`; without any value it is not fresh
// - sum, mean, stddev (of a sample), quantile (interpolated) of a: min <= it and it <= max
// - change: rows and shares of NULLs against those of the last version; without one, or with an empty one, nothing has
//   changed
//
// Pure functions, from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/check_kind.h"
#include "columns/type.h"

namespace segue::quality {

// A constant of a check: a number where the column takes numbers, else a text that the column's type reads.
struct Constant {
  std::string text;
  bool number = false;
};

struct Check {
  CheckKind kind = CheckKind::kSql;
  std::vector<std::string> columns;     // kChange: those whose share of NULLs is looked at
  std::optional<Constant> min, max;     // kBetween, kSum, kMean, kStddev, kQuantile
  std::optional<uint64_t> least, most;  // kRowCount, kLength
  std::vector<Constant> values;         // kAcceptedValues
  std::string pattern;                  // kRegex: RE2
  std::string to;                       // kRelationship: the other table
  std::vector<std::string> keys;        // kRelationship: its columns, one for each of `columns`
  std::string within;                   // kFreshness: for sentences
  int64_t oldest = 0;                   // kFreshness: µs since 1970 UTC
  double at = 0;                        // kQuantile
  std::optional<double> rows_change;    // kChange: 0.1 is a tenth of the rows there were
  std::vector<double> share_changes;    // kChange: one for each of `columns`; 0.05 is five points of percentage
  std::string expression;               // kSql
};

// The queries of one check, all over the table `rows` that queries() was asked for.
struct Queries {
  // One row that begins with two BIGINT columns: `failing`, the rows that break the check (of unique: keys that come
  // more than once; of checks about the table: 0 or 1, of change always 0), and `rows`, the rows that were looked at
  // (of unique: those without a NULL in the columns; of sum, mean, …: values that are not NULL). Then come, of
  // freshness and of sum, mean, …: `observed`, what was measured; of change: the NULLs of each column, as BIGINT.
  std::string count;
  // At most kSampleRows rows that break it (of unique: the keys and how often each comes, most often first); empty for
  // checks about the table.
  std::string sample;
  // Of a sql check: what the expression must be bound as first. It must give one BOOLEAN column; its text begins at
  // expression_offset.
  std::string expression;
  size_t expression_offset = 0;
};

inline constexpr size_t kSampleRows = 5;

// Of a relationship: the distinct keys of the other table. Of unique: those that come more than once, which only
// hold_back.h needs. Empty for other checks.
std::string keys_query(const std::string& rows, const Check& check);

// `rows` and `keys_name` are names of tables, any text; fields are those of `rows`. `keys_name` is read by relationships
// alone, and holds the rows of keys_query().
// REQUIRES: problems(…, check, fields) is empty.
Queries queries(const std::string& rows, const std::string& keys_name, const Check& check,
                const std::vector<Field>& fields);

// Why the check does not fit a step with these fields.
struct Problem {
  std::optional<size_t> column;  // which of Check::columns it is about
  std::string message;
  std::string hint;
};
std::vector<Problem> problems(const std::string& step, const Check& check, const std::vector<Field>& fields);
// Why a relationship's keys do not fit the other table. Problem::column is which of Check::keys it is about.
// REQUIRES: problems(…, check, fields) is empty.
std::vector<Problem> key_problems(const Check& check, const std::vector<Field>& fields,
                                  const std::vector<Field>& to_fields);

// Each constant of the check with the type of its column, where it must be a value of that type: what DuckDB would say
// only when the rows are there. In the order min, max, values.
struct TypedConstant {
  const Constant* constant;
  Type type;
};
std::vector<TypedConstant> typed_constants(const Check& check, const std::vector<Field>& fields);

// What was counted. `observed` is a number or time as text, empty where nothing was measured.
struct Counts {
  uint64_t failing = 0;
  uint64_t rows = 0;
  std::string observed;
};

// What a table had in a version.
struct Contents {
  int64_t version = 0;
  uint64_t rows = 0;
  std::map<std::string, uint64_t> nulls;  // of columns, by name; those that it did not have are not there
};

// A change, judged: `failing` is how many of its limits were passed, `observed` says what changed ("rows +12.5%, NULLs
// of artist_id -0.3"), `message` is one sentence or empty. `nulls` are those of now, one for each of Check::columns.
struct Change {
  Counts counts;
  std::string message;
};
Change judge_change(const Check& check, uint64_t rows, const std::vector<uint64_t>& nulls,
                    const std::optional<Contents>& before);

// What the counts mean, as one sentence: "3 values of user_id come more than once", "2 of 992 rows have NULL in
// user_id", "0 rows, at least 1 expected". REQUIRES: counts.failing > 0; the check is no change.
std::string describe(const Check& check, const Counts& counts);

}  // namespace segue::quality

// Checks as SQL over a step's rows, so that whatever engine computes the step computes its checks on the way.
//
// What each check means; NULL is "not known", and as in SQL's own constraints what is not known breaks nothing but
// not_null:
//   unique a, b        no two rows have equal values in all of the columns; rows with a NULL in one of them are equal
//   to no other not_null a, b      none of the columns has a NULL between a          min <= a and a <= max; NULL
//   passes. NaN is greater than every number row_count          min <= rows and rows <= max sql e              e is
//   true or NULL for each row
//
// Pure functions, from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "columns/type.h"

namespace segue::quality {

struct Check {
  enum class Kind { kUnique, kNotNull, kBetween, kRowCount, kSql };
  Kind kind = Kind::kSql;
  std::vector<std::string> columns;            // kUnique, kNotNull: one or more; kBetween: one
  std::string min, max;                        // kBetween: SQL literals; empty is no bound
  std::optional<uint64_t> min_rows, max_rows;  // kRowCount
  std::string expression;                      // kSql: any boolean expression over a row
};

// The queries of one check. Both read the one table `step`.
struct Queries {
  // One row of two BIGINT columns: `failing`, the rows that break the check (of unique: keys that come more than once;
  // of row_count: 0 or 1), and `rows`, the rows that were looked at (of unique: those without a NULL in the columns).
  std::string count;
  // At most kSampleRows rows that break it (of unique: the keys and how often each comes, most often first); empty for
  // row_count.
  std::string sample;
  // Of a sql check: what the expression must be bound as first. It must give one BOOLEAN column; its text begins at
  // expression_offset.
  std::string expression;
  size_t expression_offset = 0;
};

inline constexpr size_t kSampleRows = 5;

// REQUIRES: problems(check, fields) is empty.
Queries queries(const std::string& step, const Check& check);

// Why the check does not fit a step with these fields.
struct Problem {
  std::optional<size_t> column;  // which of Check::columns it is about
  std::string message;
  std::string hint;
};
std::vector<Problem> problems(const std::string& step, const Check& check, const std::vector<Field>& fields);

// What the counts mean, as one sentence: "3 values of user_id come more than once", "2 of 992 rows have NULL in
// user_id", "0 rows, at least 1 expected". REQUIRES: failing > 0.
std::string describe(const Check& check, uint64_t failing, uint64_t rows);

}  // namespace segue::quality

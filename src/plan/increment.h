// Which steps can be computed from new rows of a source alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/node.h"

namespace segue::plan {

// A step is row by row in a source if what it makes of old and new rows is what it makes of the old ones and what it
// makes of the new ones, together: filters, computed columns, unnest, and joins with tables that do not grow with the
// source. Returns why it is not ("it groups rows"), or nothing.
std::optional<std::string> why_not_row_by_row(const Node& root, const std::string& source);

// Whether the node, or one that it reads, reads the source.
bool reads(const Node& root, const std::string& source);

// How two rows of one key become one.
enum class Combine { kKey, kSum, kMin, kMax, kAnd, kOr };

// A GROUP BY whose groups of new rows can be combined with those of old ones.
struct Combination {
  std::vector<Combine> columns;  // of the step; empty if it cannot be
  std::string reason;            // then why: "its average of old and new rows is not known from both averages"
};

// How each column of a step is combined whose rows are one for each value of `keys` (columns of the step): it is a
// GROUP BY of just these, over something that is row by row in the source, and counts, sums, minima, maxima, bool_and,
// bool_or.
Combination combination_of(const Node& root, const std::string& source, const std::vector<size_t>& keys);

}  // namespace segue::plan

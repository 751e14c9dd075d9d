// Rows that break checks of severity quarantine, held back: queries that part a step's rows into those that its table
// gets and those that the quarantine keeps, each of these with the checks that it breaks.
//
// A row breaks `unique` if another row has the same key: none of them is kept, as nobody knows which one is right.
//
// Pure functions, from any thread.
#pragma once

#include <string>
#include <vector>

#include "columns/type.h"
#include "quality/checks.h"

namespace segue::quality {

// The column that says which checks a row breaks, behind those of the step.
inline constexpr const char* kReasonColumn = "segue reason";

struct HoldingCheck {
  Check check;
  std::string name;       // what the reason says: "not_null(user_id)"
  std::string keys_name;  // of unique and relationship: the table that holds the rows of keys_query()
};

struct HoldBackQueries {
  std::string judged;  // over `rows` and the tables of keys: each row with its reason, which is empty for a good one
  std::string kept;    // over the table `judged_name`: the rows without a reason, with the step's columns alone
  std::string held;    // over the table `judged_name`: those with one, and their reason
};

// REQUIRES: all checks are about rows and fit `fields`, the step's columns; there is one at least.
HoldBackQueries hold_back(const std::string& rows, const std::string& judged_name,
                          const std::vector<HoldingCheck>& checks, const std::vector<Field>& fields);

}  // namespace segue::quality

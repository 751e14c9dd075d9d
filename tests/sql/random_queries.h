// Random queries over random tables, for comparing engines.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace segue::test {

// A query in parts, so that a failing one can be made smaller.
struct RandomQuery {
  std::vector<std::string> select;
  bool distinct = false;
  std::string from;
  std::vector<std::string> where, groups, having;
  std::string tail;  // ORDER BY with LIMIT, or a set operation with another query; empty if neither
  bool ordered = false;
  std::string sql() const;
};

// Tables of a seed: name and the SELECT that makes it.
std::vector<std::pair<std::string, std::string>> random_tables(uint64_t seed);

// A query over the tables of the same seed. What DuckDB's binder refuses may be among them.
RandomQuery random_query(uint64_t seed, uint64_t number);

// Runs `count` queries of the seed, natively and in DuckDB, and reports those whose rows differ (a GoogleTest failure
// with seed, number and the query made as small as it still fails). Prints how many ran natively.
void compare_random_queries(uint64_t seed, uint64_t count);

}  // namespace segue::test

// What is known of a table's columns: nulls, distinct values, least and greatest, most frequent, and the shape of
// numbers and times. Computed by DuckDB over the published files.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/cancellation.h"
#include "columns/type.h"
#include "duckdb/database.h"

namespace segue::cli {

struct ColumnStatistics {
  std::string name;
  Type type;
  uint64_t nulls = 0;
  std::optional<uint64_t> distinct;  // not of lists and structs
  std::optional<std::string> min, max;
  std::vector<std::pair<std::string, uint64_t>>
      top;                          // the most frequent values and how often they come; empty if all come once
  std::vector<uint64_t> histogram;  // of numbers and times: rows in equal steps from min to max
};

struct TableStatistics {
  uint64_t rows = 0;
  std::vector<ColumnStatistics> columns;
};

// REQUIRES: the table `name` of the database has these fields. Throws Failure(kCancelled) soon after a cancellation.
TableStatistics table_statistics(duckdb::Database& database, const std::string& name, const std::vector<Field>& fields,
                                 const Cancellation& cancellation);

nlohmann::ordered_json to_json(const TableStatistics& statistics);

}  // namespace segue::cli

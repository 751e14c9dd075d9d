// What is known of a table's columns, for people and for programs.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/terminal/look.h"
#include "quality/statistics.h"

namespace segue::cli {

// A row a column: nulls, distinct values, least and greatest, the shape of numbers and times, the most frequent value.
// `comments`: what columns mean, by their names.
std::string columns_table(const quality::TableStatistics& statistics,
                          const std::map<std::string, std::string>& comments, const Look& look);

// Quantiles, then the most frequent values with their rows.
std::string spread_tables(const quality::TableStatistics& statistics, const Look& look);

nlohmann::ordered_json to_json(const quality::TableStatistics& statistics,
                               const std::map<std::string, std::string>& comments);

}  // namespace segue::cli

// Tables by the names that people give them.
#pragma once

#include <string>
#include <vector>

#include "lake/lake.h"

namespace segue::cli {

// The tables that a name means: a table, all of a pipeline, or a step's name that only one pipeline has. Throws
// Failure(kUsage), with names that are near.
std::vector<lake::TableName> find_tables(const lake::Lake& lake, const std::string& name);

// One table: "pipeline.step", case aside, or a step's name that only one pipeline has. Throws Failure(kUsage).
lake::TableName find_table(const lake::Lake& lake, const std::string& name);

}  // namespace segue::cli

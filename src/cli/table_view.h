// Everything that is shown of one table.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/command.h"
#include "duckdb/database.h"
#include "lake/lake.h"
#include "quality/statistics.h"

namespace segue::cli {

struct TableView {
  lake::TableState state;
  std::vector<lake::VersionSummary> versions;  // newest first, a few
  quality::TableStatistics statistics;         // kept with the version, or computed now
  std::unique_ptr<duckdb::Database> database;  // with this one table, called `t`
};

// A version, or the newest. Throws Failure: kUsage if there is no such version, kIo if files of it are gone.
TableView view_table(const lake::Lake& lake, const lake::TableName& name, std::optional<int64_t> version,
                     const definition::Settings& settings, const Context& context);

nlohmann::ordered_json to_json(const TableView& view);
nlohmann::ordered_json to_json(const std::vector<lake::VersionSummary>& versions);

// The first rows, as objects.
nlohmann::ordered_json sample_json(const TableView& view, size_t rows, const Context& context);

}  // namespace segue::cli

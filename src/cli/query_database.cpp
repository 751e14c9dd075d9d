#include "cli/query_database.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "base/limits.h"
#include "cli/find_table.h"
#include "cli/open_lake.h"
#include "cli/output/value_text.h"
#include "cli/record_tables.h"
#include "cli/source_table.h"
#include "definition/load.h"
#include "runs/rewrite.h"
#include "runs/table_columns.h"

namespace segue::cli {
namespace {

// The version of a table that `FROM pipeline.table AT (…)` asks for. Names ignore case, as in all SQL.
duckdb::TableVersion find_version(const lake::Lake& lake, const std::string& asked, const duckdb::VersionChoice& choice,
                                  const Cancellation& cancellation) {
  lake::TableName name = find_table(lake, asked);
  lake::TableState state = choice.timestamp ? lake.at_time(name, choice.value) : lake.at_version(name, choice.value);
  return {state.version, runs::parquet_table(state, name.full(), cancellation)};
}

duckdb::DatabaseOptions database_options(const definition::Settings& settings) {
  duckdb::DatabaseOptions options;
  options.threads = thread_count(settings);
  options.memory = settings.memory.value_or(0);
  options.temporary_folder = std::filesystem::temp_directory_path();
  return options;
}

}  // namespace

size_t thread_count(const definition::Settings& settings) {
  return settings.threads.value_or(std::clamp<unsigned>(std::thread::hardware_concurrency(), 1, limits::kThreads));
}

std::unique_ptr<duckdb::Database> open_query_database(const definition::Project& project, const QueryChoice& choice,
                                                      const Context& context) {
  lake::Lake lake = open_lake(project, choice.settings, context);
  std::vector<duckdb::ParquetTable> tables;
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> taken;
  for (const lake::TableState& state : lake.find_all(lake.tables())) {
    tables.push_back(runs::parquet_table(state, state.name.full(), context.cancellation));
    taken.push_back(state.name.full());
    if (!tables.back().source) folders.emplace_back(state.address);
  }
  std::vector<duckdb::ReadTable> sources;
  for (const std::string& name : definition::pipeline_names(project)) {
    definition::LoadOptions load{{}, true};
    try {
      definition::Pipeline pipeline = definition::load_pipeline(project, name, load);
      for (const auto& param : pipeline.params)
        if (auto given = choice.params.find(param.name); given != choice.params.end()) load.params.insert(*given);
      if (!load.params.empty()) pipeline = definition::load_pipeline(project, name, load);
      auto shared = std::make_shared<const definition::Pipeline>(std::move(pipeline));
      for (const auto& source : shared->sources) {
        if (!source.table.empty()) continue;  // has a name already
        std::string full = name + "." + source.name;
        // A table of an older definition may have the name of what is a source now: what is published stays visible.
        if (std::find(taken.begin(), taken.end(), full) == taken.end())
          sources.push_back(
              {full, make_source_table(shared, source.name, runs::columns_in_lake(lake), context.cancellation)});
      }
    } catch (const Failure& failure) {
      if (!load.params.empty()) throw;
    }
  }
  for (duckdb::ReadTable& table : record_tables(project, lake, context.cancellation)) {
    if (std::find(taken.begin(), taken.end(), table.name) == taken.end()) sources.push_back(std::move(table));
  }
  duckdb::DatabaseOptions options = database_options(choice.settings);
  options.find_version = [lake, &context](const std::string& name, const duckdb::VersionChoice& version) {
    return find_version(lake, name, version, context.cancellation);
  };
  options.readable_folders = std::move(folders);
  return std::make_unique<duckdb::Database>(tables, sources, options);
}

std::unique_ptr<duckdb::Database> open_table_database(const lake::TableState& table, const std::string& name,
                                                      const definition::Settings& settings, const Context& context) {
  return std::make_unique<duckdb::Database>(std::vector{runs::parquet_table(table, name, context.cancellation)},
                                            std::vector<duckdb::ReadTable>{}, database_options(settings));
}

std::vector<TextRow> text_rows(duckdb::Database& database, const std::string& sql, const Cancellation& cancellation) {
  std::vector<TextRow> rows;
  auto stream = database.query(sql, cancellation);
  while (auto batch = stream->next()) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      TextRow values;
      for (const auto& column : batch->columns()) {
        std::optional<std::string> value;
        if (!column->IsNull(row)) append_text(*column, row, value.emplace());
        values.push_back(std::move(value));
      }
      rows.push_back(std::move(values));
    }
  }
  return rows;
}

}  // namespace segue::cli

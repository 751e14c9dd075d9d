#include "runs/project_folder.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "columns/arrow.h"
#include "columns/value.h"
#include "definition/load.h"
#include "duckdb/database.h"
#include "lake/file_set.h"
#include "lake/lake.h"
#include "lake/recovery.h"
#include "runs/rewrite.h"
#include "storage/store.h"

namespace segue::runs {

namespace files = std::filesystem;

ProjectFolder::ProjectFolder() : path_(files::temp_directory_path() / ("segue-" + storage::unique_id())) {
  files::create_directories(path_);
  write("segue.yaml", "lake: ./lake\n");
}

ProjectFolder::~ProjectFolder() {
  std::error_code ignored;
  files::remove_all(path_, ignored);
}

void ProjectFolder::write(const std::string& file, const std::string& text) const {
  files::create_directories((path_ / file).parent_path());
  std::ofstream(path_ / file, std::ios::binary) << text;
}

std::string ProjectFolder::read(const std::string& file) const {
  std::ifstream stream(path_ / file, std::ios::binary);
  std::stringstream content;
  content << stream.rdbuf();
  return content.str();
}

definition::Pipeline ProjectFolder::pipeline() const {
  return definition::load_pipeline(definition::load_project(path_), "p");
}

std::vector<std::string> ProjectFolder::mistakes() const {
  std::vector<std::string> found;
  try {
    prepare(pipeline());
  } catch (const Failure& failure) {
    for (const Error& error : failure.errors())
      found.push_back(fmt::format("{}:{} {}", error.place.line, error.place.column, error.message));
  }
  return found;
}

RunResult ProjectFolder::run(const Ask& ask) const {
  definition::Project project = definition::load_project(path_);
  RunOptions options;
  options.settings = definition::settings(project);
  options.settings.threads = ask.threads;
  if (ask.memory != 0) options.settings.memory = ask.memory;
  if (ask.duckdb) options.settings.engine = definition::EngineName::kDuckdb;
  options.full = ask.full;
  options.select = ask.select;
  options.version = ask.version;
  Cancellation nobody;
  RunObserver blind;
  return runs::run(project, definition::load_pipeline(project, ask.pipeline), options,
                   ask.cancellation != nullptr ? *ask.cancellation : nobody,
                   ask.observer != nullptr ? *ask.observer : blind);
}

std::vector<std::string> ProjectFolder::rows(const std::string& step) const {
  lake::Lake lake(this->lake().string());
  std::optional<lake::TableState> table = lake.find({"p", step});
  if (!table) return {"no table"};
  Cancellation cancellation;
  duckdb::Database database({parquet_table(*table, "t", cancellation)}, {});
  auto stream = database.query("FROM t", cancellation);
  std::vector<std::string> lines;
  while (auto arrow = stream->next()) {
    Batch batch = from_arrow(arrow);
    for (size_t row = 0; row < batch.rows; ++row) {
      std::string& line = lines.emplace_back();
      for (size_t column = 0; column < batch.columns.size(); ++column) {
        if (column != 0) line += '|';
        line += to_string(value_at(batch.columns[column], row));
      }
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::map<std::string, std::vector<std::string>> ProjectFolder::tables() const {
  lake::Lake lake(this->lake().string());
  std::map<std::string, std::vector<std::string>> all;
  for (const lake::TableName& name : lake.tables()) {
    std::vector<std::string>& content = all[name.full()];
    content = rows(name.step);
    content.push_back("version " + std::to_string(lake.find(name)->version));
  }
  return all;
}

std::vector<std::string> ProjectFolder::leftovers() const {
  lake::Lake lake(this->lake().string());
  std::set<std::string> known{"p/_segue/lock"};
  for (const lake::TableName& name : lake.tables()) {
    for (int64_t version = 0; version <= lake.find(name)->version; ++version) {
      for (const std::string& address : lake.find(name, version)->file_addresses())
        known.insert(files::relative(address, this->lake()).string());
      known.insert(lake::batch_path(name, lake.find(name, version)->batch));
      known.insert(lake::statistics_path(name, lake::FileSet(lake.find(name, version)->files)));
    }
  }
  std::vector<std::string> left;
  if (!files::exists(this->lake())) return left;
  for (const auto& entry : files::recursive_directory_iterator(this->lake())) {
    std::string file = files::relative(entry.path(), this->lake()).string();
    bool log = file.ends_with("/_delta_log/_last_checkpoint") ||
               (file.find("/_delta_log/0") != std::string::npos &&
                (file.ends_with(".json") || file.ends_with(".checkpoint.parquet")));
    if (entry.is_regular_file() && !log && !known.contains(file)) left.push_back(file);
  }
  return left;
}

}  // namespace segue::runs

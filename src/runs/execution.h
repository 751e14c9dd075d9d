// The computing part of a run: the graphs of a pipeline, executed.
//
// First what is made of new files (Prepared::increments): once for all steps that read the same ones. The new rows and
// the tables as they are make the tables to come; then all other steps are computed over these.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"
#include "base/workers.h"
#include "columns/column.h"
#include "duckdb/duckdb_engine.h"
#include "engine/execute.h"
#include "lake/lake.h"
#include "runs/batches.h"
#include "runs/prepare.h"
#include "runs/sources.h"

namespace segue::runs {

struct ExecutionOptions {
  size_t threads = 1;
  uint64_t duckdb_memory = 0;            // bytes
  std::filesystem::path spill_folder;    // made where it is needed
  engine::Profile* operators = nullptr;  // null: nothing is measured
};

// What a step that appends or merges does to its table.
struct TableUpdate {
  Relation rows;            // to be added
  bool tells_file = false;  // the last column of `rows` is none of the table's (lake::kFileColumn)
  uint64_t gone_rows = 0;   // of files that have changed
  std::optional<std::vector<std::string>> replaced;  // files of the table whose rows go (DataFile::path); nothing: all

  Relation table_rows() const;  // `rows` with the table's columns alone
};

// Used from one thread. Throws Failure; where a value has no answer, located in the definition.
class Execution {
 public:
  // All arguments outlive it.
  Execution(const Prepared& prepared, const lake::Lake& lake, ExecutionOptions options,
            const Cancellation& cancellation, Progress& progress);

  // Called once. Neither the rows nor the checks of the steps in `unchanged` are asked for.
  void run(const std::vector<Batch>& batches, const std::set<std::string>& unchanged);

  // The rows of each materialized step and hidden result that is asked for; of a step that appends or merges, they are its new ones.
  // Without new ones, there is no result of the checks that hold them back.
  std::map<std::string, Relation> results;
  // Of the steps that append or merge and have something to do.
  std::map<std::string, TableUpdate> updates;
  BadRowsOfSources bad_rows;
  // Sources of which all files were read; of others in `bad_rows` new ones only.
  std::set<std::string> read_whole;
  // Of steps, and other queries of the graphs, that DuckDB computed.
  std::map<std::string, double> foreign_seconds;

  // All rows that the table of a step that appends or merges will have. Lives as long as this.
  const Relation& whole_table(const Batch& batch);
  // How many these are.
  uint64_t rows_to_be(const Batch& batch) const;
  duckdb::Engine& duckdb();

 private:
  // What one pass reads of a source that grows.
  struct NewFiles {
    std::string source;
    std::vector<std::string> files;
    bool all = false;
    auto operator<=>(const NewFiles&) const = default;
  };

  std::map<std::string, Relation> execute(const plan::Graph& graph, const std::set<std::string>& wanted,
                                          const NewFiles* files);
  std::unique_ptr<formats::Scanner> open(const plan::Scan& scan, const NewFiles* files, BadRowsOfSources& found);
  void keep(BadRowsOfSources found);
  Relation run_in_duckdb(const plan::Foreign& step, const std::vector<Relation>& inputs);
  const std::string& step_of(const std::string& name) const;
  void compute_new_rows(const std::vector<Batch>& batches);
  void update_table(const Batch& batch);
  void append(const Batch& batch, Relation rows, TableUpdate& update);
  void merge(const Batch& batch, const Relation& rows, TableUpdate& update);
  void write_rest_again(const Batch& batch, TableUpdate& update);

  const Prepared& prepared_;
  const lake::Lake& lake_;
  const ExecutionOptions options_;
  const Cancellation& cancellation_;
  Progress& progress_;
  Workers workers_;
  std::optional<duckdb::Engine> duckdb_;
  std::map<std::string, const Batch*> batches_;  // by step
  // By source that grows and path: what tells the file of its rows.
  std::map<std::string, std::map<std::string, int64_t>> file_keys_;
  std::map<std::string, Relation> whole_tables_;  // by step
};

}  // namespace segue::runs

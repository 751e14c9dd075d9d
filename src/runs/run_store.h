// The history of runs: <project>/.segue/runs.db, one SQLite database a project, in WAL mode.
//
// A RunStore is used from one thread; many processes may have the file open. Throws Failure(kIo).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "columns/column.h"
#include "lake/publication.h"
#include "runs/records.h"
#include "runs/result.h"

namespace segue::runs {

// What a record says of an export that was not put into its place.
Error export_error(const lake::MissingExport& missing);

class RunStore {
 public:
  // Opens or makes the database. What runs of dead processes left as `running` becomes `killed` (a process is known by
  // its number and the time it began, so a number that was given again deceives nobody; runs of other hosts are left as
  // they are).
  explicit RunStore(const std::filesystem::path& project_folder);
  ~RunStore();
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;

  // Writes the record of a run that begins: state running, of this process.
  void begin(const RunResult& run);
  // Replaces everything known of the run, in one transaction.
  void finish(const RunResult& run);
  // A run whose publish was completed (or cleared) by a later start. What a run recorded itself once it had published
  // stays.
  void recovered(const lake::Recovered& run);

  // Newest first; of one pipeline, if one is named.
  std::vector<RunResult> list(size_t limit = 20, const std::string& pipeline = {}) const;
  // By id or by the beginning of an id that only one run has. Nothing if there is none.
  std::optional<RunResult> find(const std::string& id) const;
  // The ids that begin so, newest first.
  std::vector<std::string> ids(const std::string& beginning) const;
  // All rows of a table of records.
  Relation read(const RecordTable& table) const;
  // The newest run that published this table ("pipeline.step"), if any is known.
  std::optional<RunResult> last_of_table(const std::string& table) const;

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace segue::runs

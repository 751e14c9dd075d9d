// Which steps that replace their tables would make the rows again that are there, and so need not be computed.
//
// Each publish of such a step leaves a record in the lake (Lake::batch_record) of all that its rows were made of. It
// belongs to the table's version: after a rollback, the record is that of the version that came back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/lake.h"
#include "runs/batches.h"
#include "runs/prepare.h"
#include "runs/source_files.h"

namespace segue::runs {

// What the rows of one version of a table were made of.
struct InputRecord {
  std::string run;
  int64_t began = 0;  // µs since 1970 UTC; its export was written later
  uint64_t rows = 0;
  std::map<std::string, std::string> parts;              // of the definition: hashes, by what messages call them
  std::map<std::string, std::string> tables;             // of the lake: which state of each
  std::map<std::string, std::vector<SourceFile>> files;  // by source
  std::string lineage;                                   // print_lineage(), or empty; not read back
};

std::string print_record(const InputRecord& record);
// Nothing if the text is no such record: that of a step that appends or merges, of another version, a damaged one.
std::optional<InputRecord> parse_input_record(const std::string& text);

// What one run does for one step that replaces its table.
struct Renewal {
  const PreparedStep* step = nullptr;
  std::optional<lake::TableState> table;  // as it is; nothing if there is none yet
  std::string why;  // it is computed: "`plays` has changed: /data/plays.tsv"; empty: it is not, as nothing has changed
  InputRecord record;  // of the version to come, but for its rows

  bool unchanged() const { return why.empty(); }
};

struct RenewalOptions {
  std::string run;
  int64_t began = 0;    // µs since 1970 UTC
  std::string version;  // of Segue
  bool duckdb = false;  // computes all steps
  bool anew = false;    // compute all
};

// `batches`: of all steps that append or merge. Throws Failure(kIo), located in the definition.
std::vector<Renewal> plan_renewals(const Prepared& prepared, const lake::Lake& lake, const std::vector<Batch>& batches,
                                   const RenewalOptions& options, SourceFiles& files);

}  // namespace segue::runs

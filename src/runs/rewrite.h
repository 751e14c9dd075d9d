// Rows of published tables put together anew: some deleted, or all moved into fewer files. Only the files that hold rows
// in question are read and written again.
//
// DuckDB reads the files. Throws Failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "duckdb/database.h"
#include "lake/lake.h"
#include "plan/increment.h"

namespace segue::runs {

// A version of a table as DuckDB reads it, under this name; `file_column` as in ParquetTable. `cancellation` outlives it.
// Throws kIo if another program wrote its partitions elsewhere than in folders that tell their values.
duckdb::ParquetTable parquet_table(const lake::TableState& state, const std::string& name,
                                   const Cancellation& cancellation, const std::string& file_column = {});

struct RewriteOptions {
  size_t threads = 1;
  uint64_t memory = 0;                         // bytes; 0: as DuckDB chooses
  const Cancellation* cancellation = nullptr;  // not null
};

// What a table becomes: these rows in place of those files.
struct Rewritten {
  std::vector<std::string> files;  // of the table's version, by DataFile::path
  Relation rows;
  uint64_t removed = 0;  // rows of the files that are not among the new ones; of a merge: all of them
  // The rows have one column more, as those of the files do: which file of a source each came from (lake::kFileColumn).
  bool tells_file = false;
};

// The rows of the files that hold one for which the condition is true, without those. Mistakes in the condition are
// kUsage, with their place in it (file "<sql>").
Rewritten delete_rows(const lake::TableState& table, const std::string& condition, const RewriteOptions& options);

// How rows of one key become one.
struct MergeRule {
  std::vector<Field> fields;  // of the table
  std::vector<size_t> keys;   // columns
  // The row stays that has the greatest value here (NULL is the least); of those that have it, the one that is greatest
  // in the columns before it, in their order, so that it does not matter which came first.
  std::optional<size_t> latest_by;
  std::vector<plan::Combine> combine;  // without latest_by: how each column is combined
};

// New rows, and the rows of those files that have one of their keys, merged; in order of the keys. Without a table: the
// new rows among themselves. A new row with NULL in a key is kData.
Rewritten merge_rows(const lake::TableState* table, const Relation& added, const MergeRule& rule,
                     const RewriteOptions& options);

// The rows of the data files that hold one that came from these files of a source, without those. REQUIRES: all data
// files of the table tell.
Rewritten take_out_files(const lake::TableState& table, const std::vector<int64_t>& keys,
                         const RewriteOptions& options);

// Files of a table that are worth being put together: small ones of one partition, where there are several, up to as
// many as fit into memory at once.
std::vector<std::string> small_files(const lake::TableState& table);

// All rows of these files.
Rewritten gather_rows(const lake::TableState& table, const std::vector<std::string>& files,
                      const RewriteOptions& options);

}  // namespace segue::runs

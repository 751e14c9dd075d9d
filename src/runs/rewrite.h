// Rows of published tables put together anew: some deleted, or all moved into fewer files. Only the files that hold rows
// in question are read and written again.
//
// DuckDB reads the files. Throws Failure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "duckdb/database.h"
#include "lake/lake.h"

namespace segue::runs {

// A version of a table as DuckDB reads it, under this name. Throws kIo if another program wrote its partitions elsewhere
// than in folders that tell their values.
duckdb::ParquetTable parquet_table(const lake::TableState& state, const std::string& name);

struct RewriteOptions {
  size_t threads = 1;
  uint64_t memory = 0;                         // bytes; 0: as DuckDB chooses
  const Cancellation* cancellation = nullptr;  // not null
};

// What a table becomes: these rows in place of those files.
struct Rewritten {
  std::vector<std::string> files;  // of the table's version, by DataFile::path
  Relation rows;
  uint64_t removed = 0;  // rows of the files that are not among the new ones
};

// The rows of the files that hold one for which the condition is true, without those. Mistakes in the condition are
// kUsage, with their place in it (file "<sql>").
Rewritten delete_rows(const lake::TableState& table, const std::string& condition, const RewriteOptions& options);

// Files of a table that are worth being put together: small ones of one partition, where there are several, up to as
// many as fit into memory at once.
std::vector<std::string> small_files(const lake::TableState& table);

// All rows of these files.
Rewritten gather_rows(const lake::TableState& table, const std::vector<std::string>& files,
                      const RewriteOptions& options);

}  // namespace segue::runs

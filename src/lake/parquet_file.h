// Rows into Parquet files.
//
// zstd, row groups of an eighth of the rows, from 122,880 to limits::kRowGroupRows, so that readers can share out small
// tables too; min, max and null count of each column chunk. The encoding of a column follows from its values: few
// distinct ones in a sample, or texts that repeat within a row group -> dictionary; else integers, dates and timestamps
// DELTA_BINARY_PACKED, the rest PLAIN. Columns of a row group are converted, encoded and compressed in parallel, and of
// a large table several files are. A file that reaches kFileBytes is closed and the next begun.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "lake/table.h"
#include "storage/store.h"

namespace segue::lake {

// Files of this size are few enough to list and small enough to be read in parallel.
inline constexpr uint64_t kFileBytes = uint64_t{256} << 20;

struct WriteOptions {
  size_t threads = 1;
  const Cancellation* cancellation = nullptr;
  uint64_t file_bytes = kFileBytes;
  // Row groups that make a part of a table, which one thread writes to files of its own while others write other parts.
  size_t part_groups = 8;
  // Columns whose values part the rows (partition.h); then the paths of files begin with their folders, and no rows
  // make no file.
  std::vector<size_t> partition_by = {};
  bool tells_file = false;  // the last column is the one that the log does not name (kFileColumn)
};

// Writes all rows under `folder`, each file named by name(number); no rows make one file without rows, so that the
// columns are known. Every path is given to `created`, by one thread at a time, before the file exists. Not durable
// yet: see Store::sync. Throws Failure; files stay as they are then.
std::vector<DataFile> write_parquet(storage::Store& store, const std::string& folder, const Relation& rows,
                                    const WriteOptions& options, const std::function<std::string(size_t number)>& name,
                                    const std::function<void(const std::string& path)>& created);

}  // namespace segue::lake

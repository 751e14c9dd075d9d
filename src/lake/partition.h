// Tables in parts by the values of some columns: each part has files of its own, in folders as Hive names them, and the
// files lack these columns.
//
//   <table>/year=2018/month=11/part-00000-<run>-<id>.zstd.parquet
//   "add":{"path":"year=2018/month=11/part-…","partitionValues":{"year":"2018","month":"11"}, …}
// A value's text is Delta's (PROTOCOL.md, "Partition Value Serialization"); NULL is JSON's null, and in a path
// __HIVE_DEFAULT_PARTITION__. In a path, characters that file systems or Hive take for something else are %XX.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "columns/column.h"

namespace segue::lake {

// Partitions of what one run publishes of a table: each is a file of its own at least.
inline constexpr size_t kPartitions = 10'000;

using PartitionValues = std::map<std::string, std::optional<std::string>>;  // by column; nothing is NULL

// Rows [begin, end) of a batch.
struct RowRange {
  const Batch* batch;
  uint32_t begin, end;
};

struct Partition {
  PartitionValues values;
  std::string folder;            // "year=2018/month=11", relative to the table's
  std::vector<RowRange> ranges;  // in the order of the rows
  size_t rows = 0;
};

// What keeps a type from being a partition's: a clause ("a DOUBLE has no exact text"), or empty.
std::string why_no_partition(const Type& type);

// The rows in partitions, in the order in which each is met first. REQUIRES: columns that may be partitions', each
// named once. Throws Failure: kLimit if there are more than kPartitions, kData for a value that has no text of
// its own there ('', which readers take for NULL).
std::vector<Partition> split_partitions(const Relation& rows, const std::vector<size_t>& columns);

// Whether a file lies in the folders that stand for its values: then readers of folders see the same.
bool in_its_folder(const std::string& path, const PartitionValues& values);

}  // namespace segue::lake

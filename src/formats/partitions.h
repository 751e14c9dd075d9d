// Columns that a file lacks because folders above it tell their values, as Hive names them: year=2018/month=11.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns/type.h"
#include "columns/value.h"
#include "formats/scanner.h"

namespace segue::formats {

// The folder of NULL: `year=__HIVE_DEFAULT_PARTITION__`.
inline constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

// The text with each %XX replaced by that byte; other `%` stay.
std::string percent_decoded(std::string_view text);

// Whether a type can be that of such a column.
bool partition_type(const Type& type);

// The value that a partition's text stands for; nothing, and '', are NULL. Nothing if the text is no value of the type.
std::optional<Value> partition_value(const Type& type, const std::optional<std::string>& text);

// The values of these columns that the folders of a file tell; of several folders `name=…` the last counts. Names are
// compared letter for letter, %XX decoded. Throws Failure(kData) located at the file: no such folder, or a value that
// is none of the type. REQUIRES: partition_type() of each.
std::vector<Value> values_in_path(const std::string& path, const std::vector<Field>& columns);

// A source, some of whose columns are told for each file and not read.
struct PartitionedColumns {
  std::vector<Field> fields;               // all of the source, in its order
  std::vector<size_t> partitions;          // which of them are told, ascending
  std::vector<std::vector<Value>> values;  // of each file, in the order of `partitions`
  std::vector<size_t> columns;             // to hand on, in this order
  std::vector<size_t> used;                // as in DelimitedSource
};

// What is left for the scanner of the files.
struct FileColumns {
  std::vector<Field> fields;
  std::vector<size_t> columns, used;  // of these
};

// The scanner that `open` makes for the files' own columns, its batches completed by constant columns. REQUIRES: it
// tells the file of each morsel.
std::unique_ptr<Scanner> open_partitioned(const PartitionedColumns& columns,
                                          const std::function<std::unique_ptr<Scanner>(const FileColumns&)>& open);

}  // namespace segue::formats

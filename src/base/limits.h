// Every limit of the program, each with its reason. What can grow has a bound here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segue::limits {

// Delimited text is read in morsels of this size: large enough that a claim costs nothing, small enough to stay in cache.
inline constexpr size_t kMorselBytes = size_t{1} << 20;

// The longest row of a delimited file. A longer one is a bad row: it is nearly always an unbalanced file.
inline constexpr size_t kRowBytes = size_t{16} << 20;
static_assert(kRowBytes >= kMorselBytes);

// Rows of a batch: columns of a batch stay in the first- and second-level cache.
inline constexpr size_t kBatchRows = 4096;

// Raw text kept of a bad row, in bytes: enough to recognise it.
inline constexpr size_t kBadRowTextBytes = 4096;

// Bad rows kept in memory for the quarantine table; more than this ends the run.
inline constexpr size_t kBadRows = 1'000'000;

// Columns of a source, a step or a table.
inline constexpr size_t kColumns = 4096;

// Rows of a Parquet row group.
inline constexpr size_t kRowGroupRows = size_t{1} << 20;

// A definition file (segue.yaml, pipeline.yaml, a SQL file), in bytes.
inline constexpr size_t kDefinitionBytes = size_t{4} << 20;

// Threads of a run.
inline constexpr size_t kThreads = 256;

}  // namespace segue::limits

// Tables of the lake, read by a run: those that checks look into, and what a table had in its last version.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "formats/scanner.h"
#include "lake/table.h"
#include "quality/checks.h"

namespace segue::runs {

// The rows of a table, read by DuckDB into memory when it is opened. Throws Failure(kIo).
std::unique_ptr<formats::Scanner> open_lake_table(const lake::TableState& table, const std::vector<size_t>& columns,
                                                  size_t threads, const Cancellation& cancellation);

// Rows in memory, some columns of them. Shares their memory.
std::unique_ptr<formats::Scanner> open_rows(const Relation& rows, const std::vector<size_t>& columns);

// All rows of a table. Throws Failure(kIo).
Relation read_lake_table(const lake::TableState& table, size_t threads, const Cancellation& cancellation);

// The number of rows, and of NULLs in those of these columns that the table has: from its log, or counted where other
// writers left no statistics.
quality::Contents contents_of(const lake::TableState& table, const std::vector<std::string>& columns, size_t threads,
                              const Cancellation& cancellation);

}  // namespace segue::runs

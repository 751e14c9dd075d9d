// Published tables as sources: the files of one version, read natively.
#pragma once

#include <memory>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"
#include "formats/scanner.h"
#include "lake/table.h"
#include "runs/pruning.h"

namespace segue::runs {

// The columns of a table that its log tells for each file, ascending.
std::vector<size_t> partition_columns(const lake::TableState& table);

// The files that a reader needs.
std::vector<lake::DataFile> needed_files(const lake::TableState& table, const Readers& readers);

// Rows of a version of a table, in its order. All arguments outlive the scanner; `progress` may be null. Throws
// Failure(kIo) for files that are gone or no table's, located at them.
std::unique_ptr<formats::Scanner> open_table(const lake::TableState& table, const std::vector<size_t>& columns,
                                             size_t workers, const Cancellation& cancellation, Progress* progress,
                                             const Readers& readers = {});

}  // namespace segue::runs

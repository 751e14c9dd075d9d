// What the rows of a version are like: kept by the run that publishes it, or computed when somebody asks.
#pragma once

#include <optional>
#include <string>

#include "base/cancellation.h"
#include "lake/lake.h"
#include "quality/statistics.h"
#include "runs/batches.h"
#include "runs/execution.h"

namespace segue::runs {

// Those that were kept with this version; nothing if there are none that can be read.
std::optional<quality::TableStatistics> kept_statistics(const lake::Lake& lake, const lake::TableState& table);

// Of all rows of a version, which are read a column at a time. Throws Failure: kIo, kCancelled.
quality::TableStatistics computed_statistics(const lake::TableState& table, size_t threads,
                                             const Cancellation& cancellation);

// Of the table that a step which appends or merges will have. New rows that are appended are added to what was kept of
// those before; where nothing was, and where rows are replaced, the rows that stay are read. Throws Failure: kIo,
// kCancelled.
quality::TableStatistics statistics_to_be(const lake::Lake& lake, const Batch& batch, const TableUpdate& update,
                                          size_t threads, const Cancellation& cancellation);

}  // namespace segue::runs

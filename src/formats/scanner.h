// Reading a source: bytes of files in, batches of columns out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/workers.h"
#include "columns/column.h"
#include "formats/bad_rows.h"

namespace segue::formats {

// One source, opened. The engine calls scan() for every morsel from its workers, then finish() once.
class Scanner {
 public:
  virtual ~Scanner() = default;
  // Fixed when the source is opened.
  virtual size_t morsels() const = 0;
  virtual uint64_t bytes() const = 0;
  // The columns of the batches, in the order that was asked for.
  virtual const std::vector<Field>& fields() const = 0;
  // Of a source of files: which one a morsel is a part of.
  virtual size_t file(size_t /*morsel*/) const { return 0; }
  // Reads one morsel and hands its rows on, in batches of at most limits::kBatchRows rows with sequence == morsel.
  // Calls for different workers may run at the same time; `worker` < Workers::count(). A batch's memory is its own
  // (Column::owner), or lives as long as the Scanner. Memory of batches that are gone when emit() returns is used again
  // for the next; those that are kept cost what their columns hold. A bad row goes to BadRows and is left out. Throws
  // Failure for what is no matter of one row.
  virtual void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) = 0;
  // Ends the scan: works out line numbers of bad rows and applies the source's policy (throws Failure located at the
  // first bad row in the order of the files, whatever the threads did when). REQUIRES: scan() returned for every
  // morsel.
  virtual void finish() = 0;
  // The bad rows in order of files and lines, for the quarantine. REQUIRES: finish() returned. Empty the second time.
  virtual std::vector<BadRow> take_bad_rows() = 0;
};

}  // namespace segue::formats

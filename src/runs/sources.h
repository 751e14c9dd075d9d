// Opens the sources of a run and keeps what could not be read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"
#include "formats/scanner.h"
#include "plan/node.h"
#include "runs/prepare.h"

namespace segue::runs {

// The bad rows of each source whose scan has ended, by name. Used from the thread that executes.
using BadRowsOfSources = std::map<std::string, std::vector<formats::BadRow>>;

// The files that a source has now; none if it is a table. Throws Failure(kIo) if there are none, located at its path in
// the definition.
std::vector<std::string> files_of(const definition::Source& source, const Cancellation& cancellation);

// How many bytes a run would read of: without files that nobody needs. Throws as files_of() and open_source().
uint64_t bytes_of(const PreparedSource& source, const Cancellation& cancellation);

// Opens files of a source, all or some, without those that nobody needs (PreparedSource::readers). REQUIRES: all
// arguments but `files` outlive the scanner. Throws Failure: kIo; kData for folders that do not tell what they must,
// located at the file. `whole`: these are all files of the source; then its scan fails (kData) if there are bad rows and
// no good one, unless the definition says how many may be bad.
// `keys`, by path: what a column behind those of the source tells of each file (BIGINT), if it is asked for.
std::unique_ptr<formats::Scanner> open_source(const PreparedSource& source, std::vector<std::string> files,
                                              const std::vector<size_t>& columns, size_t workers,
                                              const Cancellation& cancellation, Progress* progress,
                                              BadRowsOfSources& bad_rows, bool whole = true,
                                              const std::map<std::string, int64_t>& keys = {});

}  // namespace segue::runs

// Opens the sources of a run and keeps what could not be read.
#pragma once

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

// REQUIRES: all arguments outlive the scanner. Throws Failure: kIo for missing files, located at the source's path in
// the definition.
std::unique_ptr<formats::Scanner> open_source(const PreparedSource& source, const std::vector<size_t>& columns,
                                              size_t workers, const Cancellation& cancellation, Progress* progress,
                                              BadRowsOfSources& bad_rows);

}  // namespace segue::runs

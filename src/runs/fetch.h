// Files of the web that sources name, downloaded into the project's folder.
#pragma once

#include "base/cancellation.h"
#include "base/progress.h"
#include "definition/definition.h"
#include "storage/download.h"

namespace segue::runs {

// Makes the file at `source.path` what the source's URL has now, or what its checksum says. Throws Failure as
// storage::download(), located in the definition. REQUIRES: the source has a URL.
storage::Downloaded fetch_source(const definition::Source& source, const Cancellation& cancellation,
                                 Progress* progress);

}  // namespace segue::runs

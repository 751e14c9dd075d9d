// The quarantine table of a pipeline, `<pipeline>.quarantine`: rows that could not be read, with what is needed to find
// and mend them.
//
// Each run replaces the rows of the sources that it read: they are what is bad in the sources as they are now. Older
// versions of the table keep what was bad before. It exists if a source of the pipeline quarantines, and is empty if
// nothing is bad.
#pragma once

#include <string>
#include <vector>

#include "columns/column.h"
#include "formats/bad_rows.h"

namespace segue::runs {

inline constexpr const char* kQuarantineTable = "quarantine";

// source, file, line, byte_offset, reason, text, run
std::vector<Field> quarantine_fields();

Relation quarantine_rows(const std::vector<formats::BadRow>& rows, const std::string& run);

}  // namespace segue::runs

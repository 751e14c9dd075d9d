// The quarantine table of a pipeline, `<pipeline>.quarantine`: rows that could not be read, and rows that were held back
// by checks, with what is needed to find and mend them.
//
// Each run replaces the rows of the sources that it read and of the steps that it computed: they are what is bad now.
// Older versions of the table keep what was bad before. It exists if a source or a check of the pipeline quarantines,
// and is empty if nothing is bad.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "columns/column.h"
#include "formats/bad_rows.h"
#include "lake/table.h"

namespace segue::runs {

inline constexpr const char* kQuarantineTable = "quarantine";

// source, step, file, line, byte_offset, reason, text, run: either `source` or `step` is NULL. Of a source's row `text`
// is what stands in the file; of a step's row it is the row as a JSON object, and file, line and byte_offset are NULL.
std::vector<Field> quarantine_fields();

// The rows in quarantine of a source that are of other files than these (absolute paths). Throws Failure(kIo).
Relation bad_rows_of_other_files(const lake::TableState& quarantine, const std::string& source,
                                 const std::set<std::string>& files, size_t threads, const Cancellation& cancellation);

Relation bad_rows_relation(const std::vector<formats::BadRow>& rows, const std::string& run);

// `held`: the step's columns, then the reason. Throws Failure(kLimit) if there are too many to keep.
Relation held_rows_relation(const std::string& step, const Relation& held, const std::string& run);

}  // namespace segue::runs

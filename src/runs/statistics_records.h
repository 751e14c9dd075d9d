// What is known of the columns of published tables, as a table: what `segue sql` shows as segue.statistics.
#pragma once

#include <vector>

#include "columns/column.h"
#include "lake/lake.h"

namespace segue::runs {

std::vector<Field> statistics_fields();

// A row a column of each version whose statistics were kept, oldest first; of the newest version, if there are none of
// it, what the log tells: rows, NULLs, bounds. Throws Failure(kIo).
Relation statistics_records(const lake::Lake& lake, const lake::TableName& table);

}  // namespace segue::runs

// What a few spots of the files say about how columns are best read.
#pragma once

#include <vector>

#include "formats/delimited.h"
#include "formats/line_reader.h"

namespace segue::formats {

struct ColumnHabits {
  bool coded = true;     // values repeat, so a dictionary pays
  bool repeats = false;  // nearly every row has the value of the one before
};

// One entry for each of `columns` (indices into source.fields). Reads half a megabyte at most.
std::vector<ColumnHabits> sample_columns(const DelimitedSource& source, const std::vector<InputFile>& files,
                                         const std::vector<size_t>& columns);

}  // namespace segue::formats

// What a version of a table was made from, column by column, as the record in the lake keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runs/prepare.h"

namespace segue::runs {

// A source of the pipeline, or a table of the lake.
struct Read {
  std::string name;  // "plays"; of a table "pipeline.step"
  bool table = false;
  std::string column;  // or empty: as a whole
};

struct ColumnLineage {
  std::string name;
  std::vector<Read> made_of;  // nothing of constants and counts of rows
};

struct TableLineage {
  std::vector<Read> reads;             // as a whole; views are looked through in what follows
  std::vector<ColumnLineage> columns;  // all of the table, or none if `unknown` says why
  std::vector<Read> rows;              // what decides which rows there are
  std::string unknown;
};

// As JSON, for a record. REQUIRES: the step is one of `prepared`.
std::string print_lineage(const Prepared& prepared, const PreparedStep& step);
// Of a record of a version (Lake::batch_record). Nothing if it has none: an older version made it.
std::optional<TableLineage> parse_lineage(const std::string& record);

}  // namespace segue::runs

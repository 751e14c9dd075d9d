// What the log says of a file: Delta's `stats` (PROTOCOL.md, "Per-file Statistics"), made from the Parquet footer.
//
//   {"numRecords":3,"minValues":{"user_id":"user_000001","started_at":"2009-05-04T23:08:57.000Z"},"maxValues":{…},"nullCount":{"user_id":0,
//   …}}
//
// min and max bound the values, they need not be values: strings are cut to 32 characters (a cut maximum gets a
// U+10FFFF behind it), timestamps are milliseconds (a maximum is rounded up). Left out, which readers take for unknown:
// bounds of BOOLEAN and BLOB, of columns without values, of floating columns with a NaN (greater than all numbers in
// SQL, absent from Parquet's bounds), of dates outside the years 1 to 9999; everything inside lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "columns/type.h"

namespace parquet {
class FileMetaData;
}

namespace segue::lake {

// What the footer does not say of a top-level column.
struct ColumnFacts {
  bool nan = false;         // FLOAT, DOUBLE: a NaN is among the values (nested ones count)
  uint64_t null_lists = 0;  // LIST: how many are NULL
};

// REQUIRES: `footer` is of a file with these columns, written by parquet_file.h; facts has an entry for each of them.
std::string delta_statistics(const std::vector<Field>& fields, const parquet::FileMetaData& footer,
                             const std::vector<ColumnFacts>& facts);

}  // namespace segue::lake

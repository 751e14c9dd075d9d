// What a few spots of the files say about how columns are best read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "formats/line_reader.h"

namespace segue::formats {

struct ColumnHabits {
  bool coded = true;     // values repeat, so a dictionary pays
  bool repeats = false;  // nearly every row has the value of the one before
};

// What was seen of some columns.
class ColumnSample {
 public:
  explicit ColumnSample(size_t columns) : seen_(columns) {}
  // What follows stands elsewhere.
  void begin_spot() {
    for (Seen& column : seen_) column.before.clear();
  }
  // The value of the next row that has one.
  void see(size_t column, std::string_view value);
  // `share`: of all bytes, how many were seen.
  std::vector<ColumnHabits> habits(double share) const;

 private:
  struct Seen {
    size_t values = 0, repeats = 0;
    std::unordered_set<uint64_t> distinct;
    std::string before;
  };
  static bool worth_coding(const Seen& seen, double values_in_all);
  std::vector<Seen> seen_;
};

// One entry for each of the columns. Reads half a megabyte at most: see_rows() is shown spots all over the files, or
// begins of files if a row can't be found from `anywhere`; at_begin says which it is. A text is not empty; it may be
// cut within a row at its end, and at its begin.
std::vector<ColumnHabits> sample_columns(
    const std::vector<InputFile>& files, size_t columns, bool anywhere,
    const std::function<void(std::string_view text, bool at_begin, ColumnSample& sample)>& see_rows);

}  // namespace segue::formats

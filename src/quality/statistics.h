// What is known of a table's columns, and how it is kept with a version.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/workers.h"
#include "columns/column.h"
#include "quality/column_sketch.h"

namespace segue::quality {

// A value, and what it stands for: 0.5 is the median. Exact where `distinct` is, else as near as QuantileSketch says.
struct Quantile {
  double at = 0;
  Value value;
  bool operator==(const Quantile&) const = default;
};

inline constexpr double kQuantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

struct ColumnStatistics {
  std::string name;
  Type type;
  uint64_t nulls = 0;
  std::optional<uint64_t> distinct;     // not of lists and structs
  bool estimated = false;               // `distinct`: a standard error of 1.15 %
  Value min, max;                       // NULL if there is none; not of lists and structs
  std::vector<FrequentValue> frequent;  // the ten most frequent, most first; empty if all come once
  std::vector<Quantile> quantiles;      // of numbers and times: at kQuantiles
  std::vector<uint64_t> histogram;  // likewise: rows in 16 equal steps from the least to the greatest; if these differ
  bool operator==(const ColumnStatistics&) const = default;
};

struct TableStatistics {
  uint64_t rows = 0;
  std::vector<ColumnStatistics> columns;
  std::vector<ColumnSketch> sketches;  // one a column, to be merged with those of more rows; or none

  bool mergeable() const { return sketches.size() == columns.size(); }
};

// A column with its rows, as a relation of its own.
using ReadColumn = std::function<Relation(size_t column)>;

// Column by column; each is read once, and let go before the next. `mergeable`: with sketches. Throws what `read`
// throws, and Failure(kCancelled).
TableStatistics table_statistics(const std::vector<Field>& fields, const ReadColumn& read, Workers& workers,
                                 bool mergeable);
TableStatistics table_statistics(const Relation& rows, Workers& workers, bool mergeable);

// Of the rows of both. REQUIRES: both are mergeable, and of the same columns.
TableStatistics merge(const TableStatistics& a, const TableStatistics& b);

// As JSON, to be kept. What was printed by another version of Segue, or is damaged, is nothing.
std::string print(const TableStatistics& statistics);
std::optional<TableStatistics> parse_statistics(std::string_view text);

// Whether they are of columns of these names and types, in this order.
bool is_of(const TableStatistics& statistics, const std::vector<Field>& fields);

}  // namespace segue::quality

// What is known of a column's values, in a form that can be merged with what is known of other rows.
//
// All that it holds is a function of the values, so neither the number of threads nor the order of rows changes it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/workers.h"
#include "columns/column.h"
#include "columns/value.h"
#include "quality/distinct_sketch.h"
#include "quality/quantile_sketch.h"

namespace segue::quality {

// A value that many rows have: `rows` of them, and `more` at the most besides.
struct FrequentValue {
  Value value;  // texts are cut: see cut_text()
  uint64_t rows = 0;
  uint64_t more = 0;
  bool operator==(const FrequentValue&) const = default;
};

struct ColumnSketch {
  Type type;
  uint64_t rows = 0;
  uint64_t nulls = 0;
  // The rest is not of lists and structs.
  Value min, max;  // in SQL's order, NaN after all numbers; texts are cut; NULL if there is no value
  std::optional<DistinctSketch> distinct;   // only of what is to be merged, or where it is the only one to tell
  std::optional<uint64_t> exact_distinct;   // where it is known
  std::vector<FrequentValue> frequent;      // by their rows, most first, then by their values
  uint64_t others = 0;                      // no value that is not among them has more rows
  std::optional<QuantileSketch> quantiles;  // of finite numbers, dates and timestamps; not where `frequent` is all
};

// Where `frequent` is cut: a column with no more values than these is known exactly.
inline constexpr size_t kFrequentValues = 1024;

// Numbers, dates, timestamps: what has quantiles and a histogram.
bool measurable(const Type& type);

// The value as a number, on the scale of QuantileSketch; nothing if it is infinite, or none. REQUIRES: measurable,
// not NULL.
std::optional<double> measure(const Value& value);

// What is kept of a text: 256 bytes, then "…"; of a BLOB, 256 bytes.
std::string cut_text(std::string_view text, const Type& type);

// SQL's order of two values of one type, neither NULL.
bool value_less(const Value& a, const Value& b);

// Reads the values twice. `relation`: this one column. `mergeable`: with all that merge() needs. Throws
// Failure(kCancelled).
ColumnSketch sketch_column(const Relation& relation, Workers& workers, bool mergeable);

// REQUIRES: both were made mergeable, of the same type. A value that only one of them lists has `more` rows then.
ColumnSketch merge(const ColumnSketch& a, const ColumnSketch& b);

}  // namespace segue::quality

#include "quality/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::quality {
namespace {

constexpr size_t kShown = 10;
constexpr size_t kSteps = 16;

// Numbers of some rows, in ascending order: one if low == high, else any from low to high.
struct Range {
  double low = 0, high = 0;
  uint64_t rows = 0;
  Value value;  // if it is one that is known
};

bool whole(const Type& type) { return type.id != TypeId::kFloat && type.id != TypeId::kDouble; }

// The column's finite numbers: each by itself where all are listed, else in buckets.
std::vector<Range> spread(const ColumnSketch& sketch) {
  std::vector<Range> ranges;
  if (!measurable(sketch.type) || sketch.min.null()) return ranges;
  if (sketch.others == 0) {
    for (const FrequentValue& each : sketch.frequent)
      if (std::optional<double> number = measure(each.value))
        ranges.push_back({*number, *number, each.rows, each.value});
    std::ranges::sort(ranges, [](const Range& a, const Range& b) { return value_less(a.value, b.value); });
    return ranges;
  }
  SEGUE_ASSERT(sketch.quantiles.has_value());
  double least = measure(sketch.min).value_or(-std::numeric_limits<double>::infinity());
  double greatest = measure(sketch.max).value_or(std::numeric_limits<double>::infinity());
  for (const QuantileSketch::Bucket& bucket : sketch.quantiles->buckets()) {
    Range range{bucket.low, bucket.high, bucket.rows, {}};
    if (range.low > range.high) std::swap(range.low, range.high);
    if (whole(sketch.type)) {
      range.low = std::ceil(range.low);
      range.high = std::max(range.low, std::floor(range.high));
    }
    range.low = std::clamp(range.low, least, greatest);
    range.high = std::clamp(range.high, least, greatest);
    ranges.push_back(range);
  }
  return ranges;
}

// A number as a value of the column, as exactly as it is known: `width` is of the range it was found in.
Value value_of(const Type& type, double number, double width) {
  constexpr double kSecond = 1e6;
  if (type.wide_decimal()) return {type, static_cast<Int128>(number)};
  if (whole(type)) {
    if (type.id == TypeId::kTimestamp && width > 2 * kSecond) number = std::floor(number / kSecond) * kSecond;
    constexpr double kEnd = 9223372036854774784.0;  // the greatest double below 2^63
    return {type, static_cast<int64_t>(std::clamp(number, -kEnd, kEnd))};
  }
  if (width == 0) return {type, number};
  double rounded = std::strtod(fmt::format("{:.6g}", number).c_str(), nullptr);
  return {type, std::isfinite(rounded) ? rounded : number};
}

// The value of the row that stands behind a part `at` of all rows in ascending order, as SQL's quantile_disc has it.
Quantile quantile(const Type& type, const std::vector<Range>& ranges, uint64_t rows, double at) {
  auto rank = static_cast<uint64_t>(std::ceil(at * static_cast<double>(rows)));
  rank = std::clamp<uint64_t>(rank, 1, rows);
  uint64_t passed = 0;
  for (const Range& range : ranges) {
    if (passed + range.rows < rank) {
      passed += range.rows;
      continue;
    }
    if (!range.value.null()) return {at, range.value};
    double part = (static_cast<double>(rank - passed) - 0.5) / static_cast<double>(range.rows);
    double width = range.high - range.low;
    double number = range.low + part * width;
    if (whole(type)) number = std::floor(range.low + part * (width + 1));
    return {at, value_of(type, std::clamp(number, range.low, range.high), width)};
  }
  fail(ErrorCode::kInternal, "a quantile behind all rows");
}

// Rows in equal steps. A range counts where its middle is.
std::vector<uint64_t> histogram(const std::vector<Range>& ranges) {
  if (ranges.empty() || ranges.front().low >= ranges.back().high) return {};
  double low = ranges.front().low, size = ranges.back().high - low;
  std::vector<uint64_t> steps(kSteps);
  for (const Range& range : ranges) {
    double middle = range.low + (range.high - range.low) / 2;
    // Halves, so that the size of all doubles is one.
    double part =
        std::isfinite(size) ? (middle - low) / size : (middle / 2 - low / 2) / (ranges.back().high / 2 - low / 2);
    steps[std::min(kSteps - 1, static_cast<size_t>(std::max(0.0, part) * kSteps))] += range.rows;
  }
  return steps;
}

ColumnStatistics describe(const std::string& name, const ColumnSketch& sketch) {
  ColumnStatistics column;
  column.name = name;
  column.type = sketch.type;
  column.nulls = sketch.nulls;
  column.min = sketch.min;
  column.max = sketch.max;
  if (sketch.type.nested()) return column;
  column.estimated = !sketch.exact_distinct;
  column.distinct = sketch.exact_distinct;
  if (!column.distinct) {
    // More are not possible, and fewer than are listed neither.
    auto about = static_cast<uint64_t>(std::llround(sketch.distinct->estimate()));
    uint64_t most = sketch.rows - sketch.nulls;
    column.distinct = std::clamp<uint64_t>(about, std::min<uint64_t>(sketch.frequent.size(), most), most);
  }
  // Values that come once are no more frequent than any other.
  for (const FrequentValue& each : sketch.frequent) {
    if (each.rows <= 1 || column.frequent.size() == kShown) break;
    column.frequent.push_back(each);
  }
  std::vector<Range> ranges = spread(sketch);
  uint64_t rows = 0;
  for (const Range& range : ranges) rows += range.rows;
  if (rows == 0) return column;
  for (double at : kQuantiles) column.quantiles.push_back(quantile(sketch.type, ranges, rows, at));
  column.histogram = histogram(ranges);
  return column;
}

void add_column(TableStatistics& statistics, const std::string& name, ColumnSketch sketch, bool mergeable) {
  statistics.columns.push_back(describe(name, sketch));
  if (mergeable) statistics.sketches.push_back(std::move(sketch));
}

}  // namespace

TableStatistics table_statistics(const std::vector<Field>& fields, const ReadColumn& read, Workers& workers,
                                 bool mergeable) {
  TableStatistics statistics;
  for (size_t i = 0; i < fields.size(); ++i) {
    ColumnSketch sketch = sketch_column(read(i), workers, mergeable);
    statistics.rows = sketch.rows;
    add_column(statistics, fields[i].name, std::move(sketch), mergeable);
  }
  return statistics;
}

TableStatistics table_statistics(const Relation& rows, Workers& workers, bool mergeable) {
  auto read = [&](size_t column) {
    Relation one{{rows.fields[column]}, {}};
    for (const Batch& batch : rows.batches) {
      Batch& picked = one.batches.emplace_back();
      picked.rows = batch.rows;
      picked.columns.push_back(batch.columns[column]);
    }
    return one;
  };
  return table_statistics(rows.fields, read, workers, mergeable);
}

TableStatistics merge(const TableStatistics& a, const TableStatistics& b) {
  SEGUE_ASSERT(a.mergeable() && b.mergeable() && a.columns.size() == b.columns.size());
  TableStatistics sum;
  sum.rows = a.rows + b.rows;
  for (size_t i = 0; i < a.columns.size(); ++i)
    add_column(sum, a.columns[i].name, merge(a.sketches[i], b.sketches[i]), true);
  return sum;
}

bool is_of(const TableStatistics& statistics, const std::vector<Field>& fields) {
  return std::ranges::equal(statistics.columns, fields, [](const ColumnStatistics& column, const Field& field) {
    return column.name == field.name && column.type == field.type;
  });
}

}  // namespace segue::quality

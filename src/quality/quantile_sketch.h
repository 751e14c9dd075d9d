// How numbers are spread: counts of values in buckets as fine as memory allows.
//
// Buckets are of the scale on which distances are even below a unit and logarithmic above it: bits of the double
// |v| / unit + 1, with v's sign. A bucket is a row of 2^shift such bit patterns, where shift is the least at which all
// values fall into kBuckets buckets side by side. So a bucket is no wider than 0.4 % of the whole numbers in it, and 0.8 %
// of other numbers if they are all between 10^-15 and 10^15, or 0; and much narrower where values lie close together, as
// moments do. Small whole numbers have a bucket each.
//
// This is the uniform collapse of UDDSketch (Epicoco et al., "UDDSketch: Accurate Tracking of Quantiles in Data Streams",
// 2020) on the buckets of an HDR histogram. What a sketch holds depends on the values alone: not on their order, nor on
// how they were split before sketches were merged. That is why it is our own: KLL and t-digest of libraries (Apache
// DataSketches; Arrow keeps its own among its private headers) depend on chance or on order.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace segue::quality {

// A value: one thread at a time.
class QuantileSketch {
 public:
  // Whole numbers have unit 1; of others, the smallest that are told from 0 beside large ones are 2^-50.
  explicit QuantileSketch(bool whole) : scale_(whole ? 1.0 : 0x1p50) {}

  // REQUIRES: value is finite.
  void add(double value) {
    int64_t key = key_of(value);
    uint64_t at = static_cast<uint64_t>(key >> shift_) - static_cast<uint64_t>(first_);
    if (at >= counts_.size()) [[unlikely]] {
      make_room(key);
      at = static_cast<uint64_t>(key >> shift_) - static_cast<uint64_t>(first_);
    }
    ++counts_[at];
    ++rows_;
  }
  // REQUIRES: both are of the same kind of numbers.
  void merge(const QuantileSketch& other);

  uint64_t rows() const { return rows_; }

  struct Bucket {
    double low = 0, high = 0;  // the least and the greatest number that falls into it
    uint64_t rows = 0;
  };
  // Those with rows, in ascending order.
  std::vector<Bucket> buckets() const;

  // To be kept, in no more than `most` buckets: shift, then of each bucket the distance from the one before (of the
  // first, from 0) and its rows. Nothing if the numbers are none of these.
  std::vector<int64_t> print(size_t most) const;
  static std::optional<QuantileSketch> parse(bool whole, const std::vector<int64_t>& numbers);

  bool operator==(const QuantileSketch& other) const;

 private:
  static constexpr size_t kBuckets = size_t{1} << 15;
  static constexpr int64_t kOne = std::bit_cast<int64_t>(1.0);

  static constexpr int64_t kMostKey = std::bit_cast<int64_t>(std::numeric_limits<double>::max()) - kOne;

  int64_t key_of(double value) const {
    double scaled = std::abs(value) * scale_ + 1;
    if (scaled > std::numeric_limits<double>::max()) scaled = std::numeric_limits<double>::max();
    int64_t key = std::bit_cast<int64_t>(scaled) - kOne;
    return value < 0 ? -key : key;
  }
  double value_of(int64_t key) const;
  std::pair<int64_t, int64_t> ends() const;
  void make_room(int64_t key);
  void settle(int shift, int64_t low, int64_t high);
  QuantileSketch settled() const;

  double scale_;
  int shift_ = 0;
  int64_t first_ = 0;  // the bucket of counts_[0]
  // Twice kBuckets, or none, so that room for a value more is seldom missing. What is looked at from outside is settled:
  // then no more than kBuckets are between the first and the last with rows.
  std::vector<uint64_t> counts_;
  uint64_t rows_ = 0;
};

}  // namespace segue::quality

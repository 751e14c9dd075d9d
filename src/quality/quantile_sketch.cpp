#include "quality/quantile_sketch.h"

#include <algorithm>

#include "base/error.h"

namespace segue::quality {
namespace {

// More than all tables have, and sums of it are far from the end of 64 bits.
constexpr int64_t kMostRows = int64_t{1} << 40;

}  // namespace

double QuantileSketch::value_of(int64_t key) const {
  int64_t size = std::min(std::abs(key), kMostKey);
  double value = (std::bit_cast<double>(size + kOne) - 1) / scale_;
  return key < 0 ? -value : value;
}

// The first and the last bucket with rows. REQUIRES: there are some.
std::pair<int64_t, int64_t> QuantileSketch::ends() const {
  auto some = [](uint64_t rows) { return rows != 0; };
  auto low = std::find_if(counts_.begin(), counts_.end(), some) - counts_.begin();
  auto high = std::find_if(counts_.rbegin(), counts_.rend(), some).base() - counts_.begin() - 1;
  return {first_ + low, first_ + high};
}

void QuantileSketch::make_room(int64_t key) {
  if (rows_ == 0) return settle(shift_, key >> shift_, key >> shift_);
  auto [low, high] = ends();
  settle(shift_, std::min(low, key >> shift_), std::max(high, key >> shift_));
}

// Makes buckets of this shift or the next at which all between these two fit, and puts them into the middle. REQUIRES:
// shift >= shift_; low and high are buckets of `shift`, and none with rows is outside of them.
void QuantileSketch::settle(int shift, int64_t low, int64_t high) {
  while (static_cast<uint64_t>(high) - static_cast<uint64_t>(low) >= kBuckets) {
    low >>= 1;
    high >>= 1;
    ++shift;
  }
  int64_t first = low - (static_cast<int64_t>(kBuckets) * 2 - (high - low + 1)) / 2;
  if (!counts_.empty() && shift == shift_ && first == first_) return;
  std::vector<uint64_t> counts(kBuckets * 2);
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    int64_t bucket = (first_ + static_cast<int64_t>(i)) >> (shift - shift_);
    counts[static_cast<size_t>(bucket - first)] += counts_[i];
  }
  counts_ = std::move(counts);
  shift_ = shift;
  first_ = first;
}

QuantileSketch QuantileSketch::settled() const {
  QuantileSketch copy = *this;
  if (rows_ == 0) return copy;
  auto [low, high] = ends();
  copy.settle(shift_, low, high);
  return copy;
}

void QuantileSketch::merge(const QuantileSketch& other) {
  SEGUE_ASSERT(scale_ == other.scale_);
  if (other.rows_ == 0) return;
  auto [low, high] = other.ends();
  int shift = std::max(shift_, other.shift_);
  low >>= shift - other.shift_;
  high >>= shift - other.shift_;
  if (rows_ != 0) {
    auto [own_low, own_high] = ends();
    low = std::min(low, own_low >> (shift - shift_));
    high = std::max(high, own_high >> (shift - shift_));
  }
  settle(shift, low, high);
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] == 0) continue;
    int64_t bucket = (other.first_ + static_cast<int64_t>(i)) >> (shift_ - other.shift_);
    counts_[static_cast<size_t>(bucket - first_)] += other.counts_[i];
  }
  rows_ += other.rows_;
}

std::vector<QuantileSketch::Bucket> QuantileSketch::buckets() const {
  QuantileSketch sketch = settled();
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < sketch.counts_.size(); ++i) {
    if (sketch.counts_[i] == 0) continue;
    int64_t low = (sketch.first_ + static_cast<int64_t>(i)) << sketch.shift_;
    int64_t high = low + ((int64_t{1} << sketch.shift_) - 1);
    buckets.push_back({value_of(low), value_of(high), sketch.counts_[i]});
  }
  return buckets;
}

std::vector<int64_t> QuantileSketch::print(size_t most) const {
  QuantileSketch sketch = settled();
  auto with_rows = [&] {
    return static_cast<size_t>(std::ranges::count_if(sketch.counts_, [](uint64_t rows) { return rows != 0; }));
  };
  while (with_rows() > most) {
    auto [low, high] = sketch.ends();
    sketch.settle(sketch.shift_ + 1, low >> 1, high >> 1);
  }
  std::vector<int64_t> numbers{sketch.shift_};
  int64_t before = 0;
  for (size_t i = 0; i < sketch.counts_.size(); ++i) {
    if (sketch.counts_[i] == 0) continue;
    int64_t bucket = sketch.first_ + static_cast<int64_t>(i);
    numbers.push_back(bucket - std::exchange(before, bucket));
    numbers.push_back(static_cast<int64_t>(sketch.counts_[i]));
  }
  return numbers;
}

std::optional<QuantileSketch> QuantileSketch::parse(bool whole, const std::vector<int64_t>& numbers) {
  if (numbers.size() % 2 == 0 || numbers.size() > 2 * kBuckets + 1 || numbers[0] < 0 || numbers[0] > 62)
    return std::nullopt;
  QuantileSketch sketch(whole);
  sketch.shift_ = static_cast<int>(numbers[0]);
  // All keys are between these, so that sums below cannot overflow.
  const int64_t most = kMostKey >> sketch.shift_;
  const int64_t least = -most - 1;
  std::vector<std::pair<int64_t, uint64_t>> buckets;
  int64_t bucket = 0;
  for (size_t i = 1; i < numbers.size(); i += 2) {
    int64_t gap = numbers[i], rows = numbers[i + 1];
    if ((i != 1 && gap <= 0) || rows <= 0 || rows > kMostRows || gap < least - bucket || gap > most - bucket)
      return std::nullopt;
    bucket += gap;
    sketch.rows_ += static_cast<uint64_t>(rows);
    buckets.emplace_back(bucket, static_cast<uint64_t>(rows));
  }
  if (buckets.empty()) return sketch;
  if (static_cast<uint64_t>(bucket) - static_cast<uint64_t>(buckets[0].first) >= kBuckets) return std::nullopt;
  sketch.settle(sketch.shift_, buckets[0].first, bucket);
  for (auto [at, rows] : buckets) sketch.counts_[static_cast<size_t>(at - sketch.first_)] = rows;
  return sketch;
}

bool QuantileSketch::operator==(const QuantileSketch& other) const {
  QuantileSketch a = settled(), b = other.settled();
  return a.scale_ == b.scale_ && a.rows_ == b.rows_ && a.shift_ == b.shift_ && a.counts_ == b.counts_ &&
         (a.rows_ == 0 || a.first_ == b.first_);
}

}  // namespace segue::quality

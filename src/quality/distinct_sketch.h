// How many different values there are, about: HyperLogLog (Flajolet et al. 2007) with Ertl's estimator ("New
// cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6), which needs no tables and has no bias
// for few values.
//
// A standard error of 1.15 % in 8 KiB. What a sketch holds depends on the set of values alone: not on their order, nor
// on how they were split before sketches were merged. That is why it is our own: the HllSketch of Apache DataSketches
// (headers of the PyPI package `datasketches`) counts on the way, in an order.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue::quality {

// A value: one thread at a time.
class DistinctSketch {
 public:
  // `hash`: of 64 good bits; equal values have equal ones.
  void add(uint64_t hash) {
    auto rank = static_cast<uint8_t>(std::countl_zero(hash << kBits | uint64_t{1} << (kBits - 1)) + 1);
    uint8_t& held = ranks_[hash >> (64 - kBits)];
    if (rank > held) held = rank;
  }
  void merge(const DistinctSketch& other);
  double estimate() const;

  // A character a register, to be kept; nothing if the text is none of these.
  std::string print() const;
  static std::optional<DistinctSketch> parse(std::string_view text);
  bool operator==(const DistinctSketch&) const = default;

 private:
  static constexpr int kBits = 13;
  static constexpr size_t kRegisters = size_t{1} << kBits;
  static constexpr int kMostRank = 64 - kBits + 1;

  std::array<uint8_t, kRegisters> ranks_{};
};

}  // namespace segue::quality

#include "quality/distinct_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace segue::quality {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

// x + the sum of x^(2^k) * 2^(k-1) for k from 1 on.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double sum = x, before = -1;
  for (double factor = 1; sum != before; factor += factor) {
    x *= x;
    before = sum;
    sum += x * factor;
  }
  return sum;
}

// (1 - x - the sum of (1 - x^(2^-k))^2 * 2^-k for k from 1 on) / 3.
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x, before = -1;
  for (double factor = 0.5; sum != before; factor *= 0.5) {
    x = std::sqrt(x);
    before = sum;
    sum -= (1 - x) * (1 - x) * factor;
  }
  return sum / 3;
}

}  // namespace

void DistinctSketch::merge(const DistinctSketch& other) {
  for (size_t i = 0; i < kRegisters; ++i) ranks_[i] = std::max(ranks_[i], other.ranks_[i]);
}

double DistinctSketch::estimate() const {
  constexpr double kCount = kRegisters;
  std::array<double, kMostRank + 1> registers{};
  for (uint8_t rank : ranks_) registers[rank] += 1;
  double z = kCount * tau(1 - registers[kMostRank] / kCount);
  for (int rank = kMostRank - 1; rank >= 1; --rank) z = 0.5 * (z + registers[static_cast<size_t>(rank)]);
  z += kCount * sigma(registers[0] / kCount);
  return kCount * kCount / (2 * std::numbers::ln2 * z);
}

std::string DistinctSketch::print() const {
  std::string text(kRegisters, '0');
  for (size_t i = 0; i < kRegisters; ++i) text[i] = kDigits[ranks_[i]];
  return text;
}

std::optional<DistinctSketch> DistinctSketch::parse(std::string_view text) {
  if (text.size() != kRegisters) return std::nullopt;
  DistinctSketch sketch;
  for (size_t i = 0; i < kRegisters; ++i) {
    size_t rank = kDigits.find(text[i]);
    if (rank > kMostRank) return std::nullopt;
    sketch.ranks_[i] = static_cast<uint8_t>(rank);
  }
  return sketch;
}

}  // namespace segue::quality

// Random numbers that are the same on every machine: integers and the basic operations of IEEE 754 alone. The C
// library's exp and log may differ in their last bit from one processor to the next.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/hash.h"

namespace segue::generate {

// wyrand: a counter, mixed. Equal seeds give equal numbers.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(hash_word(seed)) {}
  uint64_t next() {
    state_ += 0xA0761D6478BD642Full;
    return mix(state_, state_ ^ 0xE7037ED1A0B428DBull);
  }
  // 0 … n - 1. REQUIRES: 0 < n < 2^32.
  uint32_t below(uint64_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }
  // [0, 1)
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double share) { return unit() < share; }

 private:
  uint64_t state_;
};

// 2^x for |x| <= 1000, to about 1e-12 relative: the integer part exactly, the rest by the series of e^x.
inline double power_of_two(double x) {
  double whole = std::floor(x);
  double rest = (x - whole) * 0.69314718055994530942;
  double term = 1, sum = 1;
  for (int i = 1; i <= 14; ++i) {
    term = term * rest / i;
    sum += term;
  }
  return std::ldexp(sum, static_cast<int>(whole));
}

// log2 of x > 0, to about 1e-12: the exponent exactly, the rest by the series of the area hyperbolic tangent.
inline double log_of_two(double x) {
  int exponent = 0;
  double part = std::frexp(x, &exponent);  // [0.5, 1)
  if (part < 0.70710678118654752440) {
    part *= 2;
    --exponent;
  }
  double ratio = (part - 1) / (part + 1), square = ratio * ratio;
  double term = ratio, sum = 0;
  for (int i = 1; i < 34; i += 2) {
    sum += term / i;
    term *= square;
  }
  return exponent + sum * 2 * 1.44269504088896340736;
}

// e^x
inline double exponential(double x) { return power_of_two(x * 1.44269504088896340736); }

// The x below which a standard normal variable falls with probability p in (0, 1); P. J. Acklam's rational
// approximation, 1e-9 relative.
inline double normal_quantile(double p) {
  constexpr double kA[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                           1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double kB[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                           -1.328068155288572e+01};
  constexpr double kC[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                           -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double kD[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  auto tail = [&](double q) {
    return (((((kC[0] * q + kC[1]) * q + kC[2]) * q + kC[3]) * q + kC[4]) * q + kC[5]) /
           ((((kD[0] * q + kD[1]) * q + kD[2]) * q + kD[3]) * q + 1);
  };
  constexpr double kLow = 0.02425;
  auto root = [](double x) { return std::sqrt(-2 * 0.69314718055994530942 * log_of_two(x)); };
  if (p < kLow) return tail(root(p));
  if (p > 1 - kLow) return -tail(root(1 - p));
  double q = p - 0.5, r = q * q;
  return (((((kA[0] * r + kA[1]) * r + kA[2]) * r + kA[3]) * r + kA[4]) * r + kA[5]) * q /
         (((((kB[0] * r + kB[1]) * r + kB[2]) * r + kB[3]) * r + kB[4]) * r + 1);
}

}  // namespace segue::generate

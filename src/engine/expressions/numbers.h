// Small helpers of the number kernels. Internal to the evaluator.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "columns/type.h"

namespace segue::engine {

using Unsigned128 = unsigned __int128;

template <class T>
struct Wrapping : std::make_unsigned<T> {};
template <>
struct Wrapping<Int128> {
  using type = Unsigned128;
};
// The type whose arithmetic wraps around.
template <class T>
using Wrapped = typename Wrapping<T>::type;

template <class T>
constexpr T lowest() {
  if constexpr (std::is_same_v<T, Int128>) {
    return static_cast<Int128>(Unsigned128{1} << 127);
  } else {
    return std::numeric_limits<T>::lowest();
  }
}
template <class T>
constexpr T highest() {
  if constexpr (std::is_same_v<T, Int128>) {
    return ~lowest<Int128>();
  } else {
    return std::numeric_limits<T>::max();
  }
}

template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, int8_t>) return "TINYINT";
  if constexpr (std::is_same_v<T, int16_t>) return "SMALLINT";
  if constexpr (std::is_same_v<T, int32_t>) return "INTEGER";
  if constexpr (std::is_same_v<T, int64_t>) return "BIGINT";
  if constexpr (std::is_same_v<T, Int128>) return "HUGEINT";
  if constexpr (std::is_same_v<T, float>) return "FLOAT";
  return "DOUBLE";
}

// 10^0 … 10^38.
inline constexpr std::array<Int128, 39> kPowersOfTen = [] {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

template <class T>
constexpr T power_of_ten(size_t exponent) {
  return static_cast<T>(kPowersOfTen[exponent]);
}

}  // namespace segue::engine

// & | ~ << >> xor, bit_count, gcd, lcm, factorial of integers.
#include <bit>

#include <fmt/format.h>

#include "engine/expressions/numbers.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

template <class T>
struct And {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return static_cast<T>(a & b); }
};
template <class T>
struct Or {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return static_cast<T>(a | b); }
};
template <class T>
struct Xor {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return static_cast<T>(a ^ b); }
};
template <class T>
struct Not {
  static constexpr bool kTotal = true;
  static T call(T a) { return static_cast<T>(~a); }
};

// Never into the sign; zero may be moved as far as one likes.
template <class T>
struct ShiftLeft {
  static bool call(T a, T places, T& answer) {
    constexpr T kBits = sizeof(T) * 8;
    if (a < 0 || places < 0) return false;
    if (a == 0 || places == 0) {
      answer = a;
      return true;
    }
    if (places >= kBits || a >= static_cast<T>(T{1} << (kBits - places - 1))) return false;
    answer = static_cast<T>(a << places);
    return true;
  }
  [[noreturn]] static void fail(T a, T places) {
    fail_value(fmt::format("overflow: {} << {} is out of the range of {}", a, places, type_name<T>()));
  }
};
template <class T>
struct ShiftRight {
  static T call(T a, T places) {
    return places >= 0 && places < static_cast<T>(sizeof(T) * 8) ? static_cast<T>(a >> places) : T{0};
  }
};

template <class T>
struct CountBits {
  static constexpr bool kTotal = true;
  static int8_t call(T a) {
    if constexpr (std::is_same_v<T, Int128>) {
      auto bits = static_cast<Unsigned128>(a);
      return static_cast<int8_t>(std::popcount(static_cast<uint64_t>(bits)) +
                                 std::popcount(static_cast<uint64_t>(bits >> 64)));
    } else {
      return static_cast<int8_t>(std::popcount(static_cast<Wrapped<T>>(a)));
    }
  }
};

template <class T>
bool absolute(T a, T& answer) {
  answer = a < 0 ? static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a)) : a;
  return a != lowest<T>();
}

// False where the divisor is 2^63 (2^127), which has no positive number.
template <class T>
bool greatest_divisor(T a, T b, T& answer) {
  if ((a == lowest<T>() && b == -1) || (a == -1 && b == lowest<T>())) {
    answer = 1;
    return true;
  }
  while (a != 0) {
    b = static_cast<T>(b % a);
    std::swap(a, b);
  }
  return absolute(b, answer);
}

template <class T>
struct GreatestDivisor {
  static bool call(T a, T b, T& answer) { return greatest_divisor(a, b, answer); }
  [[noreturn]] static void fail(T a, T b) {
    fail_value(fmt::format("overflow: gcd({}, {}) is out of the range of {}", a, b, type_name<T>()));
  }
};
template <class T>
struct LeastMultiple {
  static bool call(T a, T b, T& answer) {
    answer = 0;
    if (a == 0 || b == 0) return true;
    T divisor, product;
    if (!greatest_divisor(a, b, divisor)) return false;
    if (__builtin_mul_overflow(a, static_cast<T>(b / divisor), &product)) return false;
    return absolute(product, answer);
  }
  [[noreturn]] static void fail(T a, T b) {
    fail_value(fmt::format("overflow: lcm({}, {}) is out of the range of {}", a, b, type_name<T>()));
  }
};

struct Factorial {
  static bool call(int32_t a, Int128& answer) {
    answer = 1;
    if (a < 0 || a > 33) return false;  // 34! has no place in 128 bits
    for (int32_t i = 2; i <= a; ++i) answer *= i;
    return true;
  }
  [[noreturn]] static void fail(int32_t a) { fail_value(fmt::format("out of range: {}!", a)); }
};

template <class T>
void add_bits(KernelTable& table, Kind kind) {
  table.push_back(row_kernel<And<T>, T, T, T>("&", {kind, kind}, kind));
  table.push_back(row_kernel<Or<T>, T, T, T>("|", {kind, kind}, kind));
  table.push_back(row_kernel<Xor<T>, T, T, T>("xor", {kind, kind}, kind));
  table.push_back(row_kernel<Not<T>, T, T>("~", {kind}, kind));
  table.push_back(row_kernel<ShiftLeft<T>, T, T, T>("<<", {kind, kind}, kind));
  table.push_back(row_kernel<ShiftRight<T>, T, T, T>(">>", {kind, kind}, kind));
  table.push_back(row_kernel<CountBits<T>, int8_t, T>("bit_count", {kind}, Kind::kTinyint));
}

template <class T>
void add_divisors(KernelTable& table, Kind kind) {
  for (const char* name : {"gcd", "greatest_common_divisor"})
    table.push_back(row_kernel<GreatestDivisor<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"lcm", "least_common_multiple"})
    table.push_back(row_kernel<LeastMultiple<T>, T, T, T>(name, {kind, kind}, kind));
}

}  // namespace

const KernelTable& bit_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add_bits<int8_t>(made, Kind::kTinyint);
    add_bits<int16_t>(made, Kind::kSmallint);
    add_bits<int32_t>(made, Kind::kInteger);
    add_bits<int64_t>(made, Kind::kBigint);
    add_bits<Int128>(made, Kind::kHugeint);
    add_divisors<int64_t>(made, Kind::kBigint);
    add_divisors<Int128>(made, Kind::kHugeint);
    for (const char* name : {"factorial", "!__postfix"})
      made.push_back(row_kernel<Factorial, Int128, int32_t>(name, {Kind::kInteger}, Kind::kHugeint));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

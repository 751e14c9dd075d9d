// Arithmetic of DECIMALs. The binder has brought the arguments to the scale that the operation needs; what is left is
// integer arithmetic within 18 digits (narrow) or 38 (wide). An answer of more digits ends the query.
#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/numbers.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

template <class T>
inline constexpr T kLimit = power_of_ten<T>(std::is_same_v<T, int64_t> ? 18 : 38);

template <class T>
bool in_range(T value) {
  return value < kLimit<T> && value > -kLimit<T>;
}

std::string spelled(Int128 value, const Type& type) {
  Value decimal{type, {}};
  if (type.wide_decimal()) {
    decimal.data = value;
  } else {
    decimal.data = static_cast<int64_t>(value);
  }
  return to_string(decimal);
}

// What the operators share: the types, for messages.
struct DecimalOperator {
  explicit DecimalOperator(const Call& call) : call_(call) {}
  [[noreturn]] void overflow(Int128 a, char symbol, Int128 b) const {
    fail_value(fmt::format("overflow: {} {} {} does not fit {}", spelled(a, call_.argument_type(0)), symbol,
                           spelled(b, call_.argument_type(1)), to_string(call_.type())));
  }

 private:
  const Call& call_;
};

// Arguments have at most 18 or 38 digits, so that sums cannot overflow their integers; arbitrary values beside NULLs
// may, and wrap.
template <class T>
struct Add : DecimalOperator {
  using DecimalOperator::DecimalOperator;
  static constexpr bool kTotal = true;
  bool call(T a, T b, T& answer) const {
    answer = static_cast<T>(static_cast<Wrapped<T>>(a) + static_cast<Wrapped<T>>(b));
    return in_range(answer) && static_cast<T>((a ^ answer) & (b ^ answer)) >= 0;
  }
  [[noreturn]] void fail(T a, T b) const { overflow(a, '+', b); }
};

template <class T>
struct Subtract : DecimalOperator {
  using DecimalOperator::DecimalOperator;
  static constexpr bool kTotal = true;
  bool call(T a, T b, T& answer) const {
    answer = static_cast<T>(static_cast<Wrapped<T>>(a) - static_cast<Wrapped<T>>(b));
    return in_range(answer) && static_cast<T>((a ^ b) & (a ^ answer)) >= 0;
  }
  [[noreturn]] void fail(T a, T b) const { overflow(a, '-', b); }
};

template <class T>
struct Multiply : DecimalOperator {
  using DecimalOperator::DecimalOperator;
  static constexpr bool kTotal = true;
  bool call(T a, T b, T& answer) const { return !__builtin_mul_overflow(a, b, &answer) && in_range(answer); }
  [[noreturn]] void fail(T a, T b) const { overflow(a, '*', b); }
};

template <class T>
struct Remainder {
  static bool call(T a, T b, T& answer) {
    if (b == 0) return false;
    answer = b == -1 ? 0 : a % b;
    return true;
  }
};

template <class T>
struct Negate {
  static constexpr bool kTotal = true;
  static T call(T a) { return static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a)); }
};

template <class T>
struct Same {
  static constexpr bool kTotal = true;
  static T call(T a) { return a; }
};

template <class T>
void decimals(KernelTable& table, Kind kind) {
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<Add<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"-", "subtract"})
    table.push_back(row_kernel<Subtract<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"*", "multiply"})
    table.push_back(row_kernel<Multiply<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"%", "mod"}) table.push_back(row_kernel<Remainder<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"-", "subtract"}) table.push_back(row_kernel<Negate<T>, T, T>(name, {kind}, kind));
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<Same<T>, T, T>(name, {kind}, kind));
}

}  // namespace

const KernelTable& decimal_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    decimals<int64_t>(made, Kind::kDecimal);
    decimals<Int128>(made, Kind::kWideDecimal);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// + - * / // % and unary - of integers and floating-point numbers.
// Integers that overflow end the query; // and % by zero are NULL; floating-point numbers follow IEEE 754, but // by
// zero is NULL.
#include <cmath>

#include <fmt/format.h>

#include "engine/expressions/numbers.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

template <class T>
[[noreturn]] void overflow(T a, char symbol, T b) {
  fail_value(fmt::format("overflow: {} {} {} is out of the range of {}", a, symbol, b, type_name<T>()));
}

template <class T>
struct Add {
  static constexpr bool kTotal = true;
  static bool call(T a, T b, T& answer) {
    answer = static_cast<T>(static_cast<Wrapped<T>>(a) + static_cast<Wrapped<T>>(b));
    return static_cast<T>((a ^ answer) & (b ^ answer)) >= 0;
  }
  [[noreturn]] static void fail(T a, T b) { overflow(a, '+', b); }
};

template <class T>
struct Subtract {
  static constexpr bool kTotal = true;
  static bool call(T a, T b, T& answer) {
    answer = static_cast<T>(static_cast<Wrapped<T>>(a) - static_cast<Wrapped<T>>(b));
    return static_cast<T>((a ^ b) & (a ^ answer)) >= 0;
  }
  [[noreturn]] static void fail(T a, T b) { overflow(a, '-', b); }
};

template <class T>
struct Multiply {
  static constexpr bool kTotal = true;
  static bool call(T a, T b, T& answer) { return !__builtin_mul_overflow(a, b, &answer); }
  [[noreturn]] static void fail(T a, T b) { overflow(a, '*', b); }
};

// The one quotient that is out of range. It fails; a division by zero is NULL: two outcomes, so these two write their
// own loops.
template <class T>
bool too_large(T a, T b) {
  return a == lowest<T>() && b == -1;
}

template <class T>
struct Divide {
  static T answer(T a, T b) { return static_cast<T>(a / b); }
};
template <class T>
struct Remainder {
  static T answer(T a, T b) { return static_cast<T>(a % b); }
};

template <class T, class Op>
void run_division(const Call& call, Answer& answer) {
  auto a = rows::strided<T>(call.arguments[0]);
  auto b = rows::strided<T>(call.arguments[1]);
  T* out = answer.values<T>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    out[i] = 0;
    valid[i] = (call.valid == nullptr || call.valid[i]) && b[i] != 0;
    if (!valid[i]) continue;
    if (too_large(a[i], b[i])) overflow(a[i], '/', b[i]);
    out[i] = Op::answer(a[i], b[i]);
  }
}

template <class T>
struct Negate {
  static constexpr bool kTotal = true;
  static bool call(T a, T& answer) {
    answer = static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a));
    return a != lowest<T>();
  }
  [[noreturn]] static void fail(T a) {
    fail_value(fmt::format("overflow: -({}) is out of the range of {}", a, type_name<T>()));
  }
};

template <class T>
struct Same {
  static constexpr bool kTotal = true;
  static T call(T a) { return a; }
};

template <class T>
struct AddFloat {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return a + b; }
};
template <class T>
struct SubtractFloat {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return a - b; }
};
template <class T>
struct MultiplyFloat {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return a * b; }
};
template <class T>
struct DivideFloat {
  static constexpr bool kTotal = true;
  static T call(T a, T b) { return a / b; }
};
template <class T>
struct DivideFloatOrNull {
  static constexpr bool kTotal = true;
  static bool call(T a, T b, T& answer) {
    answer = a / b;
    return b != 0;
  }
};
template <class T>
struct RemainderFloat {
  static T call(T a, T b) { return std::fmod(a, b); }
};
template <class T>
struct NegateFloat {
  static constexpr bool kTotal = true;
  static T call(T a) { return -a; }
};

template <class T>
void integers(KernelTable& table, Kind kind) {
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<Add<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"-", "subtract"})
    table.push_back(row_kernel<Subtract<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"*", "multiply"})
    table.push_back(row_kernel<Multiply<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"//", "divide"}) {
    table.push_back({.name = name,
                     .arguments = {kind, kind},
                     .result = kind,
                     .run = &run_division<T, Divide<T>>,
                     .fallible = true});
  }
  for (const char* name : {"%", "mod"}) {
    table.push_back({.name = name,
                     .arguments = {kind, kind},
                     .result = kind,
                     .run = &run_division<T, Remainder<T>>,
                     .fallible = true});
  }
  for (const char* name : {"-", "subtract"}) table.push_back(row_kernel<Negate<T>, T, T>(name, {kind}, kind));
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<Same<T>, T, T>(name, {kind}, kind));
}

template <class T>
void floats(KernelTable& table, Kind kind) {
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<AddFloat<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"-", "subtract"})
    table.push_back(row_kernel<SubtractFloat<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"*", "multiply"})
    table.push_back(row_kernel<MultiplyFloat<T>, T, T, T>(name, {kind, kind}, kind));
  table.push_back(row_kernel<DivideFloat<T>, T, T, T>("/", {kind, kind}, kind));
  for (const char* name : {"//", "divide"})
    table.push_back(row_kernel<DivideFloatOrNull<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"%", "mod"})
    table.push_back(row_kernel<RemainderFloat<T>, T, T, T>(name, {kind, kind}, kind));
  for (const char* name : {"-", "subtract"}) table.push_back(row_kernel<NegateFloat<T>, T, T>(name, {kind}, kind));
  for (const char* name : {"+", "add"}) table.push_back(row_kernel<Same<T>, T, T>(name, {kind}, kind));
}

}  // namespace

const KernelTable& arithmetic_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    integers<int8_t>(made, Kind::kTinyint);
    integers<int16_t>(made, Kind::kSmallint);
    integers<int32_t>(made, Kind::kInteger);
    integers<int64_t>(made, Kind::kBigint);
    integers<Int128>(made, Kind::kHugeint);
    floats<float>(made, Kind::kFloat);
    floats<double>(made, Kind::kDouble);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// abs, sign, round, floor, ceil, trunc and the functions of <cmath>.
#include <cmath>

#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/numbers.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

template <class T>
struct Absolute {
  static constexpr bool kTotal = true;
  static bool call(T a, T& answer) {
    answer = a < 0 ? static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a)) : a;
    return a != lowest<T>();
  }
  [[noreturn]] static void fail(T a) {
    fail_value(fmt::format("overflow: abs({}) is out of the range of {}", a, type_name<T>()));
  }
};
template <class T>
struct AbsoluteFloat {
  static constexpr bool kTotal = true;
  static T call(T a) { return std::fabs(a); }
};
template <class T>
struct AbsoluteDecimal {
  static constexpr bool kTotal = true;
  static T call(T a) { return a < 0 ? static_cast<T>(Wrapped<T>{0} - static_cast<Wrapped<T>>(a)) : a; }
};

template <class T>
struct Sign {
  static constexpr bool kTotal = true;
  static int8_t call(T a) { return static_cast<int8_t>((a > 0) - (a < 0)); }
};

template <class T>
struct Same {
  static constexpr bool kTotal = true;
  static T call(T a) { return a; }
};

// Half away from zero.
template <class T>
struct RoundFloat {
  static T call(T a) {
    T rounded = std::round(a);
    return std::isfinite(rounded) ? rounded : a;
  }
};
template <class T>
struct RoundFloatTo {
  static T call(T a, int32_t digits) {
    if (digits < 0) {
      double power = std::pow(10, -static_cast<T>(digits));
      double rounded = std::round(a / power) * power;
      return std::isfinite(rounded) ? static_cast<T>(rounded) : 0;
    }
    double power = std::pow(10, static_cast<T>(digits));
    double rounded = std::round(a * power) / power;
    return std::isfinite(rounded) ? static_cast<T>(rounded) : a;
  }
};
template <class T>
struct FloorFloat {
  static constexpr bool kTotal = true;
  static T call(T a) { return std::floor(a); }
};
template <class T>
struct CeilFloat {
  static constexpr bool kTotal = true;
  static T call(T a) { return std::ceil(a); }
};
template <class T>
struct TruncateFloat {
  static constexpr bool kTotal = true;
  static T call(T a) { return std::trunc(a); }
};

// Integers change only for a negative count of digits: to tens, hundreds, …; a carry past the type's range wraps, as in
// DuckDB.
template <class T>
struct RoundInteger {
  static T call(T a, int32_t digits) {
    if (digits >= 0) return a;
    constexpr int32_t kMost = std::is_same_v<T, Int128> ? 39 : 19;
    if (digits <= -kMost) return 0;
    using Wide = std::conditional_t<std::is_same_v<T, Int128>, Int128, int64_t>;
    Wide power = power_of_ten<Wide>(static_cast<size_t>(-digits));
    Wide half = a < 0 ? -(power / 2) : power / 2;
    Wide moved = static_cast<Wide>(static_cast<Wrapped<Wide>>(half) + static_cast<Wrapped<Wide>>(static_cast<Wide>(a)));
    return static_cast<T>(static_cast<Wrapped<Wide>>(moved / power) * static_cast<Wrapped<Wide>>(power));
  }
};

// DECIMAL to DECIMAL of fewer digits behind the point; kToward says how the rest is dealt with.
enum class Toward { kNearest, kFloor, kCeil, kZero };

template <class T, Toward kToward>
struct RescaleDecimal {
  explicit RescaleDecimal(const Call& call)
      : divisor(power_of_ten<T>(size_t{call.argument_type(0).scale} - call.type().scale)) {}
  T call(T a) const {
    if (divisor == 1) return a;
    switch (kToward) {
      case Toward::kNearest: return (a < 0 ? a - divisor / 2 : a + divisor / 2) / divisor;
      case Toward::kFloor: return a < 0 ? (a + 1) / divisor - 1 : a / divisor;
      case Toward::kCeil: return a <= 0 ? a / divisor : (a - 1) / divisor + 1;
      case Toward::kZero: return a / divisor;
    }
    return a;
  }
  T divisor;
};

// round(decimal, digits): the binder put the digits into the result's scale, or 0 if they are negative.
template <class T>
struct RoundDecimalTo {
  explicit RoundDecimalTo(const Call& call) : scale(call.argument_type(0).scale) {
    digits = static_cast<int32_t>(std::get<int64_t>(constant_argument(call.expression, 1)->data));
    if (digits >= scale) {
      divisor = 1;
    } else if (digits >= 0) {
      divisor = power_of_ten<T>(static_cast<size_t>(scale - digits));
    } else {
      divisor = power_of_ten<T>(static_cast<size_t>(scale - digits));
      factor = power_of_ten<T>(static_cast<size_t>(-digits));
    }
  }
  T call(T a, int32_t) const {
    if (divisor == 1) return a;
    return (a < 0 ? a - divisor / 2 : a + divisor / 2) / divisor * factor;
  }
  int32_t scale, digits;
  T divisor = 1;
  T factor = 1;
};

std::optional<std::string> needs_constant_digits(const plan::Expression& call) {
  const Value* digits = constant_argument(call, 1);
  if (digits == nullptr) return signature(call) + " is supported for a constant count of digits only";
  // Where no digit is left DuckDB gives 0 for NULL too.
  const Type& type = call.arguments[0]->type;
  if (std::get<int64_t>(digits->data) < 0 && std::get<int64_t>(digits->data) <= -(type.width - type.scale)) {
    return signature(call) + " is not supported for a count of digits that leaves none";
  }
  return std::nullopt;
}

struct SquareRoot {
  static bool call(double a, double& answer) {
    answer = std::sqrt(a);
    return !(a < 0);
  }
  [[noreturn]] static void fail(double a) {
    fail_value(fmt::format("no square root of a negative number: sqrt({})", a));
  }
};
template <double (*kFunction)(double)>
struct Logarithm {
  static bool call(double a, double& answer) {
    if (a <= 0) return false;
    answer = kFunction(a);
    return true;
  }
  [[noreturn]] static void fail(double a) { fail_value(fmt::format("no logarithm of zero or less: log({})", a)); }
};
template <double (*kFunction)(double)>
struct Unary {
  static double call(double a) { return kFunction(a); }
};
double power(double a, double b) { return std::pow(a, b); }
struct Power {
  static double call(double a, double b) { return power(a, b); }
};
template <class T>
struct IsNan {
  static constexpr bool kTotal = true;
  static uint8_t call(T a) { return std::isnan(a); }
};
template <class T>
struct IsInfinite {
  static constexpr bool kTotal = true;
  static uint8_t call(T a) { return std::isinf(a); }
};
template <class T>
struct IsFinite {
  static constexpr bool kTotal = true;
  static uint8_t call(T a) { return std::isfinite(a); }
};

template <class T>
void add_integer(KernelTable& table, Kind kind) {
  for (const char* name : {"abs", "@"}) table.push_back(row_kernel<Absolute<T>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<Sign<T>, int8_t, T>("sign", {kind}, Kind::kTinyint));
  for (const char* name : {"round", "trunc"}) table.push_back(row_kernel<Same<T>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<RoundInteger<T>, T, T, int32_t>("round", {kind, Kind::kInteger}, kind));
}

template <class T>
void add_float(KernelTable& table, Kind kind) {
  for (const char* name : {"abs", "@"}) table.push_back(row_kernel<AbsoluteFloat<T>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<Sign<T>, int8_t, T>("sign", {kind}, Kind::kTinyint));
  table.push_back(row_kernel<RoundFloat<T>, T, T>("round", {kind}, kind));
  table.push_back(row_kernel<RoundFloatTo<T>, T, T, int32_t>("round", {kind, Kind::kInteger}, kind));
  table.push_back(row_kernel<FloorFloat<T>, T, T>("floor", {kind}, kind));
  for (const char* name : {"ceil", "ceiling"}) table.push_back(row_kernel<CeilFloat<T>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<TruncateFloat<T>, T, T>("trunc", {kind}, kind));
  table.push_back(row_kernel<IsNan<T>, uint8_t, T>("isnan", {kind}, Kind::kBoolean));
  table.push_back(row_kernel<IsInfinite<T>, uint8_t, T>("isinf", {kind}, Kind::kBoolean));
  table.push_back(row_kernel<IsFinite<T>, uint8_t, T>("isfinite", {kind}, Kind::kBoolean));
}

template <class T>
void add_decimal(KernelTable& table, Kind kind) {
  for (const char* name : {"abs", "@"}) table.push_back(row_kernel<AbsoluteDecimal<T>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<RescaleDecimal<T, Toward::kNearest>, T, T>("round", {kind}, kind));
  table.push_back(row_kernel<RescaleDecimal<T, Toward::kFloor>, T, T>("floor", {kind}, kind));
  for (const char* name : {"ceil", "ceiling"})
    table.push_back(row_kernel<RescaleDecimal<T, Toward::kCeil>, T, T>(name, {kind}, kind));
  table.push_back(row_kernel<RescaleDecimal<T, Toward::kZero>, T, T>("trunc", {kind}, kind));
  table.push_back(row_kernel<RoundDecimalTo<T>, T, T, int32_t>("round", {kind, Kind::kInteger}, kind));
  table.back().check = &needs_constant_digits;
}

template <double (*kFunction)(double)>
Kernel unary(std::string_view name) {
  return row_kernel<Unary<kFunction>, double, double>(name, {Kind::kDouble}, Kind::kDouble);
}

}  // namespace

const KernelTable& math_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add_integer<int8_t>(made, Kind::kTinyint);
    add_integer<int16_t>(made, Kind::kSmallint);
    add_integer<int32_t>(made, Kind::kInteger);
    add_integer<int64_t>(made, Kind::kBigint);
    add_integer<Int128>(made, Kind::kHugeint);
    add_float<float>(made, Kind::kFloat);
    add_float<double>(made, Kind::kDouble);
    add_decimal<int64_t>(made, Kind::kDecimal);
    add_decimal<Int128>(made, Kind::kWideDecimal);
    made.push_back(row_kernel<SquareRoot, double, double>("sqrt", {Kind::kDouble}, Kind::kDouble));
    made.push_back(row_kernel<Logarithm<&std::log>, double, double>("ln", {Kind::kDouble}, Kind::kDouble));
    for (const char* name : {"log", "log10"}) {
      made.push_back(row_kernel<Logarithm<&std::log10>, double, double>(name, {Kind::kDouble}, Kind::kDouble));
    }
    made.push_back(row_kernel<Logarithm<&std::log2>, double, double>("log2", {Kind::kDouble}, Kind::kDouble));
    for (const char* name : {"power", "pow", "^", "**"}) {
      made.push_back(row_kernel<Power, double, double, double>(name, {Kind::kDouble, Kind::kDouble}, Kind::kDouble));
    }
    made.push_back(unary<&std::exp>("exp"));
    made.push_back(unary<&std::cbrt>("cbrt"));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

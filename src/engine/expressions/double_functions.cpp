// sin and its like, log with a base, degrees, radians, pi, gamma, even, nextafter, signbit.
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

[[noreturn]] void undefined(std::string_view name, double a) {
  fail_value(fmt::format("out of range: {}({}) is not defined", name, a));
}

double sine(double a) { return std::sin(a); }
double cosine(double a) { return std::cos(a); }
double tangent(double a) { return std::tan(a); }
double cotangent(double a) { return 1.0 / std::tan(a); }
double arc_sine(double a) { return std::asin(a); }
double arc_cosine(double a) { return std::acos(a); }
// Of -1 it is above all numbers too, as in DuckDB.
double hyperbolic_arc_tangent(double a) { return a == -1 ? HUGE_VAL : std::atanh(a); }
double gamma(double a) { return std::tgamma(a); }
double log_gamma(double a) { return std::lgamma(a); }

bool finite_or_nan(double a) { return !std::isinf(a); }
bool finite_or_nan_but_zero(double a) { return !std::isinf(a) && a != 0; }
bool in_unit(double a) { return !(a < -1 || a > 1); }
bool not_zero(double a) { return a != 0; }

// kDefined says which values have an answer.
template <double (*kFunction)(double), bool (*kDefined)(double)>
struct Checked {
  static bool call(double a, double& answer) {
    if (!kDefined(a)) return false;
    answer = kFunction(a);
    return true;
  }
  explicit Checked(const Call& call) : name(call.expression.name) {}
  [[noreturn]] void fail(double a) const { undefined(name, a); }
  std::string_view name;
};

template <double (*kFunction)(double)>
struct Unary {
  static double call(double a) { return kFunction(a); }
};
double arc_tangent(double a) { return std::atan(a); }
double hyperbolic_sine(double a) { return std::sinh(a); }
double hyperbolic_cosine(double a) { return std::cosh(a); }
double hyperbolic_tangent(double a) { return std::tanh(a); }
double hyperbolic_arc_sine(double a) { return std::asinh(a); }
double hyperbolic_arc_cosine(double a) { return std::acosh(a); }
double degrees(double a) { return a * (180 / std::numbers::pi); }
double radians(double a) { return a * (std::numbers::pi / 180); }
// The next even number away from zero, if it is none.
double even(double a) {
  double value = a >= 0 ? std::ceil(a) : -std::ceil(-a);
  if (std::floor(value / 2) * 2 != value) value += a >= 0 ? 1 : -1;
  return value;
}

struct LogOfBase {
  static bool call(double base, double a, double& answer) {
    if (base <= 0 || a <= 0) return false;
    double divisor = std::log10(base);
    answer = std::log10(a) / divisor;
    return divisor != 0;
  }
  [[noreturn]] static void fail(double base, double a) {
    fail_value(fmt::format("out of range: log({}, {}) is not defined", base, a));
  }
};
struct ArcTangentOfTwo {
  static double call(double a, double b) { return std::atan2(a, b); }
};
template <class T>
struct NextAfter {
  static T call(T a, T b) { return std::nextafter(a, b); }
};
template <class T>
struct SignBit {
  static constexpr bool kTotal = true;
  static uint8_t call(T a) { return std::signbit(a); }
};

void run_pi(const Call& call, Answer& answer) {
  auto* out = answer.values<double>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) out[i] = std::numbers::pi;
}

template <double (*kFunction)(double), bool (*kDefined)(double)>
Kernel checked(std::string_view name) {
  return row_kernel<Checked<kFunction, kDefined>, double, double>(name, {Kind::kDouble}, Kind::kDouble);
}
template <double (*kFunction)(double)>
Kernel unary(std::string_view name) {
  return row_kernel<Unary<kFunction>, double, double>(name, {Kind::kDouble}, Kind::kDouble);
}

}  // namespace

const KernelTable& double_kernels() {
  using K = Kind;
  static const KernelTable table = {
      checked<&sine, &finite_or_nan>("sin"),
      checked<&cosine, &finite_or_nan>("cos"),
      checked<&tangent, &finite_or_nan>("tan"),
      checked<&cotangent, &finite_or_nan_but_zero>("cot"),
      checked<&arc_sine, &in_unit>("asin"),
      checked<&arc_cosine, &in_unit>("acos"),
      checked<&hyperbolic_arc_tangent, &in_unit>("atanh"),
      checked<&gamma, &not_zero>("gamma"),
      checked<&log_gamma, &not_zero>("lgamma"),
      unary<&arc_tangent>("atan"),
      unary<&hyperbolic_sine>("sinh"),
      unary<&hyperbolic_cosine>("cosh"),
      unary<&hyperbolic_tangent>("tanh"),
      unary<&hyperbolic_arc_sine>("asinh"),
      unary<&hyperbolic_arc_cosine>("acosh"),
      unary<&degrees>("degrees"),
      unary<&radians>("radians"),
      unary<&even>("even"),
      row_kernel<LogOfBase, double, double, double>("log", {K::kDouble, K::kDouble}, K::kDouble),
      row_kernel<ArcTangentOfTwo, double, double, double>("atan2", {K::kDouble, K::kDouble}, K::kDouble),
      row_kernel<NextAfter<float>, float, float, float>("nextafter", {K::kFloat, K::kFloat}, K::kFloat),
      row_kernel<NextAfter<double>, double, double, double>("nextafter", {K::kDouble, K::kDouble}, K::kDouble),
      row_kernel<SignBit<float>, uint8_t, float>("signbit", {K::kFloat}, K::kBoolean),
      row_kernel<SignBit<double>, uint8_t, double>("signbit", {K::kDouble}, K::kBoolean),
      {.name = "pi", .arguments = {}, .result = K::kDouble, .run = &run_pi},
  };
  return table;
}

}  // namespace segue::engine

// Expressions of random queries.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace segue::test {

enum class Kind { kNumber, kText, kBoolean, kDouble, kDate, kTime, kDecimal };
constexpr Kind kKinds[] = {Kind::kNumber, Kind::kText, Kind::kBoolean, Kind::kDouble,
                           Kind::kDate,   Kind::kTime, Kind::kDecimal};

struct Named {
  std::string text;
  Kind kind;
};
using Scope = std::vector<Named>;

// Writes expressions over the columns of a scope, the same for the same seed.
class RandomExpressions {
 public:
  explicit RandomExpressions(uint64_t seed) : random_(seed) {}

  // The SQL type of a kind.
  static std::string type(Kind kind);

  uint64_t pick(uint64_t below) { return random_() % below; }
  bool chance(uint64_t percent) { return pick(100) < percent; }
  template <class T>
  const T& any(const std::vector<T>& values) {
    return values[pick(values.size())];
  }
  Kind any_kind() { return kKinds[pick(std::size(kKinds))]; }

  // A column of the kind, or a constant if there is none.
  std::string column(const Scope& scope, Kind kind);
  std::string literal(Kind kind);
  // Calls inside each other, at most `depth` deep.
  std::string expression(const Scope& scope, Kind kind, int depth);
  std::string condition(const Scope& scope, int depth);

 private:
  // Writes the arguments of a call.
  struct Arguments;

  Kind any_kind_but(Kind kind);
  std::string number(Arguments sub);
  std::string text(Arguments sub);
  std::string floating(Arguments sub);
  std::string date(Arguments sub);
  std::string time(Arguments sub);

  std::mt19937_64 random_;
};

}  // namespace segue::test

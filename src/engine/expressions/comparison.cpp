// = <> < <= > >=, is_distinct_from, is_not_distinct_from, greatest, least.
#include <tuple>

#include "base/error.h"
#include "engine/expressions/compare.h"
#include "engine/expressions/order.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

// By the order of the type; written so that plain integers become one compare each.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return a == b || carried(a) == carried(b);
  } else {
    return a == b;
  }
}
template <class T>
bool before(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a < b || (a == a && b != b);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return order(a, b) < 0;
  } else {
    return a < b;
  }
}

template <class T>
struct Equal {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return same(a, b); }
};
template <class T>
struct NotEqual {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return !same(a, b); }
};
template <class T>
struct Less {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return before(a, b); }
};
template <class T>
struct LessOrEqual {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return !before(b, a); }
};
template <class T>
struct Greater {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return before(b, a); }
};
template <class T>
struct GreaterOrEqual {
  static constexpr bool kTotal = !std::is_same_v<T, std::string_view>;
  static uint8_t call(T a, T b) { return !before(a, b); }
};

// Texts, coded or not, for equality: codes are compared where both sides have them.
template <bool kEqual>
void run_text_equality(const Call& call, Answer& answer) {
  const Column& a = call.arguments[0];
  const Column& b = call.arguments[1];
  auto* out = answer.values<uint8_t>(call.rows);
  bool nullable = a.coded() || b.coded() || a.valid != nullptr || b.valid != nullptr;
  uint8_t* valid = nullable ? answer.valid(call.rows) : nullptr;
  const Column* coded = a.coded() && !a.constant() ? &a : b.coded() && !b.constant() ? &b : nullptr;
  const Column& other = coded == &a ? b : a;
  if (a.coded() && b.coded() && a.dictionary == b.dictionary) {
    auto codes_a = rows::strided<uint32_t>(a);
    auto codes_b = rows::strided<uint32_t>(b);
    for (size_t i = 0; i < call.rows; ++i) {
      out[i] = (codes_a[i] == codes_b[i]) == kEqual;
      valid[i] = (codes_a[i] != 0) & (codes_b[i] != 0);
    }
  } else if (coded != nullptr && other.constant()) {
    bool known = other.is_valid(0);
    // A text that the dictionary lacks has no code: 0, which is no row's but a NULL's.
    uint32_t code = known ? coded->dictionary->find(other.text(0)) : 0;
    const auto* codes = coded->as<uint32_t>();
    for (size_t i = 0; i < call.rows; ++i) {
      out[i] = (codes[i] == code) == kEqual;
      valid[i] = (codes[i] != 0) & known;
    }
  } else {
    for (size_t i = 0; i < call.rows; ++i) {
      bool both = a.is_valid(i) && b.is_valid(i);
      if (valid != nullptr) valid[i] = both;
      out[i] = both && (a.text(i) == b.text(i)) == kEqual;
    }
  }
}

// NULL as a value equal to itself.
template <bool kDistinct>
void run_distinct(const Call& call, Answer& answer) {
  const Column& a = call.arguments[0];
  const Column& b = call.arguments[1];
  auto* out = answer.values<uint8_t>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) out[i] = equal(a, i, b, i) != kDistinct;
}

template <bool kDistinct, class T>
void run_distinct_values(const Call& call, Answer& answer) {
  const Column& a = call.arguments[0];
  const Column& b = call.arguments[1];
  auto* out = answer.values<uint8_t>(call.rows);
  auto values_a = rows::strided<T>(a);
  auto values_b = rows::strided<T>(b);
  for (size_t i = 0; i < call.rows; ++i) {
    bool valid_a = a.is_valid(i);
    bool valid_b = b.is_valid(i);
    bool equal = valid_a == valid_b && (!valid_a || same(values_a[i], values_b[i]));
    out[i] = equal != kDistinct;
  }
}

// Lists and structs; a NULL inside is a value there, NULL only at the top.
template <class Test>
void run_nested(const Call& call, Answer& answer) {
  const Column& a = call.arguments[0];
  const Column& b = call.arguments[1];
  auto* out = answer.values<uint8_t>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    out[i] = (call.valid == nullptr || call.valid[i]) && Test()(compare(a, i, b, i), 0);
  }
}

// How greatest and least order values: as DuckDB's sort keys do, which take intervals as they are (and turn a FLOAT's
// -0 to 0).
template <class T>
bool key_before(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Interval>) {
    return std::tie(a.months, a.days, a.micros) < std::tie(b.months, b.days, b.micros);
  } else {
    return before(a, b);
  }
}

// The greatest or least of the arguments that are not NULL.
template <class T, bool kGreatest>
void run_extreme(const Call& call, Answer& answer) {
  T* out = answer.values<T>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    out[i] = T{};
    valid[i] = 0;
    for (const Column& argument : call.arguments) {
      if (!argument.is_valid(i)) continue;
      T value = argument.as<T>()[i * argument.stride];
      if constexpr (std::is_same_v<T, float>) value += 0.0f;  // -0 becomes 0
      if (!valid[i] || (kGreatest ? key_before(out[i], value) : key_before(value, out[i]))) out[i] = value;
      valid[i] = 1;
    }
  }
  if constexpr (std::is_same_v<T, std::string_view>) {
    for (const Column& argument : call.arguments) answer.keep(argument);
  }
}

template <class T>
void comparisons(KernelTable& table, Kind kind) {
  if constexpr (!std::is_same_v<T, std::string_view>) {
    table.push_back(row_kernel<Equal<T>, uint8_t, T, T>("=", {kind, kind}, Kind::kBoolean));
    table.push_back(row_kernel<NotEqual<T>, uint8_t, T, T>("<>", {kind, kind}, Kind::kBoolean));
  }
  table.push_back(row_kernel<Less<T>, uint8_t, T, T>("<", {kind, kind}, Kind::kBoolean));
  table.push_back(row_kernel<LessOrEqual<T>, uint8_t, T, T>("<=", {kind, kind}, Kind::kBoolean));
  table.push_back(row_kernel<Greater<T>, uint8_t, T, T>(">", {kind, kind}, Kind::kBoolean));
  table.push_back(row_kernel<GreaterOrEqual<T>, uint8_t, T, T>(">=", {kind, kind}, Kind::kBoolean));
  if constexpr (!std::is_same_v<T, std::string_view>) {
    table.push_back({"is_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct_values<true, T>, false, true});
    table.push_back(
        {"is_not_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct_values<false, T>, false, true});
  }
  if (kind == Kind::kBlob) return;
  table.push_back({"greatest", {kind}, kind, &run_extreme<T, true>, false, true, false, true});
  table.push_back({"least", {kind}, kind, &run_extreme<T, false>, false, true, false, true});
}

std::optional<std::string> same_types(const plan::Expression& call) {
  for (const auto& argument : call.arguments) {
    if (!(argument->type == call.arguments[0]->type)) return signature(call) + " is not supported";
  }
  return std::nullopt;
}

void text_equality(KernelTable& table, Kind kind) {
  table.push_back({"=", {kind, kind}, Kind::kBoolean, &run_text_equality<true>, false, true, true});
  table.push_back({"<>", {kind, kind}, Kind::kBoolean, &run_text_equality<false>, false, true, true});
  table.push_back({"is_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct<true>, false, true, true});
  table.push_back({"is_not_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct<false>, false, true, true});
}

void nested(KernelTable& table, Kind kind) {
  size_t first = table.size();
  table.push_back({"=", {kind, kind}, Kind::kBoolean, &run_nested<std::equal_to<>>});
  table.push_back({"<>", {kind, kind}, Kind::kBoolean, &run_nested<std::not_equal_to<>>});
  table.push_back({"<", {kind, kind}, Kind::kBoolean, &run_nested<std::less<>>});
  table.push_back({"<=", {kind, kind}, Kind::kBoolean, &run_nested<std::less_equal<>>});
  table.push_back({">", {kind, kind}, Kind::kBoolean, &run_nested<std::greater<>>});
  table.push_back({">=", {kind, kind}, Kind::kBoolean, &run_nested<std::greater_equal<>>});
  table.push_back({"is_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct<true>, false, true, true});
  table.push_back({"is_not_distinct_from", {kind, kind}, Kind::kBoolean, &run_distinct<false>, false, true, true});
  for (size_t i = first; i < table.size(); ++i) table[i].check = &same_types;
}

}  // namespace

const KernelTable& comparison_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    comparisons<uint8_t>(made, Kind::kBoolean);
    comparisons<int8_t>(made, Kind::kTinyint);
    comparisons<int16_t>(made, Kind::kSmallint);
    comparisons<int32_t>(made, Kind::kInteger);
    comparisons<int64_t>(made, Kind::kBigint);
    comparisons<Int128>(made, Kind::kHugeint);
    comparisons<float>(made, Kind::kFloat);
    comparisons<double>(made, Kind::kDouble);
    comparisons<int64_t>(made, Kind::kDecimal);
    comparisons<Int128>(made, Kind::kWideDecimal);
    comparisons<std::string_view>(made, Kind::kVarchar);
    comparisons<std::string_view>(made, Kind::kBlob);
    comparisons<int32_t>(made, Kind::kDate);
    comparisons<int64_t>(made, Kind::kTimestamp);
    comparisons<Interval>(made, Kind::kInterval);
    text_equality(made, Kind::kVarchar);
    text_equality(made, Kind::kBlob);
    nested(made, Kind::kList);
    nested(made, Kind::kStruct);
    // Decimals compare as integers only at one scale.
    for (Kernel& kernel : made) {
      if (kernel.arguments[0] == Kind::kDecimal || kernel.arguments[0] == Kind::kWideDecimal) {
        kernel.check = [](const plan::Expression& call) -> std::optional<std::string> {
          for (const auto& argument : call.arguments) {
            if (argument->type.scale != call.arguments[0]->type.scale) return signature(call) + " is not supported";
          }
          return std::nullopt;
        };
      }
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

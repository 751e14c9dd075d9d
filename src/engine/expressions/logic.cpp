// and, or, not with three values; is_null, is_not_null. AND and OR here are for parts that cannot fail; see choose.cpp
// for the others.
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

// AND: false if any is false, else NULL if any is NULL. OR the same with true.
template <uint8_t kEnds>
void run_logic(const Call& call, Answer& answer) {
  auto* out = answer.values<uint8_t>(call.rows);
  bool nullable = false;
  for (const Column& argument : call.arguments)
    nullable |= argument.valid != nullptr || argument.type.id == TypeId::kNull;
  std::memset(out, kEnds ^ 1, call.rows);
  if (!nullable) {
    for (const Column& argument : call.arguments) {
      auto values = rows::strided<uint8_t>(argument);
      for (size_t i = 0; i < call.rows; ++i) out[i] = kEnds ? out[i] | values[i] : out[i] & values[i];
    }
    return;
  }
  uint8_t* valid = answer.valid(call.rows);
  std::memset(valid, 1, call.rows);
  for (const Column& argument : call.arguments) {
    const auto* values = argument.as<uint8_t>();
    for (size_t i = 0; i < call.rows; ++i) {
      size_t at = i * argument.stride;
      bool known = argument.is_valid(i);
      bool ended = valid[i] && out[i] == kEnds;
      if (ended) continue;
      if (known && values[at] == kEnds) {
        out[i] = kEnds;
        valid[i] = 1;
      } else if (!known) {
        out[i] = kEnds ^ 1;
        valid[i] = 0;
      }
    }
  }
}

struct Not {
  static constexpr bool kTotal = true;
  static uint8_t call(uint8_t a) { return a == 0; }
};

template <bool kNull>
void run_is_null(const Call& call, Answer& answer) {
  const Column& argument = call.arguments[0];
  auto* out = answer.values<uint8_t>(call.rows);
  if (argument.type.id == TypeId::kNull) {
    std::memset(out, kNull, call.rows);
  } else if (argument.coded()) {
    auto codes = rows::strided<uint32_t>(argument);
    for (size_t i = 0; i < call.rows; ++i) out[i] = (codes[i] == 0) == kNull;
  } else if (argument.valid == nullptr) {
    std::memset(out, !kNull, call.rows);
  } else {
    auto valid = rows::Strided<uint8_t>{argument.valid, argument.stride};
    for (size_t i = 0; i < call.rows; ++i) out[i] = (valid[i] == 0) == kNull;
  }
}

// error(message): ends the query wherever it is reached; NULL for no message.
void run_error(const Call& call, Answer& answer) {
  for (size_t i = 0; i < call.rows; ++i) {
    if (call.valid == nullptr || call.valid[i]) fail_value(std::string(call.arguments[0].text(i)));
  }
  std::fill_n(answer.values<uint64_t>(2 * call.rows), 2 * call.rows, uint64_t{0});  // as wide as any value
  std::fill_n(answer.valid(call.rows), call.rows, uint8_t{0});
}

std::optional<std::string> error_problem(const plan::Expression& call) {
  if (call.type.nested()) return "error() in place of a " + to_string(call.type);
  return std::nullopt;
}

}  // namespace

const KernelTable& logic_kernels() {
  static const KernelTable table = {
      {"error", {Kind::kVarchar}, Kind::kAny, &run_error, true, false, false, false, &error_problem},
      {"and", {Kind::kBoolean}, Kind::kBoolean, &run_logic<0>, false, true, false, true},
      {"or", {Kind::kBoolean}, Kind::kBoolean, &run_logic<1>, false, true, false, true},
      row_kernel<Not, uint8_t, uint8_t>("not", {Kind::kBoolean}, Kind::kBoolean),
      {"is_null", {Kind::kAny}, Kind::kBoolean, &run_is_null<true>, false, true, true},
      {"is_not_null", {Kind::kAny}, Kind::kBoolean, &run_is_null<false>, false, true, true},
  };
  return table;
}

}  // namespace segue::engine

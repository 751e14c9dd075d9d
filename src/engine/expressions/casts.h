// What all casts share. Internal to the evaluator.
#pragma once

#include <string>

#include <fmt/format.h>

#include "engine/expressions/kernel.h"
#include "engine/expressions/rows.h"

namespace segue::engine {

// The value as an error shows it: at most 100 bytes of a text, in quotes.
std::string shown(std::string_view text);
std::string shown(const Column& column, size_t row);

[[noreturn]] void fail_cast(const std::string& value, const Type& target);

// A cast from A to R is written as Op::try_cast(value, answer): false if the target has no such value. Op may keep what
// it needs of the call, as other row functions. This gives it the error (cast) or the NULL (try_cast).
template <class Op, class R, class A>
void run_cast(const Call& call, Answer& answer) {
  Op op = rows::make<Op>(call);
  const Column& source = call.arguments[0];
  auto read = rows::strided<A>(source);
  bool trying = call.expression.name == "try_cast";
  R* out = answer.values<R>(call.rows);
  uint8_t* valid = trying ? answer.valid(call.rows) : nullptr;
  if constexpr (std::is_same_v<R, std::string_view>) {
    if (source.type.text()) answer.keep(source);
  }
  uint8_t all = 1;
  for (size_t i = 0; i < call.rows; ++i) {
    R one{};
    bool present = call.valid == nullptr || call.valid[i];
    bool done;
    if constexpr (rows::Total<Op>) {
      done = op.try_cast(read[i], one);
    } else {
      done = present && op.try_cast(read[i], one);
    }
    out[i] = done ? one : R{};
    all &= static_cast<uint8_t>(done | !present);
    if (valid != nullptr) valid[i] = done && present;
  }
  if (all || trying) return;
  for (size_t i = 0; i < call.rows; ++i) {
    R one{};
    if ((call.valid == nullptr || call.valid[i]) && !op.try_cast(read[i], one))
      fail_cast(shown(source, i), call.type());
  }
}

// The kernels of a cast and a try_cast. can_fail: whether some value of the source has no answer.
template <class Op, class R, class A>
void add_casts(KernelTable& table, Kind from, Kind to, bool can_fail) {
  Kernel cast{"cast", {from}, to, &run_cast<Op, R, A>};
  cast.fallible = can_fail;
  table.push_back(cast);
  table.push_back({"try_cast", {from}, to, &run_cast<Op, R, A>});
}

}  // namespace segue::engine

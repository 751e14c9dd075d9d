// From one row to a kernel. The author of a function writes a struct with `call` for one row; run_rows<> writes the
// loops.
//
//   struct Length { static int64_t call(std::string_view text); };             always answers
//   struct Divide { static bool call(double a, double b, double& answer); };   false: the answer is NULL
//   struct AddInt { static bool call(T a, T b, T& answer);                     false: fail() throws, naming the values
//                   [[noreturn]] static void fail(T a, T b); };
//
// A function that makes a text takes `TextArena&` after its arguments and returns (or sets) a view of bytes that the
// arena or an argument holds. A struct may keep what it needs of the call (types, constant arguments): it is then made
// from `const Call&` once a batch. `static constexpr bool kTotal = true` says that `call` may be run for rows with
// NULL, whose values are arbitrary: it reads no text, never loops over a value and has no undefined behaviour. Such
// loops run without branches.
#pragma once

#include <type_traits>

#include "engine/expressions/kernel.h"

namespace segue::engine {

namespace rows {

template <class T>
struct Dense {
  const T* values;
  T operator[](size_t i) const { return values[i]; }
};
template <class T>
struct Same {
  T value;
  T operator[](size_t) const { return value; }
};
template <class T>
struct Strided {
  const T* values;
  size_t stride;
  T operator[](size_t i) const { return values[i * stride]; }
};

template <class Op>
concept Total = requires {
  requires Op::kTotal;
};

template <class Op>
Op make(const Call& call) {
  if constexpr (std::is_constructible_v<Op, const Call&>) {
    return Op(call);
  } else {
    return Op();
  }
}

// Calls op for one row, whichever form it has. False: no answer.
template <class R, class Op, class... A>
inline bool answer_row(const Op& op, TextArena& arena, R& answer, A... values) {
  if constexpr (requires {
                  { op.call(values..., answer) } -> std::same_as<bool>;
                }) {
    return op.call(values..., answer);
  } else if constexpr (requires {
                         { op.call(values..., arena, answer) } -> std::same_as<bool>;
                       }) {
    return op.call(values..., arena, answer);
  } else if constexpr (requires { op.call(values..., arena); }) {
    answer = op.call(values..., arena);
    return true;
  } else {
    answer = op.call(values...);
    return true;
  }
}

template <class Op, class R, class... A>
concept Partial = requires(const Op& op, TextArena& arena, R& answer, A... values) {
  { op.call(values..., answer) } -> std::same_as<bool>;
}
|| requires(const Op& op, TextArena& arena, R& answer, A... values) {
  { op.call(values..., arena, answer) } -> std::same_as<bool>;
};

template <class Op, class... A>
concept Failing = requires(const Op& op, A... values) {
  op.fail(values...);
};

template <class Op, class R, class... A, class... Readers>
void loop(const Op& op, const Call& call, Answer& answer, const Readers&... read) {
  R* out = answer.values<R>(call.rows);
  const uint8_t* valid = call.valid;
  TextArena& arena = answer.text();
  size_t rows = call.rows;
  if constexpr (!Partial<Op, R, A...>) {
    if (Total<Op> || valid == nullptr) {
      for (size_t i = 0; i < rows; ++i) answer_row<R>(op, arena, out[i], read[i]...);
    } else {
      for (size_t i = 0; i < rows; ++i) {
        out[i] = R{};
        if (valid[i]) answer_row<R>(op, arena, out[i], read[i]...);
      }
    }
  } else if constexpr (Failing<Op, A...> && Total<Op>) {
    uint8_t failed = 0;
    for (size_t i = 0; i < rows; ++i) {
      R one{};
      failed |= static_cast<uint8_t>(!answer_row<R>(op, arena, one, read[i]...));
      out[i] = one;
    }
    if (failed) {
      for (size_t i = 0; i < rows; ++i) {
        R one{};
        if ((valid == nullptr || valid[i]) && !answer_row<R>(op, arena, one, read[i]...)) op.fail(read[i]...);
      }
    }
  } else if constexpr (Failing<Op, A...>) {
    for (size_t i = 0; i < rows; ++i) {
      out[i] = R{};
      if (valid != nullptr && !valid[i]) continue;
      if (!answer_row<R>(op, arena, out[i], read[i]...)) [[unlikely]]
        op.fail(read[i]...);
    }
  } else {
    uint8_t* has_answer = answer.valid(rows);
    for (size_t i = 0; i < rows; ++i) {
      if constexpr (Total<Op>) {
        R one{};
        has_answer[i] =
            static_cast<uint8_t>(answer_row<R>(op, arena, one, read[i]...)) & (valid == nullptr ? 1 : valid[i]);
        out[i] = one;
      } else {
        out[i] = R{};
        has_answer[i] = (valid == nullptr || valid[i]) && answer_row<R>(op, arena, out[i], read[i]...);
      }
    }
  }
}

template <class T>
Strided<T> strided(const Column& column) {
  return {column.as<T>(), column.stride};
}

template <class Op, class R, class... A, size_t... I>
void run_strided(const Op& op, const Call& call, Answer& answer, std::index_sequence<I...>) {
  loop<Op, R, A...>(op, call, answer, strided<A>(call.arguments[I])...);
}

}  // namespace rows

// The kernel of Op: R from A.... BOOLEAN is uint8_t, texts are std::string_view.
template <class Op, class R, class... A>
void run_rows(const Call& call, Answer& answer) {
  Op op = rows::make<Op>(call);
  if constexpr (std::is_same_v<R, std::string_view>) {
    for (const Column& argument : call.arguments) {
      if (argument.type.text()) answer.keep(argument);
    }
  }
  if constexpr (rows::Total<Op> && sizeof...(A) == 1) {
    if (!call.arguments[0].constant()) {
      return rows::loop<Op, R, A...>(op, call, answer, rows::Dense<A>{call.arguments[0].as<A>()}...);
    }
  } else if constexpr (rows::Total<Op> && sizeof...(A) == 2) {
    using First = std::tuple_element_t<0, std::tuple<A...>>;
    using Second = std::tuple_element_t<1, std::tuple<A...>>;
    const Column& a = call.arguments[0];
    const Column& b = call.arguments[1];
    if (!a.constant() && !b.constant()) {
      return rows::loop<Op, R, A...>(op, call, answer, rows::Dense<First>{a.as<First>()},
                                     rows::Dense<Second>{b.as<Second>()});
    }
    if (!a.constant()) {
      return rows::loop<Op, R, A...>(op, call, answer, rows::Dense<First>{a.as<First>()},
                                     rows::Same<Second>{*b.as<Second>()});
    }
    if (!b.constant()) {
      return rows::loop<Op, R, A...>(op, call, answer, rows::Same<First>{*a.as<First>()},
                                     rows::Dense<Second>{b.as<Second>()});
    }
  }
  rows::run_strided<Op, R, A...>(op, call, answer, std::index_sequence_for<A...>{});
}

// A row of the table for run_rows<Op, R, A...>.
template <class Op, class R, class... A>
Kernel row_kernel(std::string_view name, std::vector<Kind> arguments, Kind result) {
  Kernel kernel{name, std::move(arguments), result, &run_rows<Op, R, A...>};
  kernel.fallible = rows::Failing<Op, A...>;
  return kernel;
}

// Op, but where it would fail it gives NULL: TRY_CAST.
template <class Op>
struct Try {
  Op op;
  static constexpr bool kTotal = rows::Total<Op>;
  Try() requires std::is_default_constructible_v<Op>
  = default;
  explicit Try(const Call& call) requires std::is_constructible_v<Op, const Call&> : op(call) {}
  template <class... A>
  auto call(A&&... values) const -> decltype(op.call(std::forward<A>(values)...)) {
    return op.call(std::forward<A>(values)...);
  }
};

}  // namespace segue::engine

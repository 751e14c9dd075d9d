// run_kernel(): what surrounds every kernel. Constants, NULL, and the texts of dictionaries.
#include "base/error.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/program.h"

namespace segue::engine {
namespace {

// A coded column with its texts written out.
Column plain(const Column& coded, size_t rows) {
  Answer answer;
  size_t count = coded.constant() ? 1 : rows;
  auto* texts = answer.values<std::string_view>(count);
  uint8_t* valid = answer.valid(count);
  const auto* codes = coded.as<uint32_t>();
  for (size_t i = 0; i < count; ++i) {
    valid[i] = codes[i] != 0;
    texts[i] = codes[i] == 0 ? std::string_view() : coded.dictionary->text(codes[i]);
  }
  answer.keep(coded);
  return answer.finish(coded.type, coded.stride);
}

// Rows where no argument is NULL, in answer's memory if it takes more than one argument's flags; null: all rows.
const uint8_t* combined_valid(std::span<const Column> arguments, size_t rows, Answer& answer) {
  const uint8_t* valid = nullptr;
  uint8_t* own = nullptr;
  for (const Column& argument : arguments) {
    if (argument.valid == nullptr || argument.constant()) continue;
    if (valid == nullptr) {
      valid = argument.valid;
      answer.keep(argument);
      continue;
    }
    if (own == nullptr) {
      own = answer.valid(rows);
      for (size_t i = 0; i < rows; ++i) own[i] = valid[i] & argument.valid[i];
      valid = own;
    } else {
      for (size_t i = 0; i < rows; ++i) own[i] &= argument.valid[i];
    }
  }
  return valid;
}

Column run_plain(const Slot& slot, std::span<const Column> arguments, size_t rows) {
  const Kernel& kernel = *slot.kernel;
  bool constant = std::all_of(arguments.begin(), arguments.end(), [](const Column& a) { return a.constant(); });
  Answer answer;
  Call call{*slot.expression, arguments, constant ? 1 : rows};
  if (!kernel.sees_nulls) {
    for (const Column& argument : arguments) {
      if (argument.type.id == TypeId::kNull || (argument.constant() && !argument.is_valid(0)))
        return null_column(slot.expression->type);
    }
    // The flags of a partial kernel's answer are its own; it gets the arguments' flags in memory of their own.
    Answer flags;
    call.valid = combined_valid(arguments, call.rows, flags);
    Column holder = flags.finish(TypeId::kNull, 1);
    kernel.run(call, answer);
    if (answer.column.valid == nullptr && call.valid != nullptr) {
      answer.column.valid = call.valid;
      answer.keep(holder);
    }
  } else {
    kernel.run(call, answer);
  }
  return answer.finish(slot.expression->type, constant ? 0 : 1);
}

// Makes room for codes below `codes`, new ones unknown.
void grow(Memo& memo, size_t codes, size_t value_size) {
  size_t old = memo.known.size();
  if (codes <= old) return;
  codes = std::max(codes, old + old / 2 + 1024);
  memo.known.resize(codes);
  memo.valid.resize(codes);
  memo.values.resize(codes * value_size);
  std::memset(memo.known.data() + old, 0, codes - old);
  std::memset(memo.valid.data() + old, 0, codes - old);
  std::memset(memo.values.data() + old * value_size, 0, (codes - old) * value_size);
}

template <class F>
void with_size(size_t size, F&& f) {
  switch (size) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    case 8: return f(uint64_t{});
    default: return f(Interval{});
  }
}

// Answers for codes that are not known yet.
void learn(const Slot& slot, std::span<const Column> arguments, size_t coded, std::span<const uint32_t> codes,
           size_t value_size, Memo& memo) {
  Answer texts;
  auto* values = texts.values<std::string_view>(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) values[i] = memo.dictionary->text(codes[i]);
  texts.keep(arguments[coded]);
  std::vector<Column> plain_arguments(arguments.begin(), arguments.end());
  plain_arguments[coded] = texts.finish(arguments[coded].type, 1);
  Column answers = run_plain(slot, plain_arguments, codes.size());
  if (memo.derived != nullptr) {
    auto* out = reinterpret_cast<uint32_t*>(memo.values.data());
    for (size_t i = 0; i < codes.size(); ++i)
      out[codes[i]] = answers.is_valid(i) ? memo.derived->intern(answers.text(i)) : 0;
  } else {
    with_size(value_size, [&]<class T>(T) {
      auto* out = reinterpret_cast<T*>(memo.values.data());
      for (size_t i = 0; i < codes.size(); ++i) {
        memo.valid[codes[i]] = answers.is_valid(i);
        out[codes[i]] = answers.as<T>()[i * answers.stride];
      }
    });
  }
  for (uint32_t code : codes) memo.known[code] = 1;
}

// The answer for one coded argument, every other one constant: found once for each text.
Column run_memoised(const Slot& slot, std::span<const Column> arguments, size_t coded, size_t rows, Memo& memo) {
  const Column& column = arguments[coded];
  const Type& type = slot.expression->type;
  size_t value_size = slot.derived != nullptr ? sizeof(uint32_t) : value_bytes(type);
  if (memo.dictionary != column.dictionary) {
    memo = Memo{};
    memo.dictionary = column.dictionary;
    if (slot.derived != nullptr) memo.derived = slot.derived->of(column.dictionary);
  }
  const auto* codes = column.as<uint32_t>();
  uint32_t most = 0;
  for (size_t i = 0; i < rows; ++i) most = std::max(most, codes[i]);
  grow(memo, std::max<size_t>(most, column.dictionary->size()) + 1, value_size);
  constexpr uint8_t kAsked = 2;
  Array<uint32_t> unknown;
  for (size_t i = 0; i < rows; ++i) {
    if (memo.known[codes[i]] == 0 && codes[i] != 0) {
      memo.known[codes[i]] = kAsked;
      unknown.push_back(codes[i]);
    }
  }
  if (!unknown.empty()) {
    try {
      learn(slot, arguments, coded, {unknown.data(), unknown.size()}, value_size, memo);
    } catch (...) {
      memo = Memo{};
      throw;
    }
  }
  Answer answer;
  with_size(value_size, [&]<class T>(T) {
    T* out = answer.values<T>(rows);
    const T* known = reinterpret_cast<const T*>(memo.values.data());
    for (size_t i = 0; i < rows; ++i) out[i] = known[codes[i]];
  });
  if (memo.derived != nullptr) {
    answer.column.dictionary = memo.derived;
  } else {
    uint8_t* valid = answer.valid(rows);
    for (size_t i = 0; i < rows; ++i) valid[i] = memo.valid[codes[i]];
  }
  return answer.finish(type, 1);
}

}  // namespace

Column run_kernel(const Slot& slot, std::span<const Column> arguments, size_t rows, Memo* memo) {
  if (slot.kernel->takes_codes) return run_plain(slot, arguments, rows);
  size_t coded = arguments.size();
  size_t varying = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].constant()) continue;
    ++varying;
    if (arguments[i].coded()) coded = i;
  }
  bool null_constant = false;
  for (const Column& argument : arguments) null_constant |= argument.constant() && !argument.is_valid(0);
  if (memo != nullptr && varying == 1 && coded != arguments.size() && !null_constant)
    return run_memoised(slot, arguments, coded, rows, *memo);
  std::vector<Column> plain_arguments;
  for (const Column& argument : arguments)
    plain_arguments.push_back(argument.coded() ? plain(argument, rows) : argument);
  return run_plain(slot, plain_arguments, rows);
}

}  // namespace segue::engine

// What a scalar function is made of, and the table of all of them. Internal to the evaluator.
//
// A kernel answers for one name and one list of argument kinds; which one a call takes is found when a program is made.
// rows.h turns the code for one row into a kernel; the program (program.h) takes care of common subexpressions,
// constants, dictionaries and NULL.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"
#include "plan/expression.h"

namespace segue::engine {

// How values lie in memory and what they mean: the types, except that DECIMALs differ only by their width in bytes.
enum class Kind : uint8_t {
  kNull,
  kBoolean,
  kTinyint,
  kSmallint,
  kInteger,
  kBigint,
  kHugeint,
  kFloat,
  kDouble,
  kDecimal,      // int64_t
  kWideDecimal,  // Int128
  kVarchar,
  kBlob,
  kDate,
  kTimestamp,
  kInterval,
  kList,
  kStruct,
  kAny,  // of a kernel: takes whatever comes; its `check` may ask for more
};

Kind kind_of(const Type& type);

// Bytes of strings that a kernel makes; they never move.
class TextArena {
 public:
  // Room for `bytes` bytes.
  char* reserve(size_t bytes);
  std::string_view copy(std::string_view text);

 private:
  std::deque<Block> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

// Texts as a column of their own, which keeps the memory of `source` alive.
Column text_column(std::span<const std::string_view> texts, const Column& source);

// Of a column of one row: makes it stand for any number of rows, its fields too.
void make_constant(Column& column);

// The memory of a column being made.
class Answer {
 public:
  Answer() : memory_(std::make_shared<Memory>()) {}

  // Room for `count` values of T, not initialised. Called once.
  template <class T>
  T* values(size_t count) {
    memory_->values = Block(std::max<size_t>(count * sizeof(T), 1));
    column.values = memory_->values.data();
    return reinterpret_cast<T*>(memory_->values.data());
  }
  // Room for `rows` flags, not initialised.
  uint8_t* valid(size_t rows) {
    memory_->valid = Block(std::max<size_t>(rows, 1));
    auto* flags = reinterpret_cast<uint8_t*>(memory_->valid.data());
    column.valid = flags;
    return flags;
  }
  TextArena& text() { return memory_->text; }
  // Keeps whatever the strings of another column point to.
  void keep(const Column& source);
  // The column, owning all that was made here.
  Column finish(Type type, size_t stride);

  Column column;  // a kernel may set any of it by itself; type, stride and owner are set by finish()

 private:
  struct Memory {
    Block values;
    Block valid;
    TextArena text;
    std::vector<Column> kept;
  };
  std::shared_ptr<Memory> memory_;
};

// One call of a kernel, on one batch.
struct Call {
  const plan::Expression& expression;  // for types and messages
  std::span<const Column> arguments;   // not coded, unless the kernel takes codes
  size_t rows;                         // 1 if all arguments are constant
  const uint8_t* valid =
      nullptr;  // all arguments together: null if no row has a NULL. Not set for kernels that see NULL
  const Type& type() const { return expression.type; }
  const Type& argument_type(size_t i) const { return expression.arguments[i]->type; }
};

struct Kernel {
  std::string_view name;
  std::vector<Kind> arguments;
  Kind result;
  void (*run)(const Call& call, Answer& answer) = nullptr;
  bool fallible = false;     // a value may have no answer
  bool sees_nulls = false;   // gets NULLs; else a NULL argument gives NULL and the kernel only skips it
  bool takes_codes = false;  // gets coded VARCHAR as it is
  bool variadic = false;     // the last argument kind may come any number of times, at least once
  // More that must hold for the call to be supported: the reason why it is not, or nothing.
  std::optional<std::string> (*check)(const plan::Expression& call) = nullptr;
  // Set for a kernel whose failures depend on the types too: false if this call never fails.
  bool (*can_fail)(const plan::Expression& call) = nullptr;
};

using KernelTable = std::vector<Kernel>;

// Every kernel, table after table. CASE and COALESCE are not among them: the program runs those itself.
std::vector<const Kernel*> all_kernels();

// The kernel for a call, or null.
const Kernel* find_kernel(const plan::Expression& call);

// Whether evaluating the expression may throw.
bool fallible(const plan::Expression& expression);

// "name(BIGINT, VARCHAR)", for messages.
std::string signature(const plan::Expression& call);

// The constant of argument i, or null if it is not a plain constant (a cast of a constant counts as none) or NULL.
const Value* constant_argument(const plan::Expression& call, size_t i);

// Ends the query: message says what is wrong with which value.
[[noreturn]] void fail_value(std::string message);

}  // namespace segue::engine

// Expressions as a row of steps over slots, each slot a column of the batch at hand. Internal to the evaluator.
//
// A slot is an input, a constant, a kernel's answer, or the answer of a form that chooses rows: CASE, COALESCE, AND,
// OR. Such a form is computed at once for all rows where nothing in it can fail; else its later parts are branches:
// programs of their own, whose inputs are slots of this one, run on the rows that reach them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/expressions/kernel.h"

namespace segue::engine {

class Program;

enum class Form : uint8_t { kInput, kConstant, kKernel, kCase, kCoalesce, kAnd, kOr };

struct Branch {
  std::unique_ptr<Program> program;  // one result
  std::vector<uint32_t> inputs;      // slots of the program around it
};

// Dictionaries for the texts that a kernel makes of the texts of another dictionary. Shared by all threads.
class DerivedDictionaries {
 public:
  std::shared_ptr<Dictionary> of(const std::shared_ptr<Dictionary>& source);

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::weak_ptr<Dictionary>, std::shared_ptr<Dictionary>>> derived_;
};

struct Slot {
  Form form = Form::kKernel;
  plan::ExpressionPtr expression;
  size_t input = 0;                              // kInput
  Column constant;                               // kConstant
  const Kernel* kernel = nullptr;                // kKernel
  std::vector<uint32_t> arguments;               // slots
  std::vector<Branch> branches;                  // not empty: the arguments after the first are these
  std::unique_ptr<DerivedDictionaries> derived;  // of a kernel whose answers for codes are kept, if they are texts
  bool memoised = false;                         // answers for codes are kept
};

// What a thread knows of the codes of one dictionary, for one slot.
struct Memo {
  std::shared_ptr<Dictionary> dictionary;
  std::shared_ptr<Dictionary> derived;
  Array<uint8_t> known;     // by code: 1 if its answer is there
  Array<uint8_t> valid;     // by code; of answers that are no text
  Array<std::byte> values;  // by code: an answer, or its code in `derived`
};

class Program {
 public:
  struct State {
    std::vector<Column> slots;
    std::vector<std::unique_ptr<Memo>> memos;                   // by slot
    std::vector<std::vector<std::unique_ptr<State>>> branches;  // by slot, by branch
  };

  // REQUIRES: unsupported() says nothing about each expression. `around` is the program that a branch belongs to.
  explicit Program(std::span<const plan::ExpressionPtr> expressions, Program* around = nullptr);

  // The slots of the program around it that the inputs are (of a branch).
  const std::vector<uint32_t>& outer_inputs() const { return outer_inputs_; }

  std::vector<Column> run(std::span<const Column> inputs, size_t rows, State& state) const;

 private:
  uint32_t add(const plan::ExpressionPtr& expression);
  uint32_t add_slot(Slot slot);
  std::optional<uint32_t> find(const plan::ExpressionPtr& expression);
  uint32_t add_input(const plan::ExpressionPtr& expression, size_t input);
  Branch branch(const plan::ExpressionPtr& expression);
  bool fold(Slot& slot) const;

  Column run_slot(uint32_t index, size_t rows, State& state) const;
  Column run_branch(uint32_t slot, size_t branch, std::span<const uint32_t> rows_reaching, size_t rows,
                    State& state) const;
  Column run_case(uint32_t slot, size_t rows, State& state) const;
  Column run_coalesce(uint32_t slot, size_t rows, State& state) const;
  Column run_logic(uint32_t slot, size_t rows, State& state) const;

  Program* around_;  // while it is made
  std::vector<Slot> slots_;
  std::vector<uint32_t> results_;
  std::vector<uint32_t> outer_inputs_;
  std::unordered_multimap<uint64_t, uint32_t> by_hash_;
};

// A kernel's answer for columns: NULL arguments, constants and codes are taken care of here. memo may be null.
Column run_kernel(const Slot& slot, std::span<const Column> arguments, size_t rows, Memo* memo);

// CASE and COALESCE of columns that are all computed already.
Column choose_case(const Type& type, std::span<const Column> arguments, size_t rows);
Column choose_coalesce(const Type& type, std::span<const Column> arguments, size_t rows);

}  // namespace segue::engine

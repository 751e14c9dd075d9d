// Evaluates bound expressions over batches: the native engine's scalar functions.
//
// An Evaluator is a program made once from a list of expressions: constants are folded, equal subexpressions are
// computed once a batch, and branches that can fail (of CASE, COALESCE, AND, OR) are computed only for the rows that
// reach them. It is immutable and shared by all threads; what a thread keeps between batches (answers already found for
// the codes of a dictionary) is its State.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/memory.h"
#include "columns/column.h"
#include "plan/expression.h"

namespace segue::engine {

// A value that has no answer, and where the SQL asks for it (Expression::position).
class ExpressionFailure : public Failure {
 public:
  ExpressionFailure(Error error, uint64_t position) : Failure(std::move(error)), position_(position) {}
  uint64_t position() const { return position_; }

 private:
  uint64_t position_;
};

class Program;

class Evaluator {
 public:
  // Belongs to one thread at a time and to one Evaluator. May outlive it; columns made with it outlive both.
  class State {
   public:
    State();
    State(State&&) noexcept;
    State& operator=(State&&) noexcept;
    ~State();

   private:
    friend class Evaluator;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  // REQUIRES: unsupported() says nothing about each expression. Throws Failure(kInternal) otherwise.
  explicit Evaluator(const std::vector<plan::ExpressionPtr>& expressions);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  // One column an expression, in their order, of batch.rows rows or constant. A column reference is the batch's column
  // itself. The columns share the memory of the batch's columns where they can and keep it alive. Throws
  // ExpressionFailure when a value has no answer (an overflow, a text that is no number, …), naming function and value.
  // REQUIRES: the batch has every column the expressions read, of their types; state is used by no other thread.
  std::vector<Column> evaluate(const Batch& batch, State& state) const;

 private:
  std::unique_ptr<const Program> program_;
};

// Why an expression cannot run here, naming the function and its argument types, or nothing if it can. Exact: what it
// lets pass never ends in "not supported" at run time.
std::optional<std::string> unsupported(const plan::Expression& expression);

// The rows where a BOOLEAN column is true (neither false nor NULL), ascending.
// REQUIRES: condition.type is BOOLEAN, with `rows` rows or constant.
Array<uint32_t> select(const Column& condition, size_t rows);

}  // namespace segue::engine

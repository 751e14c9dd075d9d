#include "engine/expressions/program.h"

#include "base/error.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"

namespace segue::engine {
namespace {

using plan::Expression;
using plan::ExpressionPtr;

Form form_of(const Expression& call) {
  if (call.name == "case") return Form::kCase;
  if (call.name == "coalesce") return Form::kCoalesce;
  if (call.name == "and") return Form::kAnd;
  if (call.name == "or") return Form::kOr;
  return Form::kKernel;
}

// Answers of these can be kept by code: one value or text a row.
bool keepable(const Type& type) {
  return type.id == TypeId::kVarchar || (!type.nested() && !type.text() && type.id != TypeId::kNull);
}

}  // namespace

std::shared_ptr<Dictionary> DerivedDictionaries::of(const std::shared_ptr<Dictionary>& source) {
  std::lock_guard lock(mutex_);
  std::erase_if(derived_, [](const auto& known) { return known.first.expired(); });
  for (const auto& [known, derived] : derived_) {
    if (known.lock() == source) return derived;
  }
  return derived_.emplace_back(source, std::make_shared<Dictionary>()).second;
}

Program::Program(std::span<const ExpressionPtr> expressions, Program* around) : around_(around) {
  for (const ExpressionPtr& expression : expressions) results_.push_back(add(expression));
  around_ = nullptr;
  by_hash_.clear();
}

std::optional<uint32_t> Program::find(const ExpressionPtr& expression) {
  auto [begin, end] = by_hash_.equal_range(plan::hash(*expression));
  for (auto known = begin; known != end; ++known) {
    if (plan::equal(*slots_[known->second].expression, *expression)) return known->second;
  }
  if (around_ != nullptr) {
    if (auto outer = around_->find(expression)) return add_input(expression, *outer);
  }
  return std::nullopt;
}

uint32_t Program::add_slot(Slot slot) {
  auto index = static_cast<uint32_t>(slots_.size());
  by_hash_.emplace(plan::hash(*slot.expression), index);
  slots_.push_back(std::move(slot));
  return index;
}

// input: a slot of the program around, or a column of the batch.
uint32_t Program::add_input(const ExpressionPtr& expression, size_t input) {
  Slot slot;
  slot.form = Form::kInput;
  slot.expression = expression;
  slot.input = input;
  if (around_ != nullptr) {
    slot.input = outer_inputs_.size();
    outer_inputs_.push_back(static_cast<uint32_t>(input));
  }
  return add_slot(std::move(slot));
}

Branch Program::branch(const ExpressionPtr& expression) {
  Branch made;
  made.program = std::make_unique<Program>(std::span(&expression, 1), this);
  made.inputs = made.program->outer_inputs();
  return made;
}

uint32_t Program::add(const ExpressionPtr& expression) {
  if (auto known = find(expression)) return *known;
  Slot slot;
  slot.expression = expression;
  if (expression->kind == Expression::Kind::kColumn) {
    return add_input(expression, around_ != nullptr ? around_->add(expression) : expression->column);
  }
  if (expression->kind == Expression::Kind::kConstant) {
    slot.form = Form::kConstant;
    slot.constant = expression->constant.null() ? null_column(expression->type) : constant_column(expression->constant);
    return add_slot(std::move(slot));
  }
  slot.form = form_of(*expression);
  const auto& arguments = expression->arguments;
  bool chooses = slot.form != Form::kKernel;
  bool later_fail =
      chooses && std::any_of(arguments.begin() + 1, arguments.end(), [](const auto& a) { return fallible(*a); });
  if (slot.form == Form::kKernel || slot.form == Form::kAnd || slot.form == Form::kOr) {
    slot.kernel = find_kernel(*expression);
    if (slot.kernel == nullptr) fail(ErrorCode::kInternal, "no kernel for " + signature(*expression));
  }
  if (later_fail) {
    slot.arguments.push_back(add(arguments[0]));
    for (size_t i = 1; i < arguments.size(); ++i) slot.branches.push_back(branch(arguments[i]));
    return add_slot(std::move(slot));
  }
  size_t varying = 0;
  bool one_is_text = false;
  for (const ExpressionPtr& argument : arguments) {
    slot.arguments.push_back(add(argument));
    if (slots_[slot.arguments.back()].form != Form::kConstant) {
      ++varying;
      one_is_text = argument->type.id == TypeId::kVarchar;
    }
  }
  if (fold(slot)) return add_slot(std::move(slot));
  slot.memoised = slot.form == Form::kKernel && varying == 1 && one_is_text && !slot.kernel->sees_nulls &&
                  !slot.kernel->takes_codes && keepable(expression->type);
  if (slot.memoised && expression->type.id == TypeId::kVarchar) slot.derived = std::make_unique<DerivedDictionaries>();
  return add_slot(std::move(slot));
}

// Computes a slot that depends on constants only. One that fails is left to fail when a row needs it.
bool Program::fold(Slot& slot) const {
  std::vector<Column> arguments;
  for (uint32_t argument : slot.arguments) {
    if (slots_[argument].form != Form::kConstant) return false;
    arguments.push_back(slots_[argument].constant);
  }
  try {
    switch (slot.form) {
      case Form::kCase: slot.constant = choose_case(slot.expression->type, arguments, 1); break;
      case Form::kCoalesce: slot.constant = choose_coalesce(slot.expression->type, arguments, 1); break;
      default: slot.constant = run_kernel(slot, arguments, 1, nullptr);
    }
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kData) throw;
    return false;
  }
  make_constant(slot.constant);
  slot.form = Form::kConstant;
  slot.kernel = nullptr;
  return true;
}

std::vector<Column> Program::run(std::span<const Column> inputs, size_t rows, State& state) const {
  std::vector<Column> results;
  if (rows == 0) {
    for (uint32_t slot : results_) results.push_back(null_column(slots_[slot].expression->type));
    return results;
  }
  state.slots.assign(slots_.size(), Column{});
  state.memos.resize(slots_.size());
  state.branches.resize(slots_.size());
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    switch (slot.form) {
      case Form::kInput: state.slots[i] = inputs[slot.input]; break;
      case Form::kConstant: state.slots[i] = slot.constant; break;
      default: state.slots[i] = run_slot(i, rows, state);
    }
  }
  for (uint32_t slot : results_) results.push_back(state.slots[slot]);
  state.slots.clear();
  return results;
}

Column Program::run_slot(uint32_t index, size_t rows, State& state) const {
  const Slot& slot = slots_[index];
  if (!slot.branches.empty()) {
    switch (slot.form) {
      case Form::kCase: return run_case(index, rows, state);
      case Form::kCoalesce: return run_coalesce(index, rows, state);
      default: return run_logic(index, rows, state);
    }
  }
  std::vector<Column> arguments;
  arguments.reserve(slot.arguments.size());
  for (uint32_t argument : slot.arguments) arguments.push_back(state.slots[argument]);
  switch (slot.form) {
    case Form::kCase: return choose_case(slot.expression->type, arguments, rows);
    case Form::kCoalesce: return choose_coalesce(slot.expression->type, arguments, rows);
    default: break;
  }
  if (slot.memoised && state.memos[index] == nullptr) state.memos[index] = std::make_unique<Memo>();
  try {
    return run_kernel(slot, arguments, rows, state.memos[index].get());
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::kData) throw;
    Error error = failure.error();
    if (slot.expression->name == "cast") error.hint = "TRY_CAST gives NULL for what cannot be cast";
    throw ExpressionFailure(std::move(error), slot.expression->position);
  }
}

}  // namespace segue::engine

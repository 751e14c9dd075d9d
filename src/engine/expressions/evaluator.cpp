#include "engine/expressions/evaluator.h"

#include "base/error.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/program.h"

namespace segue::engine {

struct Evaluator::State::Impl {
  Program::State state;
};

Evaluator::State::State() : impl_(std::make_unique<Impl>()) {}
Evaluator::State::State(State&&) noexcept = default;
Evaluator::State& Evaluator::State::operator=(State&&) noexcept = default;
Evaluator::State::~State() = default;

Evaluator::Evaluator(const std::vector<plan::ExpressionPtr>& expressions) {
  for (const plan::ExpressionPtr& expression : expressions) {
    if (auto reason = unsupported(*expression))
      fail(ErrorCode::kInternal, "an expression cannot run natively: " + *reason);
  }
  program_ = std::make_unique<const Program>(expressions);
}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

std::vector<Column> Evaluator::evaluate(const Batch& batch, State& state) const {
  return program_->run(batch.columns, batch.rows, state.impl_->state);
}

namespace {

// What a form that chooses rows asks of its arguments: CASE and COALESCE give any type, but all branches the same.
std::optional<std::string> unsupported_choice(const plan::Expression& call) {
  bool is_case = call.name == "case";
  size_t count = call.arguments.size();
  if (is_case ? count < 3 || count % 2 == 0 : count == 0)
    return call.name + " of " + std::to_string(count) + " arguments";
  for (size_t i = 0; i < count; ++i) {
    const Type& type = call.arguments[i]->type;
    bool condition = is_case && i % 2 == 0 && i + 1 < count;
    if (type.id == TypeId::kNull) continue;
    if (condition ? type.id != TypeId::kBoolean : !(type == call.type))
      return signature(call) + " to " + to_string(call.type);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> unsupported(const plan::Expression& expression) {
  if (expression.kind != plan::Expression::Kind::kCall) return std::nullopt;
  for (const auto& argument : expression.arguments) {
    if (auto reason = unsupported(*argument)) return reason;
  }
  if (expression.name == "case" || expression.name == "coalesce") return unsupported_choice(expression);
  const Kernel* kernel = find_kernel(expression);
  if (kernel == nullptr) return signature(expression) + " is not supported";
  if (kernel->check != nullptr) return kernel->check(expression);
  return std::nullopt;
}

Array<uint32_t> select(const Column& condition, size_t rows) {
  Array<uint32_t> chosen;
  if (condition.type.id == TypeId::kNull) return chosen;
  SEGUE_ASSERT(condition.type.id == TypeId::kBoolean);
  const auto* values = condition.as<uint8_t>();
  if (condition.constant()) {
    if (!condition.is_valid(0) || values[0] == 0) return chosen;
    chosen.resize(rows);
    for (size_t i = 0; i < rows; ++i) chosen[i] = static_cast<uint32_t>(i);
    return chosen;
  }
  chosen.resize(rows);
  size_t count = 0;
  if (condition.valid == nullptr) {
    for (size_t i = 0; i < rows; ++i) {
      chosen[count] = static_cast<uint32_t>(i);
      count += values[i] != 0;
    }
  } else {
    for (size_t i = 0; i < rows; ++i) {
      chosen[count] = static_cast<uint32_t>(i);
      count += static_cast<size_t>(values[i] != 0 && condition.valid[i] != 0);
    }
  }
  chosen.resize(count);
  return chosen;
}

}  // namespace segue::engine

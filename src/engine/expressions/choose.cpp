// The forms that choose rows: CASE, COALESCE, AND, OR.
#include "base/error.h"
#include "engine/expressions/blend.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/program.h"

namespace segue::engine {
namespace {

// Rows of the batch that have not been answered yet, and the answers of those that have.
class Choice {
 public:
  Choice(const Type& type, size_t rows) : type_(type), rows_(rows), open_(rows) {
    for (size_t i = 0; i < rows; ++i) open_[i] = static_cast<uint32_t>(i);
  }

  std::span<const uint32_t> open() const { return {open_.data(), open_.size()}; }

  // Splits the open rows: those whose index in open() is in `chosen` (ascending) are returned, the others stay open.
  Array<uint32_t> take(std::span<const uint32_t> chosen) {
    Array<uint32_t> taken;
    Array<uint32_t> rest;
    size_t next = 0;
    for (size_t i = 0; i < open_.size(); ++i) {
      bool is_chosen = next < chosen.size() && chosen[next] == i;
      next += is_chosen;
      (is_chosen ? taken : rest).push_back(open_[i]);
    }
    open_ = std::move(rest);
    return taken;
  }

  // The answers for `rows`.
  void answer(Array<uint32_t> rows, Column column) {
    if (rows.empty()) return;
    answered_.push_back({std::move(rows), std::move(column)});
  }

  // All rows in their order; NULL where nothing was answered.
  Column finish() {
    if (answered_.empty()) return null_column(type_);
    if (answered_.size() == 1 && answered_[0].rows.size() == rows_) return answered_[0].column;
    std::vector<Piece> pieces;
    Array<uint32_t> from(rows_, kNoRow);
    uint32_t offset = 0;
    for (const Answered& part : answered_) {
      pieces.push_back({&part.column, part.rows.size()});
      for (uint32_t row : part.rows) from[row] = offset++;
    }
    return gather(concat(type_, pieces), {from.data(), rows_});
  }

 private:
  struct Answered {
    Array<uint32_t> rows;
    Column column;
  };
  const Type& type_;
  size_t rows_;
  Array<uint32_t> open_;
  std::vector<Answered> answered_;
};

std::span<const uint32_t> view(const Array<uint32_t>& rows) { return {rows.data(), rows.size()}; }

Array<uint32_t> copy(std::span<const uint32_t> rows) {
  Array<uint32_t> copied;
  copied.append(rows.data(), rows.size());
  return copied;
}

Array<uint32_t> valid_rows(const Column& column, size_t rows) {
  Array<uint32_t> chosen;
  if (column.type.id == TypeId::kNull) return chosen;
  for (size_t i = 0; i < rows; ++i) {
    if (column.is_valid(i)) chosen.push_back(static_cast<uint32_t>(i));
  }
  return chosen;
}

Column all_of(const Column& column, const Type& type) {
  return column.type.id == TypeId::kNull ? null_column(type) : column;
}

}  // namespace

Column Program::run_branch(uint32_t slot, size_t branch, std::span<const uint32_t> reaching, size_t rows,
                           State& state) const {
  const Branch& part = slots_[slot].branches[branch];
  auto& states = state.branches[slot];
  states.resize(slots_[slot].branches.size());
  if (states[branch] == nullptr) states[branch] = std::make_unique<State>();
  std::vector<Column> inputs;
  for (uint32_t input : part.inputs) {
    inputs.push_back(reaching.size() == rows ? state.slots[input] : gather(state.slots[input], reaching));
  }
  return part.program->run(inputs, reaching.size(), *states[branch])[0];
}

Column Program::run_case(uint32_t index, size_t rows, State& state) const {
  const Slot& slot = slots_[index];
  Choice choice(slot.expression->type, rows);
  size_t count = slot.branches.size() + 1;  // of when, then, …, else
  for (size_t i = 0; i + 1 < count && !choice.open().empty(); i += 2) {
    Column condition = i == 0 ? state.slots[slot.arguments[0]] : run_branch(index, i - 1, choice.open(), rows, state);
    Array<uint32_t> taken = choice.take(view(select(condition, choice.open().size())));
    if (taken.empty()) continue;
    Column answer = run_branch(index, i, view(taken), rows, state);
    choice.answer(std::move(taken), std::move(answer));
  }
  if (!choice.open().empty())
    choice.answer(copy(choice.open()), run_branch(index, count - 2, choice.open(), rows, state));
  return choice.finish();
}

Column Program::run_coalesce(uint32_t index, size_t rows, State& state) const {
  const Slot& slot = slots_[index];
  Choice choice(slot.expression->type, rows);
  for (size_t i = 0; i <= slot.branches.size() && !choice.open().empty(); ++i) {
    Column answer = i == 0 ? state.slots[slot.arguments[0]] : run_branch(index, i - 1, choice.open(), rows, state);
    Array<uint32_t> found = valid_rows(answer, choice.open().size());
    if (found.empty()) continue;
    Column values = gather(answer, view(found));
    choice.answer(choice.take(view(found)), std::move(values));
  }
  return choice.finish();
}

// AND: a row that is false is done. OR: a row that is true is done. A row that was NULL stays NULL unless something
// ends it.
Column Program::run_logic(uint32_t index, size_t rows, State& state) const {
  const Slot& slot = slots_[index];
  uint8_t ends = slot.form == Form::kOr;
  Answer answer;
  auto* values = answer.values<uint8_t>(rows);
  uint8_t* valid = answer.valid(rows);
  std::memset(values, ends ^ 1, rows);
  std::memset(valid, 1, rows);
  Array<uint32_t> open(rows);
  for (size_t i = 0; i < rows; ++i) open[i] = static_cast<uint32_t>(i);
  for (size_t part = 0; part <= slot.branches.size() && !open.empty(); ++part) {
    Column condition =
        part == 0 ? state.slots[slot.arguments[0]] : run_branch(index, part - 1, view(open), rows, state);
    condition = all_of(condition, TypeId::kBoolean);
    Array<uint32_t> rest;
    for (size_t i = 0; i < open.size(); ++i) {
      uint32_t row = open[i];
      bool known = condition.is_valid(i);
      if (known && condition.as<uint8_t>()[i * condition.stride] == ends) {
        values[row] = ends;
        valid[row] = 1;
        continue;
      }
      if (!known) valid[row] = 0;
      rest.push_back(row);
    }
    open = std::move(rest);
  }
  return answer.finish(TypeId::kBoolean, 1);
}

Column choose_case(const Type& type, std::span<const Column> arguments, size_t rows) {
  size_t choices = arguments.size() / 2;  // then the last is ELSE
  std::vector<Column> columns;
  for (size_t i = 0; i < choices; ++i) columns.push_back(arguments[2 * i + 1]);
  columns.push_back(arguments.back());
  Array<uint32_t> which(rows, static_cast<uint32_t>(choices));
  for (size_t i = choices; i-- > 0;) {
    const Column& condition = arguments[2 * i];
    if (condition.type.id == TypeId::kNull) continue;
    for (size_t row = 0; row < rows; ++row) {
      bool taken = condition.as<uint8_t>()[row * condition.stride] != 0 && condition.is_valid(row);
      which[row] = taken ? static_cast<uint32_t>(i) : which[row];
    }
  }
  return blend(type, columns, view(which));
}

Column choose_coalesce(const Type& type, std::span<const Column> arguments, size_t rows) {
  Array<uint32_t> which(rows, kNoRow);
  for (size_t i = arguments.size(); i-- > 0;) {
    if (arguments[i].type.id == TypeId::kNull) continue;
    for (size_t row = 0; row < rows; ++row) {
      if (arguments[i].is_valid(row)) which[row] = static_cast<uint32_t>(i);
    }
  }
  return blend(type, arguments, view(which));
}

}  // namespace segue::engine

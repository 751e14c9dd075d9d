// Casts of LIST to LIST and of STRUCT to STRUCT of the same field names: part by part, by the casts of the parts.
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/program.h"

namespace segue::engine {
namespace {

plan::ExpressionPtr part_cast(const Type& from, const Type& to) {
  return plan::make_call("cast", to, {plan::make_column(0, from)});
}

// rows values of `part`, none of which stands where there is no value: those could fail.
Column cast_part(const Column& part, const Type& to, size_t rows) {
  if (part.type == to) return flatten(part, rows);
  if (part.type.id == TypeId::kNull) return flatten(null_column(to), rows);
  auto expression = part_cast(part.type, to);
  Program program(std::span(&expression, 1));
  Program::State state;
  return flatten(program.run(std::span(&part, 1), rows, state)[0], rows);
}

void run_struct_cast(const Call& call, Answer& answer) {
  const Column& source = call.arguments[0];
  for (size_t i = 0; i < source.children.size(); ++i) {
    Column field = source.children[i];
    if (call.valid != nullptr) {
      Array<uint32_t> rows(call.rows);
      for (size_t row = 0; row < call.rows; ++row) rows[row] = call.valid[row] ? static_cast<uint32_t>(row) : kNoRow;
      field = gather(field, {rows.data(), call.rows});
    }
    Column done = cast_part(field, call.type().fields[i].type, call.rows);
    answer.column.children.push_back(std::move(done));
  }
}

void run_list_cast(const Call& call, Answer& answer) {
  Array<uint32_t> rows(call.rows);
  for (size_t row = 0; row < call.rows; ++row)
    rows[row] = call.valid == nullptr || call.valid[row] ? static_cast<uint32_t>(row) : kNoRow;
  rows.push_back(kNoRow);  // so that a constant list is written out
  Column compact = gather(call.arguments[0], {rows.data(), rows.size()});
  const auto* from = compact.as<uint64_t>();
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  std::memcpy(offsets, from, (call.rows + 1) * sizeof(uint64_t));
  size_t elements = offsets[call.rows];
  Column done = elements == 0 ? flatten(null_column(call.type().element()), 0)
                              : cast_part(compact.children[0], call.type().element(), elements);
  answer.column.children.push_back(std::move(done));
}

std::optional<std::string> check_part(const Type& from, const Type& to) {
  if (from == to) return std::nullopt;
  return unsupported(*part_cast(from, to));
}

std::optional<std::string> check_nested_cast(const plan::Expression& call) {
  const Type& from = call.arguments[0]->type;
  const Type& to = call.type;
  if (from.fields.size() != to.fields.size()) return signature(call) + " is not supported";
  for (size_t i = 0; i < from.fields.size(); ++i) {
    if (from.fields[i].name != to.fields[i].name) return signature(call) + " is not supported";
    if (auto reason = check_part(from.fields[i].type, to.fields[i].type)) return reason;
  }
  return std::nullopt;
}

bool nested_cast_can_fail(const plan::Expression& call) {
  const auto& from = call.arguments[0]->type.fields;
  for (size_t i = 0; i < from.size(); ++i) {
    if (!(from[i].type == call.type.fields[i].type) && fallible(*part_cast(from[i].type, call.type.fields[i].type)))
      return true;
  }
  return false;
}

}  // namespace

const KernelTable& nested_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made = {{"cast", {Kind::kStruct}, Kind::kStruct, &run_struct_cast},
                        {"cast", {Kind::kList}, Kind::kList, &run_list_cast}};
    for (Kernel& kernel : made) {
      kernel.fallible = true;
      kernel.check = &check_nested_cast;
      kernel.can_fail = &nested_cast_can_fail;
      kernel.takes_codes = true;
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

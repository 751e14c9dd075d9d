#include "engine/stages.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/expressions/gather.h"

namespace segue::engine {

Batch pick_rows(const Batch& batch, std::span<const uint32_t> rows) {
  Batch result;
  result.rows = rows.size();
  result.sequence = batch.sequence;
  for (const Column& column : batch.columns) result.columns.push_back(gather(column, rows));
  size_t row = 0;
  for (size_t p = 0; p < batch.partitions.size(); ++p) {
    size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
    size_t begin = row;
    while (row < rows.size() && rows[row] < end) ++row;
    if (row > begin) result.partitions.push_back(static_cast<uint32_t>(begin));
  }
  return result;
}

FilterStage::FilterStage(const plan::Filter& node, size_t workers)
    : condition_({node.conditions.size() == 1 ? node.conditions[0]
                                              : plan::make_call("and", TypeId::kBoolean, node.conditions)}),
      states_(workers) {}

void FilterStage::consume(size_t worker, Batch batch) {
  std::vector<Column> condition = condition_.evaluate(batch, states_[worker]);
  Array<uint32_t> rows = select(condition[0], batch.rows);
  if (rows.size() == batch.rows) return emit(worker, std::move(batch));
  emit(worker, pick_rows(batch, {rows.data(), rows.size()}));
}

ProjectStage::ProjectStage(const plan::Project& node, std::string step, size_t workers)
    : node_(node), step_(std::move(step)), evaluator_(node.expressions), states_(workers) {}

void ProjectStage::consume(size_t worker, Batch batch) {
  try {
    batch.columns = evaluator_.evaluate(batch, states_[worker]);
  } catch (const ExpressionFailure& failure) {
    fail_named(batch, failure);
  }
  emit(worker, std::move(batch));
}

// Finds the column by evaluating each alone.
void ProjectStage::fail_named(const Batch& batch, const ExpressionFailure& failure) const {
  if (step_.empty()) throw failure;
  Error error = failure.error();
  for (size_t i = 0; i < node_.expressions.size(); ++i) {
    try {
      Evaluator::State state;
      Evaluator({node_.expressions[i]}).evaluate(batch, state);
    } catch (const Failure&) {
      error.message = fmt::format("column `{}` of step `{}`: {}", node_.fields[i].name, step_, error.message);
      break;
    }
  }
  throw ExpressionFailure(error, failure.position());
}

}  // namespace segue::engine

#include "engine/stages.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "engine/expressions/gather.h"
#include "engine/expressions/lists.h"

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

UnnestStage::UnnestStage(const plan::Unnest& node, size_t workers)
    : node_(node), lists_(node.lists), states_(workers) {}

void UnnestStage::consume(size_t worker, Batch batch) {
  std::vector<Column> lists = lists_.evaluate(batch, states_[worker]);
  Array<uint32_t> rows;
  std::vector<Array<uint32_t>> elements(lists.size());
  auto hand_on = [&] {
    Batch made;
    made.rows = rows.size();
    made.sequence = batch.sequence;
    for (size_t column : node_.columns)
      made.columns.push_back(gather(batch.columns[column], {rows.data(), rows.size()}));
    for (size_t k = 0; k < lists.size(); ++k) {
      const Type& type = node_.lists[k]->type.element();
      made.columns.push_back(lists[k].children.empty()
                                 ? null_column(type)
                                 : gather(lists[k].children[0], {elements[k].data(), rows.size()}));
      elements[k].clear();
    }
    rows.clear();
    emit(worker, std::move(made));
  };
  for (size_t row = 0; row < batch.rows; ++row) {
    size_t longest = node_.keep_empty ? 1 : 0;
    for (const Column& list : lists) {
      if (list.is_valid(row)) longest = std::max(longest, range_of(list, row).size());
    }
    for (size_t i = 0; i < longest; ++i) {
      rows.push_back(static_cast<uint32_t>(row));
      for (size_t k = 0; k < lists.size(); ++k) {
        Range range = lists[k].is_valid(row) ? range_of(lists[k], row) : Range{0, 0};
        elements[k].push_back(i < range.size() ? static_cast<uint32_t>(range.begin + i) : kNoRow);
      }
      if (rows.size() == limits::kBatchRows) hand_on();
    }
  }
  if (!rows.empty()) hand_on();
}

}  // namespace segue::engine

#include "engine/sources.h"

#include <algorithm>

#include "base/error.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"

namespace segue::engine {

ScanOperator::ScanOperator(const plan::Scan& node, const Request& request)
    : scanner_(request.open_source(node)), workers_(request.workers->count()) {
  for (const Field& field : node.fields) types_.push_back(field.type);
}

void ScanOperator::keep_rows() {
  if (std::ranges::any_of(types_, &Type::nested)) {
    collector_ = std::make_unique<Collector>(workers_);
  } else {
    store_ = std::make_shared<RowStore>(types_, workers_);
  }
}

size_t ScanOperator::bytes() const {
  if (collector_) return scanned_ ? batches_.bytes() : collector_->bytes();
  return store_ ? store_->bytes() : 0;
}

size_t ScanOperator::tasks() const {
  if (!scanned_) return scanner_->morsels();
  return collector_ ? batches_.tasks() : segments_.size();
}

void ScanOperator::run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) {
  if (!scanned_) {
    scanner_->scan(worker, task, [&](Batch&& batch) {
      if (store_) store_->append(worker, batch);
      if (collector_) collector_->consume(worker, batch);
      emit(std::move(batch));
    });
    return;
  }
  if (collector_) return batches_.run(worker, task, emit);
  Batch batch;
  batch.rows = segments_[task].rows;
  batch.sequence = task;
  for (size_t c = 0; c < types_.size(); ++c) batch.columns.push_back(store_->column(segments_[task], c));
  emit(std::move(batch));
}

void ScanOperator::end_pass() {
  if (scanned_) return;
  scanner_->finish();
  scanned_ = true;
  if (store_) segments_ = store_->segments();
  if (collector_) batches_ = BatchSource(collector_->take());
}

void ScanOperator::release() {
  store_.reset();
  segments_.clear();
  collector_.reset();
  batches_ = BatchSource();
}

ValuesOperator::ValuesOperator(const plan::Values& node) {
  Batch one;
  one.rows = 1;
  std::vector<Batch> rows;
  for (const auto& expressions : node.rows) {
    Evaluator evaluator(expressions);
    Evaluator::State state;
    Batch row;
    row.rows = 1;
    for (Column& column : evaluator.evaluate(one, state)) row.columns.push_back(flatten(column, 1));
    rows.push_back(std::move(row));
  }
  std::vector<Batch> batches;
  if (!rows.empty()) {
    Batch all;
    all.rows = rows.size();
    std::vector<Type> types;
    for (const Field& field : node.fields) types.push_back(field.type);
    all.columns = concat_batches(types, rows);
    batches.push_back(std::move(all));
  }
  rows_ = BatchSource(std::move(batches));
}

ForeignOperator::ForeignOperator(const plan::Foreign& node, const Request& request) : node_(node), request_(request) {
  for (size_t i = 0; i < node.inputs.size(); ++i)
    collectors_.push_back(std::make_unique<Collector>(request.workers->count()));
}

void ForeignOperator::finish(Workers& /*workers*/) {
  std::vector<Relation> inputs;
  for (size_t i = 0; i < collectors_.size(); ++i) inputs.push_back({node_.inputs[i]->fields, collectors_[i]->take()});
  rows_ = BatchSource(request_.run_foreign(node_, inputs).batches);
}

}  // namespace segue::engine

// Operators where rows begin: sources of the pipeline, constants, steps of another engine.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/execute.h"
#include "engine/operator.h"
#include "engine/row_store.h"

namespace segue::engine {

// A source of the pipeline, read once. If keep_rows() was called before the first pass, later passes read what the
// first one stored.
class ScanOperator : public Operator, public Source {
 public:
  ScanOperator(const plan::Scan& node, const Request& request);
  void keep_rows();
  uint64_t file_bytes() const { return scanner_->bytes(); }
  // Ends the first pass: bad rows are dealt with.
  void end_pass();

  Source* source() override { return this; }
  void release() override;
  size_t bytes() const override;
  size_t tasks() const override;
  void run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) override;

 private:
  std::shared_ptr<formats::Scanner> scanner_;
  std::shared_ptr<RowStore> store_;
  std::vector<RowStore::Segment> segments_;
  // Lists and structs can't be stored by value: then the batches are kept as they came.
  std::unique_ptr<Collector> collector_;
  BatchSource batches_;
  std::vector<Type> types_;
  size_t workers_;
  bool scanned_ = false;
};

class ValuesOperator : public Operator {
 public:
  explicit ValuesOperator(const plan::Values& node);
  Source* source() override { return &rows_; }

 private:
  BatchSource rows_;
};

class ForeignOperator : public Operator {
 public:
  ForeignOperator(const plan::Foreign& node, const Request& request);
  Collector* collector(size_t input) { return collectors_[input].get(); }
  bool breaks() const override { return true; }  // also one that reads nothing
  void finish(Workers& workers) override;
  Source* source() override { return &rows_; }
  void release() override { rows_ = BatchSource(); }

 private:
  const plan::Foreign& node_;
  const Request& request_;
  std::vector<std::unique_ptr<Collector>> collectors_;
  BatchSource rows_;
};

}  // namespace segue::engine

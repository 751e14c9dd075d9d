// The simple stages: filter, project, unnest, union.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/expressions/evaluator.h"
#include "engine/flow.h"
#include "plan/node.h"

namespace segue::engine {

// batch with only the rows listed (ascending); partitions left without rows are gone.
Batch pick_rows(const Batch& batch, std::span<const uint32_t> rows);

class FilterStage : public Stage {
 public:
  FilterStage(const plan::Filter& node, size_t workers);
  void consume(size_t worker, Batch batch) override;

 private:
  Evaluator condition_;
  std::vector<Evaluator::State> states_;
};

class ProjectStage : public Stage {
 public:
  // step: whose result this computes, so that a value without an answer names its column; empty: rows inside a step.
  // `node` outlives this.
  ProjectStage(const plan::Project& node, std::string step, size_t workers);
  void consume(size_t worker, Batch batch) override;

 private:
  [[noreturn]] void fail_named(const Batch& batch, const ExpressionFailure& failure) const;

  const plan::Project& node_;
  std::string step_;
  Evaluator evaluator_;
  std::vector<Evaluator::State> states_;
};

// Rows for the elements of lists.
class UnnestStage : public Stage {
 public:
  // `node` outlives this.
  UnnestStage(const plan::Unnest& node, size_t workers);
  void consume(size_t worker, Batch batch) override;

 private:
  const plan::Unnest& node_;
  Evaluator lists_;
  std::vector<Evaluator::State> states_;
};

// One input of a union: its batches come after those of the inputs before it.
class UnionStage : public Stage {
 public:
  explicit UnionStage(size_t input) : offset_(static_cast<uint64_t>(input) << 48) {}
  void consume(size_t worker, Batch batch) override {
    batch.sequence += offset_;
    batch.partitions.clear();
    emit(worker, std::move(batch));
  }
  void end_task(size_t worker, uint64_t sequence) override { Stage::end_task(worker, sequence + offset_); }

 private:
  uint64_t offset_;
};

}  // namespace segue::engine

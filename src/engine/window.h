// Window functions over whole partitions, in order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/aggregate_state.h"
#include "engine/expressions/evaluator.h"
#include "engine/flow.h"
#include "plan/node.h"

namespace segue::engine {

// Adds one column a call to batches of a PartitionRows with the node's partition and order. Only the first input_width
// columns of a batch are the node's input; what is behind them (computed keys) is dropped.
class WindowStage : public Stage {
 public:
  // order: the columns of the batches that rows are ordered by.
  WindowStage(const plan::Window& node, size_t input_width, std::vector<size_t> order, size_t workers);
  void consume(size_t worker, Batch batch) override;

 private:
  Column compute(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) const;
  struct Frames;
  Frames frames(const plan::WindowCall& call, const Batch& batch) const;
  Column frame_value(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) const;
  Column sliding_aggregate(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) const;
  Column running_aggregate(const plan::WindowCall& call, const Batch& batch, std::span<const Column> arguments) const;

  std::vector<plan::WindowCall> calls_;
  size_t input_width_;
  std::vector<size_t> order_;
  std::vector<size_t> first_argument_;
  Evaluator evaluator_;
  std::vector<Evaluator::State> states_;
};

std::optional<std::string> window_unsupported(const plan::WindowCall& call);

}  // namespace segue::engine

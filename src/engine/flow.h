// How rows move: a Source hands batches to Consumers, stage by stage.
//
// A pass runs all tasks of one Source over the workers; each batch goes through a tree of Consumers on the worker that
// made it. Consumers share what they learn in one object: state of a worker lies in a slot of its own (no locks), and
// is put together after the pass.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "columns/column.h"

namespace segue::engine {

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Called by different workers at the same time; batches of one task come in order from one worker.
  virtual void consume(size_t worker, Batch batch) = 0;
  // The worker has handed over all batches of the tasks up to the one with this sequence, from the end of those before
  // on: of one task, or of a stretch of neighbouring tasks if any consumer of the pass wants that
  // (Operator::wants_stretches).
  virtual void end_task(size_t /*worker*/, uint64_t /*sequence*/) {}
};

// A Consumer that hands on.
class Stage : public Consumer {
 public:
  void attach(Consumer* output) { outputs_.push_back(output); }
  void end_task(size_t worker, uint64_t sequence) override {
    for (Consumer* output : outputs_) output->end_task(worker, sequence);
  }

 protected:
  void emit(size_t worker, Batch batch) {
    if (batch.rows == 0) return;
    for (size_t i = 0; i + 1 < outputs_.size(); ++i) outputs_[i]->consume(worker, batch);
    if (!outputs_.empty()) outputs_.back()->consume(worker, std::move(batch));
  }

 private:
  std::vector<Consumer*> outputs_;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual size_t tasks() const = 0;
  // Hands the batches of one task to emit, each with sequence == task. Called by different workers at the same time.
  virtual void run(size_t worker, size_t task, const std::function<void(Batch&&)>& emit) = 0;
};

}  // namespace segue::engine

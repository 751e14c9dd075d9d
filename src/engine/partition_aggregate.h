// Aggregate over whole partitions: groups never cross a partition, so each batch is finished at once and nothing is
// kept.
#pragma once

#include <vector>

#include "engine/expressions/evaluator.h"
#include "engine/flow.h"
#include "engine/group_states.h"

namespace segue::engine {

class PartitionAggregate : public Stage {
 public:
  // per_partition: the groups are the partition's keys, nothing more. REQUIRES: every partition key is among the
  // groups.
  PartitionAggregate(const plan::Aggregate& node, bool per_partition, size_t workers);
  void consume(size_t worker, Batch batch) override;

 private:
  struct Worker {
    Evaluator::State state;
    std::unique_ptr<GroupStates> groups;
    std::unique_ptr<Keys> keys;
    GroupTable table{0};
    Array<uint32_t> numbers;
  };
  // Numbers the groups of the batch; firsts gets the first row of each.
  void number_groups(Worker& worker, const Batch& batch, std::span<const Column> groups, Array<uint32_t>& firsts);

  size_t group_count_;
  bool per_partition_;
  AggregateCalls calls_;
  Evaluator evaluator_;
  std::vector<Worker> workers_;
};

}  // namespace segue::engine

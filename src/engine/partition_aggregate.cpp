#include "engine/partition_aggregate.h"

#include "engine/expressions/gather.h"

namespace segue::engine {
namespace {

std::vector<plan::ExpressionPtr> expressions(const plan::Aggregate& node, const AggregateCalls& calls) {
  std::vector<plan::ExpressionPtr> all = node.groups;
  all.insert(all.end(), calls.inputs().begin(), calls.inputs().end());
  return all;
}

std::vector<Type> types(const std::vector<plan::ExpressionPtr>& expressions) {
  std::vector<Type> result;
  for (const auto& expression : expressions) result.push_back(expression->type);
  return result;
}

// If the groups of each partition lie in runs of one rising BIGINT column (a session number), numbers them by looking
// at neighbours only.
bool number_runs(const Batch& batch, std::span<const Column> groups, Array<uint32_t>& numbers,
                 Array<uint32_t>& firsts) {
  const Column* key = nullptr;
  for (const Column& group : groups) {
    if (group.constant()) continue;
    if (group.coded() && batch.partitions.size() > 1) continue;  // looked at below: the partition's key
    if (key != nullptr || group.type.id != TypeId::kBigint || group.valid != nullptr) return false;
    key = &group;
  }
  if (key == nullptr) return false;
  for (const Column& group : groups) {
    if (&group == key || group.constant()) continue;
    const auto* codes = group.as<uint32_t>();
    for (size_t p = 0; p < batch.partitions.size(); ++p) {
      size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
      for (size_t i = batch.partitions[p]; i < end; ++i) {
        if (codes[i] != codes[batch.partitions[p]]) return false;
      }
    }
  }
  const auto* values = key->as<int64_t>();
  numbers.resize(batch.rows);
  uint32_t number = ~uint32_t{0};
  for (size_t p = 0; p < batch.partitions.size(); ++p) {
    size_t begin = batch.partitions[p];
    size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
    if (begin == end) continue;
    numbers[begin] = ++number;
    firsts.push_back(static_cast<uint32_t>(begin));
    for (size_t i = begin + 1; i < end; ++i) {
      if (values[i] != values[i - 1]) {
        if (values[i] < values[i - 1]) return false;
        ++number;
        firsts.push_back(static_cast<uint32_t>(i));
      }
      numbers[i] = number;
    }
  }
  return true;
}

}  // namespace

PartitionAggregate::PartitionAggregate(const plan::Aggregate& node, bool per_partition, size_t workers)
    : group_count_(node.groups.size()),
      per_partition_(per_partition),
      calls_(node.calls),
      evaluator_(expressions(node, calls_)),
      workers_(workers) {
  for (auto& worker : workers_) {
    worker.groups = std::make_unique<GroupStates>(calls_);
    worker.keys = std::make_unique<Keys>(types(node.groups), 1);
    worker.table = GroupTable(worker.keys->words());
  }
}

void PartitionAggregate::number_groups(Worker& worker, const Batch& batch, std::span<const Column> groups,
                                       Array<uint32_t>& firsts) {
  Array<uint32_t>& numbers = worker.numbers;
  if (per_partition_) {
    numbers.resize(batch.rows);
    for (size_t p = 0; p < batch.partitions.size(); ++p) {
      size_t end = p + 1 < batch.partitions.size() ? batch.partitions[p + 1] : batch.rows;
      std::fill(numbers.begin() + batch.partitions[p], numbers.begin() + end, static_cast<uint32_t>(p));
      firsts.push_back(batch.partitions[p]);
    }
    return;
  }
  if (number_runs(batch, groups, numbers, firsts)) return;
  firsts.clear();
  Array<uint64_t> words, hashes;
  worker.keys->encode(0, groups, batch.rows, words);
  worker.keys->hash(words.data(), batch.rows, hashes);
  worker.table.reset(batch.rows / 4);
  numbers.resize(batch.rows);
  worker.table.find_or_add(words.data(), hashes.data(), batch.rows, numbers.data());
  for (size_t i = 0; i < batch.rows; ++i) {
    if (numbers[i] == firsts.size()) firsts.push_back(static_cast<uint32_t>(i));
  }
}

void PartitionAggregate::consume(size_t worker_index, Batch batch) {
  Worker& worker = workers_[worker_index];
  if (batch.rows == 0) return;
  std::vector<Column> columns = evaluator_.evaluate(batch, worker.state);
  std::span<const Column> groups(columns.data(), group_count_);
  Array<uint32_t> firsts;
  number_groups(worker, batch, groups, firsts);
  worker.groups->reset();
  worker.groups->update(std::span(columns).subspan(group_count_), worker.numbers.data(), batch.rows, firsts.size());
  Batch result;
  result.rows = firsts.size();
  result.sequence = batch.sequence;
  size_t partition = 0;
  for (size_t i = 0; i < firsts.size(); ++i) {
    if (partition < batch.partitions.size() && firsts[i] >= batch.partitions[partition]) {
      result.partitions.push_back(static_cast<uint32_t>(i));
      while (partition < batch.partitions.size() && firsts[i] >= batch.partitions[partition]) ++partition;
    }
  }
  for (const Column& group : groups) result.columns.push_back(gather(group, {firsts.data(), firsts.size()}));
  for (Column& column : worker.groups->finish(firsts.size())) result.columns.push_back(std::move(column));
  emit(worker_index, std::move(result));
}

}  // namespace segue::engine

#include "engine/execute.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "base/error.h"
#include "engine/planner.h"
#include "engine/schedule.h"
#include "engine/sources.h"
#include "engine/stages.h"

namespace segue::engine {
namespace {

// Of a pass, where somebody wants stretches: enough for all workers, few enough to be put together.
constexpr size_t kStretches = 64;

// Runs the operators as the schedule says.
class Execution {
 public:
  Execution(const Request& request, Planner::Lowered lowered)
      : request_(request), lowered_(std::move(lowered)), schedule_(lowered_.operators) {
    if (request_.profile == nullptr) return;
    for (const auto& op : lowered_.operators) meters_.emplace(op.get(), request_.workers->count());
  }

  std::map<std::string, Relation> run() {
    for (const auto& [op, read_at] : schedule_.reads()) {
      if (auto* scan = dynamic_cast<ScanOperator*>(op); scan != nullptr && read_at.size() > 1) scan->keep_rows();
    }
    for (size_t level = 0; level < schedule_.levels(); ++level) run_level(level);
    if (request_.profile != nullptr) write_profile(*request_.profile);
    std::map<std::string, Relation> results;
    for (auto& [name, result] : lowered_.results) results[name] = std::move(result->relation);
    return results;
  }

 private:
  void cut_into_stretches(const Operator& op) {
    if (!op.streaming()) stretched_.insert(&op);
    for (const auto& input : op.inputs) {
      if (op.streaming()) cut_into_stretches(*input.from);
    }
  }

  // Has `consumer`, which is of the operator `reader`, take in op's rows in this level's passes.
  void attach(Consumer& consumer, const Operator& reader, Operator& op) {
    Consumer* into = &consumer;
    if (request_.profile != nullptr) {
      Meter* from = metered_.insert(&op).second ? &meters_.at(&op) : nullptr;
      metered_consumers_.push_back(std::make_unique<MeteredConsumer>(consumer, meters_.at(&reader), from));
      into = metered_consumers_.back().get();
    }
    if (!op.streaming()) {
      passes_[&op].push_back(into);
      return;
    }
    auto& stages = stages_[&op];
    if (stages.empty()) {
      for (size_t i = 0; i < op.inputs.size(); ++i) {
        stages.push_back(op.inputs.size() == 1 ? op.make_stage() : std::make_unique<UnionStage>(i));
        attach(*stages.back(), op, *op.inputs[i].from);
      }
    }
    for (auto& stage : stages) stage->attach(into);
  }

  void run_level(size_t level) {
    std::vector<Operator*> finishing;
    for (const auto& op : lowered_.operators) {
      if (!op->breaks() || schedule_.level(*op) != level) continue;
      finishing.push_back(op.get());
      for (const auto& input : op->inputs) {
        attach(*input.into, *op, *input.from);
        if (op->wants_stretches()) cut_into_stretches(*input.from);
      }
    }
    for (auto& [op, consumers] : passes_) {
      if (!op->comes_last()) run_pass(*op, consumers, finishing);
    }
    for (const auto& op : lowered_.operators) {  // in this order each comes after those it depends on
      auto pass = passes_.find(op.get());
      if (pass != passes_.end() && op->comes_last()) run_pass(*op, pass->second, finishing);
    }
    passes_.clear();
    stages_.clear();
    stretched_.clear();
    metered_.clear();
    metered_consumers_.clear();
    for (const auto& [op, levels] : schedule_.reads()) {
      if (*levels.rbegin() == level) op->release();
    }
    for (Operator* op : finishing) finish(*op);
  }

  void finish(Operator& op) {
    if (request_.profile == nullptr) return op.finish(*request_.workers);
    size_t& bytes = bytes_[&op];
    bytes = op.bytes();
    std::clock_t begin = std::clock();  // of all threads: nothing else runs meanwhile
    op.finish(*request_.workers);
    meters_.at(&op).took(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    bytes = std::max(bytes, op.bytes());
  }

  void write_profile(Profile& profile) const {
    std::map<const Operator*, size_t> places;
    for (const auto& op : lowered_.operators) {
      OperatorProfile described;
      described.name = op->name;
      for (const auto& input : op->inputs) described.inputs.push_back(places.at(input.from));
      for (const Operator* needed : op->needs) described.inputs.push_back(places.at(needed));
      meters_.at(op.get()).add_to(described);
      if (auto bytes = bytes_.find(op.get()); bytes != bytes_.end()) described.bytes = bytes->second;
      places[op.get()] = profile.size();
      profile.push_back(std::move(described));
    }
  }

  void run_pass(Operator& op, const std::vector<Consumer*>& consumers, const std::vector<Operator*>& finishing) {
    if (auto* partition = dynamic_cast<PartitionOperator*>(&op))
      partition->rows->keep(kept_partitions(*partition, finishing));
    Source& source = *op.source();
    const size_t tasks = source.tasks();
    const size_t stretch = stretched_.contains(&op) ? std::max<size_t>(1, (tasks + kStretches - 1) / kStretches) : 1;
    auto emit = [&](size_t worker, Batch&& batch) {
      request_.workers->cancellation().check();
      if (batch.rows == 0) return;
      for (size_t i = 0; i + 1 < consumers.size(); ++i) consumers[i]->consume(worker, batch);
      consumers.back()->consume(worker, std::move(batch));
    };
    request_.workers->for_each((tasks + stretch - 1) / stretch, [&](size_t worker, size_t number) {
      std::optional<Meter::Scope> scope;
      if (request_.profile != nullptr) scope.emplace(meters_.at(&op), worker);
      size_t end = std::min(tasks, (number + 1) * stretch);
      for (size_t task = number * stretch; task < end; ++task)
        source.run(worker, task, [&](Batch&& batch) { emit(worker, std::move(batch)); });
      for (Consumer* consumer : consumers) consumer->end_task(worker, end - 1);
    });
    if (auto* scan = dynamic_cast<ScanOperator*>(&op)) scan->end_pass();
  }

  // Which partitions any reader of this level can use: those whose key is on the build side of a join, if all readers
  // go through one.
  std::vector<bool> kept_partitions(const PartitionOperator& partition, const std::vector<Operator*>& finishing) {
    const PartitionRows& rows = *partition.rows;
    if (!rows.key_dictionary()) return {};
    std::set<uint32_t> codes;
    for (const Operator* op : finishing) {
      for (const auto& input : op->inputs) {
        if (!add_codes(partition, *input.from, {}, codes)) return {};
      }
    }
    std::vector<bool> kept(rows.partitions());
    for (size_t i = 0; i < kept.size(); ++i) kept[i] = codes.contains(rows.key_code(i));
    return kept;
  }

  // Follows the streaming operators from op down; false if rows of all partitions pass. `joins` are joins above op,
  // with the column of op's output that each looks up.
  struct Lookup {
    const JoinBuild* build;
    size_t key;
    std::optional<size_t> column;
  };
  static bool add_codes(const PartitionOperator& partition, const Operator& op, std::vector<Lookup> joins,
                        std::set<uint32_t>& codes) {
    if (!op.streaming()) {
      if (&op != &partition) return true;  // another source: nothing to do with these partitions
      for (const Lookup& join : joins) {
        if (join.column != partition.keys[0]) continue;
        const Column& keys = join.build->key_column(join.key);
        for (size_t i = 0; i < join.build->rows(); ++i) {
          if (keys.is_valid(i)) codes.insert(partition.rows->key_dictionary()->find(keys.text(i)));
        }
        return true;
      }
      return false;
    }
    if (const auto* stage = dynamic_cast<const StageOperator*>(&op)) {
      for (Lookup& join : joins) join.column = join.column ? stage->origin[*join.column] : std::nullopt;
      for (const auto& [column, key] : stage->build_keys) joins.push_back({stage->build, key, column});
    } else {
      // A union passes columns through unchanged.
    }
    return std::all_of(op.inputs.begin(), op.inputs.end(),
                       [&](const auto& input) { return add_codes(partition, *input.from, joins, codes); });
  }

  const Request& request_;
  Planner::Lowered lowered_;
  const Schedule schedule_;
  std::map<const Operator*, Meter> meters_;  // if a profile is asked for
  std::set<const Operator*> metered_;        // whose output is counted in this level
  std::vector<std::unique_ptr<MeteredConsumer>> metered_consumers_;
  std::map<const Operator*, size_t> bytes_;
  std::set<const Operator*> stretched_;  // whose tasks are cut into stretches in this level
  std::map<Operator*, std::vector<Consumer*>> passes_;
  std::map<Operator*, std::vector<std::unique_ptr<Stage>>> stages_;
};

}  // namespace

std::map<std::string, Relation> execute(const Request& request) {
  Planner planner(request);
  return Execution(request, planner.lower()).run();
}

}  // namespace segue::engine

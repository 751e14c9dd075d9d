#include "engine/execute.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "base/error.h"
#include "engine/aggregate_state.h"
#include "engine/expressions/evaluator.h"
#include "engine/keys.h"
#include "engine/planner.h"
#include "engine/sources.h"
#include "engine/stages.h"
#include "engine/window.h"

namespace segue::engine {
namespace {

// Of a pass, where somebody wants stretches: enough for all workers, few enough to be put together.
constexpr size_t kStretches = 64;

// Runs the operators level by level. The rows of an operator can be read from its level on; at each level every source
// that somebody reads then is run over once, for all its readers together.
class Execution {
 public:
  Execution(const Request& request, Planner::Lowered lowered) : request_(request), lowered_(std::move(lowered)) {
    if (request_.profile == nullptr) return;
    for (const auto& op : lowered_.operators) meters_.emplace(op.get(), request_.workers->count());
  }

  std::map<std::string, Relation> run() {
    while (wait_for_others()) {
    }
    size_t levels = 0;
    for (const auto& op : lowered_.operators) {
      if (op->breaks()) levels = std::max(levels, consume_level(*op) + 1);
    }
    for (auto& [op, read_at] : reads_) {
      if (auto* scan = dynamic_cast<ScanOperator*>(op); scan != nullptr && read_at.size() > 1) scan->keep_rows();
    }
    for (size_t level = 0; level < levels; ++level) run_level(level);
    if (request_.profile != nullptr) write_profile(*request_.profile);
    std::map<std::string, Relation> results;
    for (auto& [name, result] : lowered_.results) results[name] = std::move(result->relation);
    return results;
  }

 private:
  // The first level at which op's rows can be read.
  size_t ready_level(const Operator& op) {
    if (auto found = ready_.find(&op); found != ready_.end()) return found->second;
    size_t level = 0;
    for (const auto& input : op.inputs) level = std::max(level, ready_level(*input.from));
    for (const Operator* needed : op.needs) level = std::max(level, ready_level(*needed));
    if (auto delayed = earliest_.find(&op); delayed != earliest_.end()) level = std::max(level, delayed->second);
    if (op.breaks()) ++level;
    return ready_[&op] = level;
  }
  size_t consume_level(const Operator& op) { return ready_level(op) - 1; }

  void note_reads(Operator& op, size_t level) {
    if (op.streaming()) {
      for (const auto& input : op.inputs) note_reads(*input.from, level);
    } else {
      reads_[&op].insert(level);
    }
  }

  // Finds out who reads what when. Where a source of the pipeline is read at several levels, has those who read it
  // early wait for the last, so that it need not be kept for it; true if somebody has to.
  bool wait_for_others() {
    ready_.clear();
    reads_.clear();
    std::map<const Operator*, std::vector<const Operator*>> readers;
    for (const auto& op : lowered_.operators) {
      if (!op->breaks()) continue;
      for (const auto& input : op->inputs) {
        note_reads(*input.from, consume_level(*op));
        note_scans(*input.from, *op, readers);
      }
    }
    bool changed = false;
    for (const auto& [scan, ops] : readers) {
      size_t last = 0;
      for (const Operator* op : ops) last = std::max(last, consume_level(*op));
      for (const Operator* op : ops) {
        if (consume_level(*op) == last) continue;
        bool needed = std::any_of(ops.begin(), ops.end(), [&](const Operator* other) {
          return consume_level(*other) == last && depends(*other, *op);
        });
        if (needed) continue;
        earliest_[op] = last;
        changed = true;
      }
    }
    return changed;
  }

  static void note_scans(const Operator& op, const Operator& reader,
                         std::map<const Operator*, std::vector<const Operator*>>& readers) {
    if (op.streaming()) {
      for (const auto& input : op.inputs) note_scans(*input.from, reader, readers);
    } else if (dynamic_cast<const ScanOperator*>(&op) != nullptr) {
      readers[&op].push_back(&reader);
    }
  }

  // Whether op's rows come by way of `other`.
  static bool depends(const Operator& op, const Operator& other) {
    if (&op == &other) return true;
    return std::any_of(op.inputs.begin(), op.inputs.end(),
                       [&](const auto& input) { return depends(*input.from, other); }) ||
           std::any_of(op.needs.begin(), op.needs.end(), [&](const auto* needed) { return depends(*needed, other); });
  }

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
      if (!op->breaks() || consume_level(*op) != level) continue;
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
    for (auto& [op, levels] : reads_) {
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
  std::map<const Operator*, Meter> meters_;  // if a profile is asked for
  std::set<const Operator*> metered_;        // whose output is counted in this level
  std::vector<std::unique_ptr<MeteredConsumer>> metered_consumers_;
  std::map<const Operator*, size_t> bytes_;
  std::set<const Operator*> stretched_;  // whose tasks are cut into stretches in this level
  std::map<const Operator*, size_t> ready_;
  std::map<const Operator*, size_t> earliest_;   // level before which a breaker does not read, though it could
  std::map<Operator*, std::set<size_t>> reads_;  // source -> levels at which it is read
  std::map<Operator*, std::vector<Consumer*>> passes_;
  std::map<Operator*, std::vector<std::unique_ptr<Stage>>> stages_;
};

std::optional<std::string> all_supported(const std::vector<plan::ExpressionPtr>& expressions) {
  for (const auto& expression : expressions) {
    if (auto problem = unsupported(*expression)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> order_unsupported(const std::vector<plan::OrderKey>& keys) {
  for (const auto& key : keys) {
    if (auto problem = unsupported(*key.expression)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> keys_unsupported(const std::vector<plan::ExpressionPtr>& keys, const char* what) {
  for (const auto& key : keys) {
    if (!Keys::supported(key->type)) return std::string(what) + " " + to_string(key->type);
    if (auto problem = unsupported(*key)) return problem;
  }
  return std::nullopt;
}

// Rows that are stored by value can't hold lists and structs.
std::optional<std::string> nested_input(const plan::Node& node, const char* what) {
  for (const Field& field : node.inputs[0]->fields) {
    if (field.type.nested()) return std::string(what) + " over a column of type " + to_string(field.type);
  }
  return std::nullopt;
}

}  // namespace

std::map<std::string, Relation> execute(const Request& request) {
  Planner planner(request);
  return Execution(request, planner.lower()).run();
}

std::optional<std::string> unsupported(const plan::Node& node) {
  switch (node.kind) {
    case plan::NodeKind::kScan:
    case plan::NodeKind::kForeign:
    case plan::NodeKind::kLimit:
    case plan::NodeKind::kUnion: return std::nullopt;
    case plan::NodeKind::kValues:
      for (const auto& row : static_cast<const plan::Values&>(node).rows) {
        if (auto problem = all_supported(row)) return problem;
      }
      return std::nullopt;
    case plan::NodeKind::kFilter: return all_supported(static_cast<const plan::Filter&>(node).conditions);
    case plan::NodeKind::kProject: return all_supported(static_cast<const plan::Project&>(node).expressions);
    case plan::NodeKind::kUnnest: return all_supported(static_cast<const plan::Unnest&>(node).lists);
    case plan::NodeKind::kAggregate: {
      const auto& aggregate = static_cast<const plan::Aggregate&>(node);
      if (auto problem = nested_input(node, "an aggregate")) return problem;
      if (auto problem = keys_unsupported(aggregate.groups, "GROUP BY of type")) return problem;
      for (const auto& call : aggregate.calls) {
        if (auto problem = aggregate_unsupported(call)) return problem;
      }
      return std::nullopt;
    }
    case plan::NodeKind::kWindow: {
      const auto& window = static_cast<const plan::Window&>(node);
      if (auto problem = nested_input(node, "a window")) return problem;
      if (auto problem = keys_unsupported(window.partition, "PARTITION BY of type")) return problem;
      if (auto problem = order_unsupported(window.order)) return problem;
      for (const auto& key : window.order) {
        if (key.expression->type.nested())
          return "ORDER BY of type " + to_string(key.expression->type) + " in a window";
      }
      for (const auto& call : window.calls) {
        if (auto problem = window_unsupported(call)) return problem;
      }
      return std::nullopt;
    }
    case plan::NodeKind::kJoin: return join_unsupported(static_cast<const plan::Join&>(node));
    case plan::NodeKind::kSort: return order_unsupported(static_cast<const plan::Sort&>(node).keys);
  }
  return std::nullopt;
}

}  // namespace segue::engine

#include "engine/schedule.h"

#include <algorithm>

#include "engine/planner.h"

namespace segue::engine {
namespace {

// The sources that op's rows come from in one pass.
void add_sources(Operator& op, std::set<Operator*>& sources) {
  if (!op.streaming()) {
    sources.insert(&op);
    return;
  }
  for (const auto& input : op.inputs) add_sources(*input.from, sources);
}

}  // namespace

Schedule::Schedule(const std::vector<std::unique_ptr<Operator>>& operators) {
  do {
    find_levels(operators);
  } while (wait_for_others());
}

void Schedule::find_levels(const std::vector<std::unique_ptr<Operator>>& operators) {
  levels_ = 0;
  ready_.clear();
  reads_.clear();
  readers_.clear();
  for (const auto& op : operators) {
    if (!op->breaks()) continue;
    size_t ready = ready_level(*op);
    levels_ = std::max(levels_, ready);
    std::set<Operator*> sources;
    for (const auto& input : op->inputs) add_sources(*input.from, sources);
    for (Operator* source : sources) {
      reads_[source].insert(ready - 1);
      readers_[source].push_back(op.get());
    }
  }
}

size_t Schedule::ready_level(const Operator& op) {
  if (auto found = ready_.find(&op); found != ready_.end()) return found->second;
  size_t ready = 0;
  for (const auto& input : op.inputs) ready = std::max(ready, ready_level(*input.from));
  for (const Operator* needed : op.needs) ready = std::max(ready, ready_level(*needed));
  if (op.breaks()) ++ready;
  if (auto waits = waits_.find(&op); waits != waits_.end()) {
    for (const Operator* other : waits->second) ready = std::max(ready, ready_level(*other));
  }
  return ready_[&op] = ready;
}

// True if levels have to be found anew. Ends: each time somebody comes to wait who did not before.
bool Schedule::wait_for_others() {
  bool changed = false;
  for (const auto& [source, readers] : readers_) {
    // Those who read partitions look at some of them only, each at its own.
    if (dynamic_cast<const PartitionOperator*>(source) != nullptr) continue;
    size_t last = 0;
    for (const Operator* reader : readers) last = std::max(last, level(*reader));
    for (const Operator* reader : readers) {
      if (level(*reader) == last) continue;
      std::vector<const Operator*> late;
      std::copy_if(readers.begin(), readers.end(), std::back_inserter(late),
                   [&](const Operator* other) { return level(*other) == last; });
      bool needed = std::any_of(late.begin(), late.end(), [&](const Operator* other) {
        std::set<const Operator*> seen;
        return comes_after(*other, *reader, seen);
      });
      if (needed) continue;
      waits_[reader].insert(late.begin(), late.end());
      changed = true;
    }
  }
  return changed;
}

// Whether op runs after `other` or because of it. `seen` are operators that do not.
bool Schedule::comes_after(const Operator& op, const Operator& other, std::set<const Operator*>& seen) const {
  if (&op == &other) return true;
  if (!seen.insert(&op).second) return false;
  auto after = [&](const Operator* before) { return comes_after(*before, other, seen); };
  auto waits = waits_.find(&op);
  return std::any_of(op.inputs.begin(), op.inputs.end(), [&](const auto& input) { return after(input.from); }) ||
         std::any_of(op.needs.begin(), op.needs.end(), after) ||
         (waits != waits_.end() && std::any_of(waits->second.begin(), waits->second.end(), after));
}

}  // namespace segue::engine

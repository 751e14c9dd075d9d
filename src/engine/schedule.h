// In which order operators run: level by level. The rows of an operator can be read from its level on; at each level
// every source that somebody reads then is run over once, for all its readers together.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/operator.h"

namespace segue::engine {

class Schedule {
 public:
  // Who reads a source early waits for those who can only read it later, where nothing keeps it from that: what makes
  // the rows then runs once.
  explicit Schedule(const std::vector<std::unique_ptr<Operator>>& operators);

  size_t levels() const { return levels_; }
  // At which op takes its input in. REQUIRES: op breaks.
  size_t level(const Operator& op) const { return ready_.at(&op) - 1; }
  // Source -> levels at which it is read.
  const std::map<Operator*, std::set<size_t>>& reads() const { return reads_; }

 private:
  size_t ready_level(const Operator& op);
  void find_levels(const std::vector<std::unique_ptr<Operator>>& operators);
  bool wait_for_others();
  bool comes_after(const Operator& op, const Operator& other, std::set<const Operator*>& seen) const;

  size_t levels_ = 0;
  std::map<const Operator*, size_t> ready_;  // the first level at which its rows can be read
  std::map<Operator*, std::set<size_t>> reads_;
  std::map<const Operator*, std::vector<const Operator*>> readers_;  // source -> breakers
  std::map<const Operator*, std::set<const Operator*>> waits_;       // breaker -> those it reads no earlier than
};

}  // namespace segue::engine

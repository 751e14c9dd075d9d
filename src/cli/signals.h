// Ctrl-C and friends.
#pragma once

#include "base/cancellation.h"

namespace segue::cli {

// SIGINT, SIGTERM and SIGHUP ask for a stop: the first sets the Cancellation that is returned, and what is under way
// ends within a second and leaves nothing half done. A second one ends the process at once. SIGPIPE and SIGXFSZ (a file
// larger than `ulimit -f` allows) are ignored: writes say it. Called once, from main.
const Cancellation& watch_signals();

// For a prompt, while a statement is under way: Ctrl-C stops the statement alone, however often it is pressed. SIGTERM
// and SIGHUP stop it too, and then the program, as watch_signals() has it. One at a time.
class StatementCancellation {
 public:
  StatementCancellation();
  ~StatementCancellation();
  StatementCancellation(const StatementCancellation&) = delete;
  StatementCancellation& operator=(const StatementCancellation&) = delete;
  const Cancellation& cancellation() const { return cancellation_; }

 private:
  Cancellation cancellation_;
};

// While it lives, SIGTERM and SIGHUP end the process at once: nothing is under way.
class DefaultSignals {
 public:
  DefaultSignals();
  ~DefaultSignals();
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;
};

}  // namespace segue::cli

// Stopping work from outside: Ctrl-C, a time limit, a failure in another worker.
#pragma once

#include <atomic>

#include "base/error.h"

namespace segue {

// Shared by all threads of a run. request() may be called from a signal handler. Long work calls check() at least every
// hundred milliseconds: once a morsel, batch or file.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }
  void check() const {
    if (requested()) [[unlikely]]
      fail(ErrorCode::kCancelled, "stopped");
  }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace segue

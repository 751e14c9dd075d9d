#include "runs/result.h"

namespace segue::runs {

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::kRunning: return "running";
    case RunState::kSucceeded: return "succeeded";
    case RunState::kFailed: return "failed";
    case RunState::kChecksFailed: return "checks failed";
    case RunState::kInterrupted: return "interrupted";
    case RunState::kKilled: return "killed";
    case RunState::kPublishedInPart: return "published in part";
    case RunState::kUnfinished: return "unfinished";
  }
  return "unknown";
}

}  // namespace segue::runs

#include "base/stop_point.h"

#include <utility>

namespace segue {
namespace {

thread_local const Cancellation* current = nullptr;

}  // namespace

StopPoints::StopPoints(const Cancellation& cancellation) : before_(std::exchange(current, &cancellation)) {}
StopPoints::~StopPoints() { current = before_; }

void stop_point() {
  if (current != nullptr) current->check();
}

}  // namespace segue

// Where loops deep inside look whether their work was stopped, without being handed its Cancellation.
#pragma once

#include "base/cancellation.h"

namespace segue {

// While one lives, stop_point() on its thread looks at `cancellation`, which outlives it. Workers make one around what
// they do.
class StopPoints {
 public:
  explicit StopPoints(const Cancellation& cancellation);
  ~StopPoints();
  StopPoints(const StopPoints&) = delete;
  StopPoints& operator=(const StopPoints&) = delete;

 private:
  const Cancellation* before_;
};

// Throws Failure(kCancelled) if what this thread works for was stopped. Costs a few loads: at most every microsecond.
void stop_point();

}  // namespace segue

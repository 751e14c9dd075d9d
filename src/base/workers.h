// The threads of a run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancellation.h"

namespace segue {

// A fixed number of workers that share out tasks. Worker 0 is the thread that calls for_each; calls do not nest and
// come from one thread.
class Workers {
 public:
  // REQUIRES: 1 <= count <= limits::kThreads. `cancellation` outlives this.
  Workers(size_t count, const Cancellation& cancellation);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  size_t count() const { return threads_.size() + 1; }
  const Cancellation& cancellation() const { return cancellation_; }

  // Calls task(worker, index) for every index below `tasks`, in ascending order of claiming. Returns when all have
  // ended. If tasks throw, the exception of the lowest index is rethrown and no task is begun after it; a cancellation
  // ends it likewise.
  void for_each(size_t tasks, const std::function<void(size_t worker, size_t index)>& task);

 private:
  void work(size_t worker);
  void serve(size_t worker);

  const Cancellation& cancellation_;
  std::mutex lock_;
  std::condition_variable wake_, done_;
  const std::function<void(size_t, size_t)>* task_ = nullptr;
  size_t tasks_ = 0;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  size_t failed_index_ = 0;
  std::exception_ptr failure_;
  size_t generation_ = 0;
  size_t busy_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace segue

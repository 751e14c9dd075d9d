#include "base/workers.h"

#include "base/limits.h"
#include "base/stop_point.h"

namespace segue {

Workers::Workers(size_t count, const Cancellation& cancellation) : cancellation_(cancellation) {
  SEGUE_ASSERT(1 <= count && count <= limits::kThreads);
  for (size_t worker = 1; worker < count; ++worker) threads_.emplace_back([this, worker] { serve(worker); });
}

Workers::~Workers() {
  {
    std::lock_guard guard(lock_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::for_each(size_t tasks, const std::function<void(size_t, size_t)>& task) {
  if (tasks == 0) return cancellation_.check();
  {
    std::lock_guard guard(lock_);
    task_ = &task;
    tasks_ = tasks;
    next_ = 0;
    failed_ = false;
    failure_ = nullptr;
    busy_ = tasks > 1 ? threads_.size() : 0;
    if (busy_ != 0) ++generation_;
  }
  if (tasks > 1) wake_.notify_all();
  work(0);
  std::unique_lock guard(lock_);
  done_.wait(guard, [this] { return busy_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::work(size_t worker) {
  StopPoints points(cancellation_);
  while (!failed_.load(std::memory_order_relaxed)) {
    size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= tasks_) return;
    try {
      cancellation_.check();
      (*task_)(worker, index);
    } catch (...) {
      std::lock_guard guard(lock_);
      if (!failure_ || index < failed_index_) {
        failure_ = std::current_exception();
        failed_index_ = index;
      }
      failed_.store(true, std::memory_order_relaxed);
    }
  }
}

void Workers::serve(size_t worker) {
  size_t seen = 0;
  std::unique_lock guard(lock_);
  while (true) {
    wake_.wait(guard, [&] { return stop_ || generation_ != seen; });
    if (stop_) return;
    seen = generation_;
    guard.unlock();
    work(worker);
    guard.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

}  // namespace segue

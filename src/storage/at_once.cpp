#include "storage/at_once.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace segue::storage {

void each_at_once(size_t count, size_t most, const std::function<void(size_t index)>& work) {
  std::atomic<size_t> next{0};
  std::mutex lock;
  std::exception_ptr failure;
  auto take = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        std::lock_guard guard(lock);
        failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(most, count); ++i) threads.emplace_back(take);
  take();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace segue::storage

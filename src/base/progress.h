// How far a run is: counters that workers add to (once a batch) and a reporter reads from another thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace segue {

struct Progress {
  std::atomic<uint64_t> bytes_total{0};  // of the sources to be read
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> rows_read{0};
  std::atomic<const char*> stage{""};  // a word or two, static text: "reading plays", "writing tables"
};

}  // namespace segue

// How far a run is, live on stderr.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/progress.h"
#include "cli/terminal/look.h"

namespace segue::cli {

// What is known of a run's progress at one moment.
struct ProgressSample {
  std::string stage;
  uint64_t bytes_total = 0;
  uint64_t bytes_read = 0;
  uint64_t rows_read = 0;
  double seconds = 0;       // since the begin
  double bytes_second = 0;  // the rate of late; 0: not known yet
  bool steady = false;      // it is known for so long that the time left can be told
};

// "reading plays  ━━━━━━━━────  63 %  812 MB/s  12,131,000 rows  2 s left", at most look.width - 1 cells: on a narrow
// terminal the parts at the end go first, then the bar.
std::string progress_text(const ProgressSample& sample, const Look& look);

// Watches a Progress until it is destroyed. On a terminal: one line, drawn ten times a second once the work has taken
// half a second, and cleared at the end. Elsewhere: a plain line every five seconds. One at a time; nobody else writes
// to the stream meanwhile.
class ProgressLine {
 public:
  // REQUIRES: progress outlives this. fd: the stream to draw on.
  ProgressLine(const Progress& progress, int fd, const Look& look);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  void watch();
  ProgressSample sample();

  const Progress& progress_;
  int fd_;
  Look look_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point rate_at_ = begin_;
  uint64_t rate_bytes_ = 0;
  double bytes_second_ = 0;
  int rates_ = 0;  // that were looked at since reading began
  std::mutex lock_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace segue::cli

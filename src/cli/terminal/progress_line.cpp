#include "cli/terminal/progress_line.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "cli/terminal/quantity.h"
#include "cli/terminal/text.h"

namespace segue::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstDraw = 500ms;  // what ends sooner needs no picture
constexpr auto kDrawEvery = 100ms;
constexpr auto kPlainEvery = 5s;
constexpr double kRateWindow = 0.5;  // seconds between two looks at the rate
constexpr int kSteadyRates = 4;      // before so many, files are opened and caches are cold: the rate says little
constexpr size_t kBarCells = 24;

// Progress is no result: a stream that takes no more text is not an error.
void put(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

std::string bar(uint64_t part, uint64_t whole, const Look& look) {
  auto done = static_cast<size_t>(static_cast<double>(kBarCells) * static_cast<double>(std::min(part, whole)) /
                                  static_cast<double>(whole));
  std::string full;
  std::string rest;
  for (size_t i = 0; i < kBarCells; ++i) (i < done ? full : rest) += i < done ? "━" : "─";
  return paint(look, Tone::kCyan, full) + paint(look, Tone::kDim, rest);
}

}  // namespace

std::string progress_text(const ProgressSample& sample, const Look& look) {
  struct Part {
    std::string text;
    size_t cells;
  };
  std::vector<Part> parts;
  auto add = [&](const std::string& text) { parts.push_back({text, width(text)}); };
  add(sample.stage.empty() ? "working" : sample.stage);
  bool reading = sample.bytes_total != 0 && sample.bytes_read < sample.bytes_total;
  if (sample.bytes_total != 0) {
    parts.push_back({bar(sample.bytes_read, sample.bytes_total, look), kBarCells});
    add(percent_text(sample.bytes_read, sample.bytes_total));
  }
  if (reading && sample.bytes_second > 0) add(rate_text(static_cast<uint64_t>(sample.bytes_second), 1));
  if (sample.rows_read != 0) add(count_text(sample.rows_read, "row"));
  if (reading && sample.steady && sample.bytes_second > 0) {
    add(duration_text(static_cast<double>(sample.bytes_total - sample.bytes_read) / sample.bytes_second) + " left");
  } else {
    add(duration_text(sample.seconds));
  }
  size_t bound = look.width == 0 ? ~size_t{0} : look.width - 1;
  auto total = [&] {
    size_t cells = 0;
    for (const Part& part : parts) cells += part.cells + (&part == &parts.front() ? 0 : 2);
    return cells;
  };
  while (parts.size() > 1 && total() > bound) parts.pop_back();
  if (total() > bound) return cut(parts[0].text, bound);
  std::string line;
  for (const Part& part : parts) line += (line.empty() ? "" : "  ") + part.text;
  return line;
}

ProgressLine::ProgressLine(const Progress& progress, int fd, const Look& look)
    : progress_(progress), fd_(fd), look_(look), thread_([this] { watch(); }) {}

ProgressLine::~ProgressLine() {
  {
    std::lock_guard guard(lock_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

ProgressSample ProgressLine::sample() {
  auto now = Clock::now();
  ProgressSample sample;
  sample.stage = progress_.stage.load(std::memory_order_relaxed);
  sample.bytes_total = progress_.bytes_total.load(std::memory_order_relaxed);
  sample.bytes_read = progress_.bytes_read.load(std::memory_order_relaxed);
  sample.rows_read = progress_.rows_read.load(std::memory_order_relaxed);
  sample.seconds = std::chrono::duration<double>(now - begin_).count();
  double since = std::chrono::duration<double>(now - rate_at_).count();
  if (sample.bytes_read < rate_bytes_) {  // another stage counts anew
    rates_ = 0;
    bytes_second_ = 0;
    rate_at_ = now;
    rate_bytes_ = sample.bytes_read;
  } else if (since >= kRateWindow) {
    double rate = static_cast<double>(sample.bytes_read - rate_bytes_) / since;
    if (rate > 0) ++rates_;
    // Half of the rate is the past: a short stall does not make the time left jump.
    bytes_second_ = bytes_second_ == 0 ? rate : (bytes_second_ + rate) / 2;
    rate_at_ = now;
    rate_bytes_ = sample.bytes_read;
  }
  sample.bytes_second = bytes_second_;
  sample.steady = rates_ >= kSteadyRates;
  return sample;
}

void ProgressLine::watch() {
  bool drawn = false;
  auto next_plain = begin_ + kPlainEvery;
  std::unique_lock guard(lock_);
  if (wake_.wait_for(guard, kFirstDraw, [this] { return stop_; })) return;
  while (!stop_) {
    ProgressSample now = sample();
    if (look_.terminal) {
      put(fd_, "\r" + progress_text(now, look_) + "\033[K");
      drawn = true;
    } else if (Clock::now() >= next_plain) {
      put(fd_, progress_text(now, look_) + "\n");
      next_plain += kPlainEvery;
    }
    wake_.wait_for(guard, kDrawEvery, [this] { return stop_; });
  }
  if (drawn) put(fd_, "\r\033[K");
}

}  // namespace segue::cli

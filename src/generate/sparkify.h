// What listeners of a music app do, and some songs, in the shape of the Sparkify files.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/cancellation.h"
#include "base/progress.h"

namespace segue::generate {

inline constexpr uint64_t kSparkifyEvents = 100'000'000;
inline constexpr uint64_t kSparkifyUsers = 100'000;
inline constexpr uint64_t kSparkifySongs = 20'000;

struct SparkifyOptions {
  uint64_t events = 100'000;  // 30 … kSparkifyEvents
  uint64_t users = 1000;      // 1 … kSparkifyUsers
  uint64_t songs = 200;       // files of songs; 1 … kSparkifySongs
  uint64_t seed = 1;
  bool force = false;  // replace folders that are there
};

// Writes two folders into `folder`. log_data/2018/11/2018-11-DD-events.json: a file for each day of a month, a JSON
// object for each event in the order of time, one a line, the last without a line end. song_data/A/B/C/TRABC….json: a
// JSON object a file, of some of the songs that are played. The bytes depend on the options but `force` alone. Both
// folders appear when both are complete; a failure, a full disk or a cancellation leaves none. progress (may be null):
// bytes_total is an estimate until the end, rows_read counts the events written. Throws Failure: kUsage for options out
// of range or folders that are there, kIo, kCancelled.
void generate_sparkify(const SparkifyOptions& options, const std::filesystem::path& folder,
                       const Cancellation& cancellation, Progress* progress);

}  // namespace segue::generate

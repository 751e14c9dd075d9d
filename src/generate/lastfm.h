// Plays in the shape of Last.fm-1K, at any size up to its own: so that the lastfm pipeline can be tried and measured
// without the real file, which may not be passed on.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/progress.h"
#include "base/workers.h"

namespace segue::generate {

inline constexpr uint64_t kLastfmRows = 19'150'868;
inline constexpr uint64_t kLastfmUsers = 992;

struct LastfmOptions {
  uint64_t rows = 1'000'000;  // 1 … kLastfmRows
  uint64_t users = 50;        // 1 … kLastfmUsers, at most `rows`
  uint64_t seed = 1;
  bool force = false;  // replace files that are there
};

// Writes two files: `plays`, tab-separated without a header (user_id, played_at, artist_id, artist, track_id, track),
// users one after another, newest play first; and `profiles`, with a header (#id, gender, age, country, registered), a
// line a user. An empty `profiles` is not written. The bytes depend on rows, users and seed alone. Both files appear
// when both are complete; a failure, a full disk or a cancellation leaves neither. progress (may be null): bytes_total
// is an estimate until the end, rows_read counts the plays written. Throws Failure: kUsage for options out of range or
// files that are there, kIo, kCancelled.
void generate_lastfm(const LastfmOptions& options, const std::filesystem::path& plays,
                     const std::filesystem::path& profiles, Workers& workers, Progress* progress);

}  // namespace segue::generate

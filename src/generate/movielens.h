// Ratings in the shape of MovieLens, at any size up to 20 million, in the `::` format of its first files.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/cancellation.h"
#include "base/progress.h"

namespace segue::generate {

inline constexpr uint64_t kMovielensRatings = 20'000'000;
inline constexpr uint64_t kMovielensUsers = 140'000;
inline constexpr uint64_t kMovielensMovies = 30'000;

struct MovielensOptions {
  uint64_t ratings = 1'000'209;  // as in MovieLens-1M; at least 20 and at most a quarter of the movies for each user
  uint64_t users = 6040;
  uint64_t movies = 3883;
  uint64_t seed = 1;
  bool force = false;  // replace files that are there
};

// Writes ratings.dat (user, movie, rating, seconds since 1970; users one after another), movies.dat (id, title, genres;
// in ISO-8859-1) and users.dat (id, gender, age, occupation, zip) into the folder. The bytes depend on the options
// alone. All files appear when all are complete; a failure, a full disk or a cancellation leaves none. progress (may be
// null): bytes_total is an estimate until the end, rows_read counts the ratings written. Throws Failure: kUsage for
// options out of range or files that are there, kIo, kCancelled.
void generate_movielens(const MovielensOptions& options, const std::filesystem::path& folder,
                        const Cancellation& cancellation, Progress* progress);

}  // namespace segue::generate

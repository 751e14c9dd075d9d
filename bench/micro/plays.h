// The text that the benchmarks of the scan read: generated plays, held in memory.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "columns/dictionary.h"

namespace segue::bench {

inline constexpr size_t kPlays = 200'000;
inline constexpr size_t kFields = 6;  // user_id, played_at, artist_id, artist, track_id, track

class Plays {
 public:
  // The same plays for all benchmarks; made at the first call, which is to be outside of what is timed. For one thread.
  static const Plays& get();
  ~Plays();

  std::string_view text() const { return {reinterpret_cast<const char*>(block_.data()), block_.bytes()}; }
  const std::filesystem::path& file() const { return file_; }
  // Field `column` of all rows.
  TextFields fields(size_t column) const;

 private:
  Plays();
  void split();

  std::filesystem::path folder_, file_;
  Block block_;
  std::vector<uint32_t> begins_[kFields], lengths_[kFields];
};

}  // namespace segue::bench

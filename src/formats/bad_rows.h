// Rows that could not be read, and what is done about them.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace segue::formats {

struct BadRow {
  std::string source;  // the source's name
  std::string file;
  uint64_t line = 0;    // from 1
  uint64_t offset = 0;  // bytes from the file's begin
  std::string reason;   // "6 fields expected, 5 found", "played_at: 'yesterday' is not a TIMESTAMP"
  std::string text;     // the raw row, at most limits::kBadRowTextBytes, what is not printable UTF-8 replaced
};

struct BadRowPolicy {
  bool quarantine = false;              // else the first bad row ends the run
  std::optional<double> at_most_share;  // quarantine: more than this share of a source's rows ends the run
};

// The bad rows of one scan, collected by all its workers and put in order at the end. Thread-safe.
class BadRows {
 public:
  BadRows(std::string source, BadRowPolicy policy) : source_(std::move(source)), policy_(policy) {}

  // The texts of a morsel are numbered from 0: only of an archive it can have parts of several.
  struct Spot {
    size_t morsel = 0;
    size_t text = 0;
    auto operator<=>(const Spot&) const = default;
  };

  // A row; `line` counts from 0 at the first row of the text in the morsel. Throws Failure(kLimit) when there are too
  // many to keep.
  void add(Spot spot, uint64_t line, uint64_t offset, std::string reason, std::string_view raw);

  // What no policy forgives, found there: finish() throws the earliest of these and, unless rows are kept aside, bad
  // rows.
  void end(Spot spot, Error error);

  // True if nothing in this morsel can matter any more, because the run ends at an earlier one.
  bool ended_before(size_t morsel) const { return morsel > last_morsel_.load(std::memory_order_relaxed); }
  // True if the run ends with this morsel or an earlier one.
  bool ended_at(size_t morsel) const { return morsel >= last_morsel_.load(std::memory_order_relaxed); }

  // Where each text of each morsel stands: its name, and how many lines of it come before the morsel.
  struct Origin {
    const std::string* file = nullptr;
    uint64_t lines_before = 0;
  };
  // The rows in order. `good` rows were read. Throws Failure as the policy says. Call once, when no worker scans.
  std::vector<BadRow> finish(const std::vector<std::vector<Origin>>& origins, uint64_t good);

 private:
  struct Found {
    Spot spot;
    uint64_t line = 0;
    uint64_t offset = 0;
    std::string reason;
    std::string text;
  };
  struct End {
    Spot spot;
    Error error;
  };

  void end_at(size_t morsel);

  const std::string source_;
  const BadRowPolicy policy_;
  std::atomic<size_t> last_morsel_{SIZE_MAX};
  std::mutex lock_;
  std::vector<Found> found_;  // guarded by lock_
  std::vector<End> ends_;     // guarded by lock_
  size_t text_bytes_ = 0;     // guarded by lock_
};

}  // namespace segue::formats

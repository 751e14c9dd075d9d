// Rows that could not be read, and what is done about them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace segue::formats {

struct BadRow {
  std::string source;  // the source's name
  std::string file;
  uint64_t line = 0;    // from 1
  uint64_t offset = 0;  // bytes from the file's begin
  std::string reason;   // "6 fields expected, 5 found", "played_at: 'yesterday' is not a timestamp"
  std::string text;     // the raw row, at most limits::kBadRowTextBytes, invalid UTF-8 replaced
};

struct BadRowPolicy {
  bool quarantine = false;               // else the first bad row ends the run
  std::optional<double> at_most_share;   // quarantine: more than this share of a source's rows ends the run
};

}  // namespace segue::formats

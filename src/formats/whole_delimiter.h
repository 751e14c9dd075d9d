// A delimiter of 1 to 8 bytes, compared at once.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "formats/delimited.h"

namespace segue::formats {

class WholeDelimiter {
 public:
  explicit WholeDelimiter(std::string_view delimiter) : mask_(~uint64_t{0} >> (64 - 8 * delimiter.size())) {
    SEGUE_ASSERT(!delimiter.empty() && delimiter.size() <= kMostDelimiterBytes);
    std::memcpy(&word_, delimiter.data(), delimiter.size());
  }
  // True if it stands there. REQUIRES: eight bytes may be read.
  bool at(const char* text) const {
    uint64_t word;
    std::memcpy(&word, text, sizeof word);
    return (word & mask_) == word_;
  }

 private:
  uint64_t word_ = 0;
  uint64_t mask_;
};

}  // namespace segue::formats

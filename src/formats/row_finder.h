// Finds where rows end in a text that must be followed from its begin.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

namespace segue::formats {

// Follows the text of one file. Not thread-safe.
class RowFinder {
 public:
  virtual ~RowFinder() = default;

  // The next bytes, of any number below 2^31. Adds n to `ends` for each row that ends with byte n - 1 of them,
  // ascending.
  virtual void follow(const char* text, size_t bytes, std::vector<size_t>& ends) = 0;

  // Where no more rows can be told apart: in the bytes followed last, behind the rows that end there.
  struct Stop {
    size_t at = 0;
    const char* reason = nullptr;  // null: there is none
  };
  virtual Stop stop() const { return {}; }
  // The text is at its end: why it must not end here, or null. What stands behind the last row's end is a row too.
  virtual const char* problem_at_end() const { return nullptr; }
};

// Every '\n' ends a row.
class LineEnds final : public RowFinder {
 public:
  void follow(const char* text, size_t bytes, std::vector<size_t>& ends) override {
    const char* at = text;
    while (const void* line = std::memchr(at, '\n', bytes - static_cast<size_t>(at - text))) {
      at = static_cast<const char*>(line) + 1;
      ends.push_back(static_cast<size_t>(at - text));
    }
  }
};

}  // namespace segue::formats

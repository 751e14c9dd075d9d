// Where rows of quoted text end, told of bytes in their order: it can't be cut without all that stands before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/memory.h"
#include "formats/delimited.h"
#include "formats/kernels.h"
#include "formats/row_finder.h"

namespace segue::formats {

class RowEnds final : public RowFinder {
 public:
  // REQUIRES: `delimiter` and `quote` are those of a DelimitedSource.
  RowEnds(const Kernels& kernels, const std::string& delimiter, char quote);

  void follow(const char* text, size_t bytes, std::vector<size_t>& ends) override {
    if (delimiter_.size() == 1) {
      follow_marks(text, bytes, ends);
    } else {
      follow_bytes(text, bytes, ends);
    }
  }

 private:
  enum class State : uint8_t { kFieldBegin, kUnquoted, kQuoted, kQuoteInQuoted };

  // Only quotes and line ends are looked at: a quote opens a field if the byte before ends a row or a field.
  void follow_marks(const char* text, size_t bytes, std::vector<size_t>& ends) {
    if (bytes == 0) return;
    if (positions_.size() < bytes + 64) positions_.resize(bytes + 64);
    size_t marks = kernels_.find_separators(text, bytes, quote_, positions_.data()).count;
    for (size_t i = 0; i < marks; ++i) {
      uint32_t at = positions_[i];
      bool is_quote = text[at] == quote_;
      if (quoted_) {
        if (!is_quote) continue;
        quoted_ = false;
        closed_ = int64_t{at};
      } else if (!is_quote) {
        ends.push_back(size_t{at} + 1);
      } else if (closed_ == int64_t{at} - 1) {
        quoted_ = true;  // the second of two
      } else {
        char before = at == 0 ? before_ : text[at - 1];
        quoted_ = before == '\n' || before == delimiter_[0];
      }
    }
    before_ = text[bytes - 1];
    closed_ = closed_ == static_cast<int64_t>(bytes) - 1 ? -1 : kLongAgo;
  }

  void follow_bytes(const char* text, size_t bytes, std::vector<size_t>& ends) {
    for (size_t i = 0; i < bytes; ++i) {
      if (step(text[i])) ends.push_back(i + 1);
    }
  }
  bool step(char c);  // true at a row's end

  static constexpr int64_t kLongAgo = -2;

  const Kernels& kernels_;
  const std::string delimiter_;
  const char quote_;

  // of follow_marks
  Array<uint32_t> positions_;
  bool quoted_ = false;
  int64_t closed_ = kLongAgo;  // where the last closing quote is, in the bytes that are followed; -1: just before
  char before_ = '\n';         // the byte before them

  // of follow_bytes
  State state_ = State::kFieldBegin;
  size_t matched_ = 0;                                // so many bytes of a delimiter may have been seen
  std::array<size_t, kMostDelimiterBytes> fallback_;  // if the next is another, so many still (Knuth, Morris, Pratt)
};

}  // namespace segue::formats

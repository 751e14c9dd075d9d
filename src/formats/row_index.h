// Where the rows and fields of a window of lines are: between the bytes and the converters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "formats/kernels.h"

namespace segue::formats {

// One worker's index; its memory serves for all windows.
//
//   positions   where fields end, row after row: fields_ entries a row, the last is the row's '\n', others are where
//               delimiters begin
//   starts      where rows begin, if rows were left out between them; otherwise each begins behind the one before
//   lines       then also each row's line in the window
class RowIndex {
 public:
  // REQUIRES: 1 <= delimiter.size() <= kMostDelimiterBytes; it holds no line end.
  RowIndex(const Kernels& kernels, size_t fields, const std::string& delimiter);

  // A line that is no row: its number in the window, its bytes, and how many fields it has (0: it is longer than
  // limits::kRowBytes).
  struct Irregular {
    uint64_t line;
    size_t begin, end;
    size_t fields;
  };

  // Finds the rows of text, which ends with '\n'. Lines with another number of fields go to `irregular`; blank ones are
  // left out, unless rows have one field. REQUIRES: bytes < 2^32; text lives as long as the index is used.
  void build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular);

  size_t rows() const { return rows_; }
  size_t lines() const { return lines_; }
  uint64_t line(size_t row) const { return regular_ ? row : row_lines_[row]; }
  size_t begin(size_t row) const;                                                 // of the row's text
  size_t end(size_t row) const { return position(row * fields_ + fields_ - 1); }  // of its '\n'

  // Begins and lengths of one field in `count` rows from `first`. A '\r' before the row's '\n' is no part of it.
  void fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const;

 private:
  // positions_[0] is one before the first row, so that "behind the one before" holds for it too.
  uint32_t position(size_t i) const { return positions_[i + 1]; }
  void keep_delimiters();
  bool all_regular(size_t bytes);
  void keep_regular(size_t count, const std::function<void(const Irregular&)>& irregular);

  const Kernels& kernels_;
  const size_t fields_;
  const char delimiter_;             // its first byte
  const uint32_t delimiter_bytes_;   // its length
  uint64_t delimiter_word_ = 0;      // all of it, as the low bytes
  uint64_t delimiter_mask_ = 0;      // which those are
  const char* text_ = nullptr;
  bool regular_ = true;
  bool carriage_returns_ = true;  // false: no row ends with "\r\n"
  size_t rows_ = 0, lines_ = 0, count_ = 0;
  Array<uint32_t> positions_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> row_lines_;
};

}  // namespace segue::formats

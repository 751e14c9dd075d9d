// Rows that are lines and fields that are what stands between delimiters, without quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "formats/kernels.h"
#include "formats/row_index.h"

namespace segue::formats {

//   positions   where fields end, row after row: fields_ entries a row, the last is the row's '\n', others are where
//               delimiters begin
//   starts      where rows begin, if rows were left out between them; otherwise each begins behind the one before
//   lines       then also each row's line in the window
class PlainIndex final : public RowIndex {
 public:
  // REQUIRES: 1 <= delimiter.size() <= kMostDelimiterBytes; it holds no line end.
  PlainIndex(const Kernels& kernels, size_t fields, const std::string& delimiter);

  void build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) override;
  uint64_t line(size_t row) const override { return regular_ ? row : row_lines_[row]; }
  size_t begin(size_t row) const override;
  size_t end(size_t row) const override { return position(row * fields_ + fields_ - 1); }
  void fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const override;
  bool quoted(size_t, size_t, size_t, uint8_t*) const override { return false; }

 private:
  // positions_[0] is one before the first row, so that "behind the one before" holds for it too.
  uint32_t position(size_t i) const { return positions_[i + 1]; }
  void keep_delimiters();
  bool all_regular(size_t bytes);
  void keep_regular(size_t count, const std::function<void(const Irregular&)>& irregular);

  const Kernels& kernels_;
  const size_t fields_;
  const std::string delimiter_;
  const char* text_ = nullptr;
  bool regular_ = true;
  bool carriage_returns_ = true;  // false: no row ends with "\r\n"
  size_t count_ = 0;
  Array<uint32_t> positions_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> row_lines_;
};

}  // namespace segue::formats

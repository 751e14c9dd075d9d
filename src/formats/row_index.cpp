#include "formats/row_index.h"

#include <cstring>

#include "base/error.h"
#include "base/limits.h"
#include "formats/delimited.h"

namespace segue::formats {

RowIndex::RowIndex(const Kernels& kernels, size_t fields, const std::string& delimiter)
    : kernels_(kernels),
      fields_(fields),
      delimiter_(delimiter[0]),
      delimiter_bytes_(static_cast<uint32_t>(delimiter.size())) {
  SEGUE_ASSERT(!delimiter.empty() && delimiter.size() <= kMostDelimiterBytes);
  std::memcpy(&delimiter_word_, delimiter.data(), delimiter.size());
  delimiter_mask_ = ~uint64_t{0} >> (64 - 8 * delimiter.size());
}

void RowIndex::build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) {
  SEGUE_ASSERT(bytes != 0 && bytes < UINT32_MAX && text[bytes - 1] == '\n');
  text_ = text;
  if (positions_.size() < bytes + 1 + 64) positions_.resize(bytes + 1 + 64);
  positions_[0] = UINT32_MAX;
  Separators found = kernels_.find_separators(text, bytes, delimiter_, positions_.data() + 1);
  count_ = found.count;
  lines_ = found.lines;
  if (delimiter_bytes_ > 1) keep_delimiters();
  regular_ = all_regular(bytes);
  if (regular_) {
    rows_ = lines_;
  } else {
    keep_regular(count_, irregular);
  }
}

// Of the places where a delimiter's first byte stands, those where all of it does, taken from the left: of `:::` the
// first two are a `::`.
void RowIndex::keep_delimiters() {
  uint32_t* positions = positions_.data() + 1;
  size_t kept = 0;
  uint32_t free = 0;  // where the next delimiter may begin
  for (size_t i = 0; i < count_; ++i) {
    uint32_t at = positions[i];
    uint64_t word;
    std::memcpy(&word, text_ + at, sizeof word);  // past the text is padding; no delimiter holds the '\n' before it
    bool line = text_[at] == '\n';
    if (!line && (at < free || (word & delimiter_mask_) != delimiter_word_)) continue;
    positions[kept++] = at;
    if (!line) free = at + delimiter_bytes_;
  }
  count_ = kept;
}

// There are as many separators as the lines should have, and each line ends where it should: then no line has more or
// fewer.
bool RowIndex::all_regular(size_t bytes) {
  carriage_returns_ = true;
  if (count_ != lines_ * fields_ || bytes > limits::kRowBytes) return false;
  const uint32_t* ends = positions_.data() + fields_;
  bool others = false, returns = false;
  const char* before = text_ - 1;
  for (size_t row = 0; row < lines_; ++row) {
    size_t end = ends[row * fields_];
    others |= text_[end] != '\n';
    returns |= before[end] == '\r';
  }
  carriage_returns_ = returns;
  return !others;
}

void RowIndex::keep_regular(size_t count, const std::function<void(const Irregular&)>& irregular) {
  rows_ = 0;
  starts_.clear();
  row_lines_.clear();
  uint32_t* positions = positions_.data() + 1;
  size_t kept = 0, first = 0;
  uint32_t line = 0, begin = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t end = positions[i];
    if (text_[end] != '\n') continue;
    size_t fields = i - first + 1, length = end - begin;
    bool blank = length == 0 || (length == 1 && text_[begin] == '\r');
    if (length > limits::kRowBytes) {
      irregular({line, begin, end, 0});
    } else if (fields == fields_) {
      for (size_t j = first; j <= i; ++j) positions[kept++] = positions[j];
      starts_.push_back(begin);
      row_lines_.push_back(line);
      ++rows_;
    } else if (!blank) {
      irregular({line, begin, end, fields});
    }
    first = i + 1;
    begin = end + 1;
    ++line;
  }
}

size_t RowIndex::begin(size_t row) const {
  if (!regular_) return starts_[row];
  return static_cast<uint32_t>(positions_[row * fields_] + 1);  // UINT32_MAX + 1 is 0
}

void RowIndex::fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const {
  const uint32_t* before = positions_.data() + first * fields_ + field;
  const size_t step = fields_;
  if (field == 0 && !regular_) {
    for (size_t i = 0; i < count; ++i) {
      begins[i] = starts_[first + i];
      lengths[i] = before[i * step + 1] - begins[i];
    }
  } else {
    const uint32_t width = field == 0 ? 1 : delimiter_bytes_;
    for (size_t i = 0; i < count; ++i) {
      uint32_t begin = before[i * step] + width;
      begins[i] = begin;
      lengths[i] = before[i * step + 1] - begin;
    }
  }
  if (field + 1 == fields_ && carriage_returns_) {
    // The byte before an empty first field may belong to another row, or to nothing, so its length counts.
    const char* last = text_ - 1;
    for (size_t i = 0; i < count; ++i) lengths[i] -= (lengths[i] != 0) & (last[size_t{begins[i]} + lengths[i]] == '\r');
  }
}

}  // namespace segue::formats

#include "formats/plain_index.h"

#include "base/error.h"
#include "base/limits.h"
#include "formats/whole_delimiter.h"

namespace segue::formats {

PlainIndex::PlainIndex(const Kernels& kernels, size_t fields, const std::string& delimiter)
    : kernels_(kernels), fields_(fields), delimiter_(delimiter) {}

void PlainIndex::build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) {
  SEGUE_ASSERT(bytes != 0 && bytes < UINT32_MAX && text[bytes - 1] == '\n');
  values_ = text_ = text;
  if (positions_.size() < bytes + 1 + 64) positions_.resize(bytes + 1 + 64);
  positions_[0] = UINT32_MAX;
  Separators found = kernels_.find_separators(text, bytes, delimiter_[0], positions_.data() + 1);
  count_ = found.count;
  lines_ = found.lines;
  if (delimiter_.size() > 1) keep_delimiters();
  regular_ = all_regular(bytes);
  if (regular_) {
    rows_ = lines_;
  } else {
    keep_regular(count_, irregular);
  }
}

// Of the places where a delimiter's first byte stands, those where all of it does, taken from the left: of `:::` the
// first two are a `::`.
void PlainIndex::keep_delimiters() {
  uint32_t* positions = positions_.data() + 1;
  size_t kept = 0;
  const WholeDelimiter delimiter(delimiter_);
  uint32_t free = 0;  // where the next delimiter may begin
  for (size_t i = 0; i < count_; ++i) {
    uint32_t at = positions[i];
    bool line = text_[at] == '\n';
    if (!line && (at < free || !delimiter.at(text_ + at))) continue;
    positions[kept++] = at;
    if (!line) free = at + static_cast<uint32_t>(delimiter_.size());
  }
  count_ = kept;
}

// There are as many separators as the lines should have, and each line ends where it should: then no line has more or
// fewer.
bool PlainIndex::all_regular(size_t bytes) {
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

void PlainIndex::keep_regular(size_t count, const std::function<void(const Irregular&)>& irregular) {
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
      irregular({line, begin, end, RowProblem::kTooLong, 0});
    } else if (fields == fields_) {
      for (size_t j = first; j <= i; ++j) positions[kept++] = positions[j];
      starts_.push_back(begin);
      row_lines_.push_back(line);
      ++rows_;
    } else if (!blank) {
      irregular({line, begin, end, RowProblem::kFields, fields});
    }
    first = i + 1;
    begin = end + 1;
    ++line;
  }
}

size_t PlainIndex::begin(size_t row) const {
  if (!regular_) return starts_[row];
  return static_cast<uint32_t>(positions_[row * fields_] + 1);  // UINT32_MAX + 1 is 0
}

void PlainIndex::fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const {
  const uint32_t* before = positions_.data() + first * fields_ + field;
  const size_t step = fields_;
  if (field == 0 && !regular_) {
    for (size_t i = 0; i < count; ++i) {
      begins[i] = starts_[first + i];
      lengths[i] = before[i * step + 1] - begins[i];
    }
  } else {
    const uint32_t width = field == 0 ? 1 : static_cast<uint32_t>(delimiter_.size());
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

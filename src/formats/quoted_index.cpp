#include "formats/quoted_index.h"

#include <cstring>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"

namespace segue::formats {

struct QuotedIndex::Cursor {
  uint32_t at = 0;    // in the text
  size_t mark = 0;    // the first at or behind `at`
  uint32_t line = 0;  // '\n' before `at`
};

struct QuotedIndex::ReadField {
  uint32_t begin = 0, end = 0;
  bool quoted = false;
  bool doubled = false;   // holds doubled quotes
  bool unclosed = false;  // then it is the last of the window
  bool text_behind = false;
  bool last = false;  // of its row
  uint32_t row_end = 0;
};

QuotedIndex::QuotedIndex(const Kernels& kernels, size_t fields, const std::string& delimiter, char quote)
    : kernels_(kernels), fields_(fields), delimiter_(delimiter), whole_delimiter_(delimiter), quote_(quote) {}

QuotedIndex::ReadField QuotedIndex::read_field(Cursor& cursor) const {
  const uint32_t* positions = positions_.data();
  ReadField field;
  size_t mark = cursor.mark;
  field.quoted = text_[cursor.at] == quote_;
  field.begin = cursor.at;
  if (field.quoted) {
    field.begin = cursor.at + 1;
    field.unclosed = true;
    ++mark;
    while (mark < marks_) {
      uint32_t at = positions[mark++];
      if (text_[at] == quote_) {
        if (text_[at + 1] == quote_) {  // the last byte of the text is '\n', so there is one
          field.doubled = true;
          ++mark;
          continue;
        }
        field.end = at;
        field.unclosed = false;
        break;
      }
      cursor.line += text_[at] == '\n';
    }
    if (field.unclosed) {
      field.end = field.row_end = static_cast<uint32_t>(bytes_ - 1);
      field.last = true;
      cursor.at = static_cast<uint32_t>(bytes_);
      cursor.mark = marks_;
      return field;
    }
  }
  // To the end of the field. The last mark is the '\n' that ends the text.
  uint32_t end = positions[mark];
  while (text_[end] != '\n' && (text_[end] == quote_ || !whole_delimiter_.at(text_ + end))) end = positions[++mark];
  field.last = text_[end] == '\n';
  if (field.quoted) {
    uint32_t behind = field.end + 1;
    bool line_end = field.last && end == behind + 1 && text_[behind] == '\r';
    field.text_behind = end != behind && !line_end;
  } else {
    field.end = end;
    if (field.last && end != field.begin && text_[end - 1] == '\r') --field.end;
  }
  if (field.last) {
    field.row_end = end;
    ++cursor.line;
    cursor.at = end + 1;
    cursor.mark = mark + 1;
  } else {
    cursor.at = end + static_cast<uint32_t>(delimiter_.size());
    do {
      ++mark;
    } while (mark < marks_ && positions[mark] < cursor.at);
    cursor.mark = mark;
  }
  return field;
}

void QuotedIndex::build(const char* text, size_t bytes, const std::function<void(const Irregular&)>& irregular) {
  SEGUE_ASSERT(bytes != 0 && bytes < INT32_MAX && text[bytes - 1] == '\n');
  values_ = text_ = text;
  bytes_ = bytes;
  if (positions_.size() < bytes + 64) positions_.resize(bytes + 64);
  Separators found = kernels_.find_marks(text, bytes, delimiter_[0], quote_, positions_.data());
  marks_ = found.count;
  lines_ = found.lines;
  rows_ = 0;
  rows_at_.clear();
  doubled_.clear();
  Cursor cursor;
  while (cursor.at < bytes) {
    const uint32_t begin = cursor.at, line = cursor.line;
    const size_t entry = rows_ * fields_, doubled = doubled_.size();
    if (begins_.size() < entry + fields_) {
      begins_.resize(2 * (entry + fields_));
      lengths_.resize(begins_.size());
      quoted_.resize(begins_.size());
    }
    size_t count = 0;
    ReadField field;
    std::optional<Irregular> problem;
    do {
      field = read_field(cursor);
      if (count < fields_) {
        begins_[entry + count] = field.begin;
        lengths_[entry + count] = field.end - field.begin;
        quoted_[entry + count] = field.quoted;
        if (field.doubled) doubled_.push_back(entry + count);
      }
      ++count;
      if (!problem && field.unclosed) problem = {line, begin, 0, RowProblem::kUnclosedQuote, count};
      if (!problem && field.text_behind) problem = {line, begin, 0, RowProblem::kTextBehindQuote, count};
    } while (!field.last);
    const uint32_t end = field.row_end, length = end - begin;
    bool blank = length == 0 || (length == 1 && text[begin] == '\r');
    if (length > limits::kRowBytes) {
      problem = {line, begin, 0, RowProblem::kTooLong, 0};
    } else if (!problem && count != fields_) {
      problem = {line, begin, 0, RowProblem::kFields, count};
    }
    if (!problem) {
      rows_at_.push_back({line, begin, end});
      ++rows_;
      continue;
    }
    doubled_.resize(doubled);
    if (blank) continue;
    problem->end = end;
    irregular(*problem);
  }
  if (!doubled_.empty()) undouble();
}

void QuotedIndex::undouble() {
  size_t bytes = bytes_;
  for (size_t entry : doubled_) bytes += lengths_[entry];
  SEGUE_ASSERT(bytes < UINT32_MAX);
  if (copy_.bytes() < bytes) copy_ = Block(bytes);
  char* to = reinterpret_cast<char*>(copy_.data());
  std::memcpy(to, text_, bytes_);
  values_ = to;
  size_t at = bytes_;
  for (size_t entry : doubled_) {
    std::string_view field(text_ + begins_[entry], lengths_[entry]);
    begins_[entry] = static_cast<uint32_t>(at);
    for (size_t begin = 0; begin < field.size();) {
      size_t end = field.find(quote_, begin);  // the first of two
      end = end == std::string_view::npos ? field.size() : end + 1;
      std::memcpy(to + at, field.data() + begin, end - begin);
      at += end - begin;
      begin = end + 1;
    }
    lengths_[entry] = static_cast<uint32_t>(at) - begins_[entry];
  }
}

void QuotedIndex::fields(size_t field, size_t first, size_t count, uint32_t* begins, uint32_t* lengths) const {
  size_t entry = first * fields_ + field;
  for (size_t i = 0; i < count; ++i, entry += fields_) {
    begins[i] = begins_[entry];
    lengths[i] = lengths_[entry];
  }
}

bool QuotedIndex::quoted(size_t field, size_t first, size_t count, uint8_t* flags) const {
  size_t entry = first * fields_ + field;
  for (size_t i = 0; i < count; ++i, entry += fields_) flags[i] = quoted_[entry];
  return true;
}

}  // namespace segue::formats

#include "definition/located_text.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace segue::definition {

TextFile::TextFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)), lines_{0} {
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
}

Place TextFile::place(size_t offset, size_t length) const {
  offset = std::min(offset, text_.size());
  auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  size_t begin = *std::prev(next);
  size_t end = next == lines_.end() ? text_.size() : *next - 1;
  if (end > begin && text_[end - 1] == '\r') --end;
  std::string_view text = text_;
  offset = std::min(offset, end);
  size_t stop = std::min(end, length > end - offset ? end : offset + length);
  Place place;
  place.file = name_;
  place.line = static_cast<uint64_t>(next - lines_.begin());
  place.column = code_points(text.substr(begin, offset - begin)) + 1;
  place.length = code_points(text.substr(offset, stop - offset));
  return place;
}

LocatedText::LocatedText(std::string text, TextFilePtr file, std::vector<Run> runs)
    : text_(std::move(text)), file_(std::move(file)), runs_(std::move(runs)) {
  SEGUE_ASSERT(!file_ || (!runs_.empty() && runs_.front().offset == 0));
}

LocatedText::LocatedText(TextFilePtr file) : text_(file->text()), file_(std::move(file)), runs_{{0, 0, false}} {}

size_t LocatedText::source_of(size_t offset) const {
  auto next = std::upper_bound(runs_.begin(), runs_.end(), offset,
                               [](size_t value, const Run& run) { return value < run.offset; });
  const Run& run = *std::prev(next);
  return run.fixed ? run.source : run.source + (offset - run.offset);
}

Place LocatedText::place(size_t offset, size_t length) const {
  if (!file_) return {};
  if (offset >= text_.size()) {
    // The end of a text is right behind its last word, not on the empty line that may follow.
    size_t last = text_.find_last_not_of(" \t\r\n");
    if (last == std::string::npos) return file_->place(source_of(0), 0);
    return file_->place(source_of(last) + 1, 0);
  }
  length = std::min(length, text_.size() - offset);
  size_t begin = source_of(offset);
  if (length == 0) return file_->place(begin, 0);
  size_t last = source_of(offset + length - 1);
  return file_->place(begin, last >= begin ? last + 1 - begin : 0);
}

}  // namespace segue::definition

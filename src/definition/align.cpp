#include "definition/align.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace segue::definition {
namespace {

using Run = LocatedText::Run;

bool blank(char c) { return c == ' ' || c == '\t'; }

// Walks file and value side by side.
class Walk {
 public:
  Walk(std::string_view file, size_t begin, std::string_view value) : file_(file), value_(value), at_(begin) {}

  bool done() const { return offset_ == value_.size(); }
  size_t at() const { return at_; }
  char here(size_t ahead = 0) const { return at_ + ahead < file_.size() ? file_[at_ + ahead] : '\0'; }
  char wanted() const { return value_[offset_]; }
  bool ended() const { return at_ >= file_.size(); }
  bool line_ended() const { return ended() || here() == '\n' || (here() == '\r' && here(1) == '\n'); }
  void skip(size_t bytes) { at_ = std::min(at_ + bytes, file_.size()); }
  void skip_blanks() {
    while (blank(here())) ++at_;
  }
  // True if a line end follows here, blanks between. What one call has seen no other looks at again: blanks may be
  // many.
  bool line_end_follows() {
    if (at_ < word_) return false;
    size_t i = at_;
    while (i < file_.size() && blank(file_[i])) ++i;
    if (i >= file_.size() || file_[i] == '\n' || (file_[i] == '\r' && i + 1 < file_.size() && file_[i + 1] == '\n'))
      return true;
    word_ = i;
    return false;
  }
  // To the begin of the next line. REQUIRES: line_ended().
  void skip_line_end() { skip(here() == '\r' ? 2 : 1); }

  // The next byte of the value is the byte here.
  void match() {
    if (runs_.empty() || runs_.back().fixed || runs_.back().source + (offset_ - runs_.back().offset) != at_) {
      runs_.push_back({offset_, at_, false});
    }
    ++offset_;
    ++at_;
  }

  // The next `bytes` of the value stand for the spot `source`. REQUIRES: the value has as many.
  void stand_for(size_t bytes, size_t source) {
    if (bytes > 0) runs_.push_back({offset_, source, true});
    offset_ += bytes;
  }

  size_t value_left() const { return value_.size() - offset_; }
  // Line ends that come next in the value.
  size_t wanted_line_ends() const {
    size_t count = 0;
    while (offset_ + count < value_.size() && value_[offset_ + count] == '\n') ++count;
    return count;
  }
  std::vector<Run>& runs() { return runs_; }
  std::string_view file() const { return file_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view file_;
  std::string_view value_;
  size_t at_;
  size_t offset_ = 0;
  size_t word_ = 0;  // no line ends between at_ and here
  std::vector<Run> runs_;
};

// Blanks, a line end, empty lines, the next line's indentation: a space, or as many line ends as lines are empty.
// False if that is not what stands here.
bool fold(Walk& walk) {
  size_t begin = walk.at();
  walk.skip_blanks();
  if (!walk.line_ended()) return false;
  size_t empty_lines = 0;
  while (!walk.ended() && walk.line_ended()) {
    walk.skip_line_end();
    walk.skip_blanks();
    if (!walk.ended() && walk.line_ended()) ++empty_lines;
  }
  if (empty_lines == 0) {
    if (walk.wanted() != ' ') return false;
    walk.stand_for(1, begin);
    return true;
  }
  if (walk.wanted_line_ends() < empty_lines) return false;
  walk.stand_for(empty_lines, begin);
  return true;
}

size_t utf8_bytes(uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

// A backslash and what it escapes. False if the value does not have it.
bool escape(Walk& walk) {
  size_t begin = walk.at();
  walk.skip(1);
  if (walk.line_ended() && !walk.ended()) {  // the line goes on with nothing between, but empty lines stay line ends
    walk.skip_line_end();
    walk.skip_blanks();
    size_t empty_lines = 0;
    for (; !walk.ended() && walk.line_ended(); ++empty_lines) {
      walk.skip_line_end();
      walk.skip_blanks();
    }
    if (walk.wanted_line_ends() < empty_lines) return false;
    walk.stand_for(empty_lines, begin);
    return true;
  }
  char kind = walk.here();
  walk.skip(1);
  size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  size_t bytes = 1;
  if (digits > 0) {
    uint32_t code_point = 0;
    for (size_t i = 0; i < digits; ++i) {
      char c = walk.here(i);
      uint32_t digit = c >= '0' && c <= '9'   ? c - '0'
                       : c >= 'a' && c <= 'f' ? c - 'a' + 10
                       : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                              : 16;
      if (digit == 16) return false;
      code_point = code_point * 16 + digit;
    }
    walk.skip(digits);
    bytes = utf8_bytes(code_point);
  } else if (kind == 'L' || kind == 'P') {
    bytes = 3;
  }
  if (walk.value_left() < bytes) return false;
  walk.stand_for(bytes, begin);
  return true;
}

bool align_flow(Walk& walk, char quote) {
  if (quote != '\0') walk.skip(1);
  while (true) {
    if (quote == '"' && walk.here() == '\\') {
      // A continued line is no byte of the value, and may end it.
      if (walk.done() && walk.here(1) != '\n' && walk.here(1) != '\r') return false;
      if (!escape(walk)) return false;
      continue;
    }
    if (walk.done()) break;
    if (walk.line_end_follows()) {
      if (!fold(walk)) return false;
      continue;
    }
    if (walk.here() != walk.wanted()) return false;
    if (quote == '\'' && walk.here() == '\'') {
      if (walk.here(1) != '\'') return false;
      walk.stand_for(1, walk.at());
      walk.skip(2);
      continue;
    }
    walk.match();
  }
  if (quote == '\0') return true;
  if (walk.here() != quote) return false;
  walk.skip(1);
  return true;
}

// From the line behind `|` or `>` on. The indentation is what the first line with text has in the file and not in the
// value.
bool align_block(Walk& walk, bool folded) {
  size_t first_text = walk.value().find_first_not_of('\n');
  std::string_view text = first_text == std::string_view::npos ? std::string_view{} : walk.value().substr(first_text);
  size_t kept = std::min(text.find_first_not_of(' '), text.size());
  size_t indent = 0;
  {
    Walk ahead = walk;
    while (!ahead.ended()) {
      size_t begin = ahead.at();
      while (ahead.here() == ' ') ahead.skip(1);
      size_t spaces = ahead.at() - begin;
      if (!ahead.line_ended()) {
        if (spaces < kept) return false;
        indent = spaces - kept;
        break;
      }
      if (!ahead.ended()) ahead.skip_line_end();
    }
  }
  auto skip_indent = [&] {
    for (size_t i = 0; i < indent && walk.here() == ' '; ++i) walk.skip(1);
  };
  skip_indent();
  while (!walk.done()) {
    if (!walk.line_ended()) {
      if (walk.here() != walk.wanted()) return false;
      walk.match();
      continue;
    }
    size_t spot = walk.at();
    if (walk.ended()) {  // a last line without an end has one in the value all the same
      walk.stand_for(walk.value_left(), spot);
      return walk.value().find_last_not_of('\n') == std::string_view::npos || walk.value().ends_with('\n');
    }
    if (!folded) {
      if (walk.wanted() != '\n') return false;
      walk.stand_for(1, spot);
      walk.skip_line_end();
      skip_indent();
      continue;
    }
    size_t line_ends = walk.wanted_line_ends();
    if (line_ends == 0 && walk.wanted() != ' ') return false;
    walk.stand_for(std::max(line_ends, size_t{1}), spot);
    walk.skip_line_end();
    skip_indent();
    while (!walk.ended() && walk.line_ended()) {
      walk.skip_line_end();
      skip_indent();
    }
  }
  return true;
}

}  // namespace

Alignment align_scalar(std::string_view file, size_t begin, std::string_view value) {
  char first = begin < file.size() ? file[begin] : '\0';
  bool block = first == '|' || first == '>';
  Walk walk(file, begin, value);
  bool exact = false;
  size_t end = 0;
  if (block) {
    while (!walk.line_ended() && !blank(walk.here())) walk.skip(1);
    end = walk.at();
    while (!walk.line_ended()) walk.skip(1);
    if (!walk.ended()) walk.skip_line_end();
    exact = align_block(walk, first == '>');
  } else {
    exact = align_flow(walk, first == '\'' || first == '"' ? first : '\0');
    end = walk.at();
  }
  Alignment result;
  result.exact = exact;
  result.end = exact || block ? end : begin;
  result.runs = std::move(walk.runs());
  if (!exact) result.runs = {{0, begin, true}};
  if (result.runs.empty()) result.runs = {{0, begin, true}};
  return result;
}

size_t skip_properties(std::string_view file, size_t begin) {
  size_t at = begin;
  auto here = [&] { return at < file.size() ? file[at] : '\0'; };
  while (here() == '&' || here() == '!') {
    while (at < file.size() && !blank(here()) && here() != '\n' && here() != '\r') ++at;
    bool blanks = false;
    while (at < file.size() && (blank(here()) || here() == '\n' || here() == '\r' || (blanks && here() == '#'))) {
      blanks = true;
      if (here() == '#') {
        while (at < file.size() && here() != '\n') ++at;
      } else {
        ++at;
      }
    }
  }
  return at;
}

}  // namespace segue::definition

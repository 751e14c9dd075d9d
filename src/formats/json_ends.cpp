#include "formats/json_ends.h"

#include <array>

namespace segue::formats {
namespace {

constexpr bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// What matters within an element: quotes and brackets.
constexpr auto kMarks = [] {
  std::array<int8_t, 256> marks{};
  marks['"'] = 2;
  marks['{'] = marks['['] = 1;
  marks['}'] = marks[']'] = -1;
  return marks;
}();

}  // namespace

void JsonEnds::end_element(size_t end, std::vector<size_t>& ends) {
  ends.push_back(end);
  state_ = array_ ? State::kBehind : State::kEnd;
}

// A character outside all elements. Returns where to go on.
size_t JsonEnds::follow_frame(char c, size_t at) {
  if (space(c)) return at + 1;
  auto stop = [&](const char* reason) {
    stop_ = {at, reason};
    return at;
  };
  switch (state_) {
    case State::kBegin:
      if (c == '[') {
        array_ = true;
        state_ = State::kArrayBegin;
        return at + 1;
      }
      break;
    case State::kArrayBegin:
      if (c == ']') return state_ = State::kEnd, at + 1;
      break;
    case State::kBehind:
      if (c == ']') return state_ = State::kEnd, at + 1;
      if (c == ',') return state_ = State::kBehindComma, at + 1;
      return stop("`,` or `]` expected behind an element of the array; what follows in the file is not read");
    case State::kEnd:
      return stop(array_ ? "text behind the end of the array; what follows in the file is not read"
                         : "text behind the object; what follows in the file is not read: is it of the format "
                           "json_lines, or does it lack the brackets of an array?");
    default: break;
  }
  if (c == ',' || c == ']' || c == '}' || c == ':')
    return stop("an object expected; what follows in the file is not read");
  depth_ = 0;
  if (c == '{' || c == '[') {
    state_ = State::kContainer;
    return at;
  }
  state_ = c == '"' ? State::kAloneString : State::kWord;
  return at + 1;
}

void JsonEnds::follow(const char* text, size_t bytes, std::vector<size_t>& ends) {
  if (stop_.reason != nullptr) {
    stop_.at = 0;
    return;
  }
  size_t at = 0;
  while (at < bytes && stop_.reason == nullptr) {
    char c = text[at];
    switch (state_) {
      case State::kContainer: {
        while (at < bytes && kMarks[static_cast<uint8_t>(text[at])] == 0) ++at;
        if (at == bytes) return;
        int8_t mark = kMarks[static_cast<uint8_t>(text[at++])];
        if (mark == 2) {
          state_ = State::kString;
        } else {
          depth_ += static_cast<uint64_t>(int64_t{mark});
          if (depth_ == 0) end_element(at, ends);
        }
        break;
      }
      case State::kString:
      case State::kAloneString:
        while (at < bytes && text[at] != '"' && text[at] != '\\') ++at;
        if (at == bytes) return;
        if (text[at++] == '\\') {
          state_ = state_ == State::kString ? State::kEscape : State::kAloneEscape;
        } else if (state_ == State::kString) {
          state_ = State::kContainer;
        } else {
          end_element(at, ends);
        }
        break;
      case State::kEscape:
      case State::kAloneEscape:
        state_ = state_ == State::kEscape ? State::kString : State::kAloneString;
        ++at;
        break;
      case State::kWord:
        if (space(c) || c == ',' || c == ']') {
          end_element(at, ends);
        } else {
          ++at;
        }
        break;
      default: at = follow_frame(c, at);
    }
  }
}

const char* JsonEnds::problem_at_end() const {
  switch (state_) {
    case State::kArrayBegin:
    case State::kBehindComma:
    case State::kBehind: return "the file ends before the array does";
    default: return nullptr;
  }
}

size_t JsonEnds::before_element(const char* text, size_t bytes) {
  // One bracket is that of the array, the next that of an element which is an array.
  size_t at = 0;
  for (bool separated = false; at < bytes; ++at) {
    bool separator = !separated && (text[at] == '[' || text[at] == ',');
    if (!separator && text[at] != ']' && !space(text[at])) break;
    separated |= separator;
  }
  return at;
}

}  // namespace segue::formats

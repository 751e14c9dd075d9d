// Where the elements of a JSON file end that is one value or an array of values. Says nothing of what the elements are:
// brackets are counted, whichever they are, and quotes followed.
#pragma once

#include <cstdint>

#include "formats/row_finder.h"

namespace segue::formats {

// A row is an element with the spaces, the comma and the bracket before it. What stands behind the last is a row of
// them alone.
class JsonEnds final : public RowFinder {
 public:
  // `file_begin`: the text begins there, else behind an element of an array.
  explicit JsonEnds(bool file_begin = true)
      : state_(file_begin ? State::kBegin : State::kBehind), array_(!file_begin) {}
  void follow(const char* text, size_t bytes, std::vector<size_t>& ends) override;
  Stop stop() const override { return stop_; }
  const char* problem_at_end() const override;

  // So many bytes stand before the element: spaces, brackets, commas.
  static size_t before_element(const char* text, size_t bytes);

 private:
  enum class State : uint8_t {
    kBegin,        // of the file
    kArrayBegin,   // behind its bracket
    kBehindComma,  // of the array
    kBehind,       // an element of the array
    kEnd,          // behind the array, or the only value
    kContainer,    // in an element of brackets
    kString,       // in a string of one
    kEscape,       // behind a backslash in it
    kWord,         // in an element that is a number, true, false or null
    kAloneString,  // in an element that is a string
    kAloneEscape,
  };
  size_t follow_frame(char c, size_t at);
  void end_element(size_t end, std::vector<size_t>& ends);

  State state_;
  bool array_;
  uint64_t depth_ = 0;  // of brackets in the element
  Stop stop_;
};

}  // namespace segue::formats

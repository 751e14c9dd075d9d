#include "formats/row_ends.h"

namespace segue::formats {

RowEnds::RowEnds(const Kernels& kernels, const std::string& delimiter, char quote)
    : kernels_(kernels), delimiter_(delimiter), quote_(quote) {
  fallback_.fill(0);
  for (size_t i = 1, length = 0; i < delimiter_.size(); ++i) {
    while (length != 0 && delimiter_[i] != delimiter_[length]) length = fallback_[length - 1];
    if (delimiter_[i] == delimiter_[length]) ++length;
    fallback_[i] = length;
  }
}

bool RowEnds::step(char c) {
  if (state_ == State::kQuoted) {
    if (c == quote_) state_ = State::kQuoteInQuoted;
    return false;
  }
  if (c == quote_ && state_ != State::kUnquoted) {  // the first byte of a field, or the second of two
    state_ = State::kQuoted;
    matched_ = 0;
    return false;
  }
  if (c == '\n') {
    state_ = State::kFieldBegin;
    matched_ = 0;
    return true;
  }
  state_ = State::kUnquoted;
  while (matched_ != 0 && delimiter_[matched_] != c) matched_ = fallback_[matched_ - 1];
  if (delimiter_[matched_] == c) ++matched_;
  if (matched_ == delimiter_.size()) {
    state_ = State::kFieldBegin;
    matched_ = 0;
  }
  return false;
}

}  // namespace segue::formats

#include "formats/byte_source.h"

#include <algorithm>

namespace segue::formats {

size_t PlainBytes::read(char* to, size_t most, uint64_t until) {
  uint64_t end = std::min(until, file_.size);
  if (at_ >= end) {
    if (at_ == file_.size) handle_.close();
    return 0;
  }
  auto bytes = static_cast<size_t>(std::min<uint64_t>(most, end - at_));
  handle_.open(file_);
  handle_.read(at_, bytes, to);
  at_ += bytes;
  return bytes;
}

}  // namespace segue::formats

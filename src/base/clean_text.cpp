#include "base/clean_text.h"

#include "base/utf8.h"

namespace segue {

size_t unclean_byte(std::string_view text) noexcept {
  size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && plain_ascii(text.substr(at, 8))) {
      at += 8;
      continue;
    }
    size_t bytes = text[at] == 0 ? 0 : utf8_length(text, at);
    if (bytes == 0) return at;
    at += bytes;
  }
  return std::string_view::npos;
}

}  // namespace segue

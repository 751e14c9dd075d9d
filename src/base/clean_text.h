// What a VARCHAR read from a file may hold: valid UTF-8 without NUL bytes. Written for many short texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace segue {

// Every byte is 0x01 … 0x7F: the quick answer for most texts.
inline bool plain_ascii(std::string_view text) noexcept {
  constexpr uint64_t kHigh = 0x8080808080808080ull, kOnes = 0x0101010101010101ull;
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    seen |= word | (word - kOnes);  // a borrow begins at a NUL only, which sets the high bit too
  }
  for (; i < text.size(); ++i) seen |= static_cast<uint8_t>(text[i]) | (text[i] == 0 ? 0x80u : 0u);
  return (seen & kHigh) == 0;
}

// Where the first byte stands that is no part of clean text, or npos.
size_t unclean_byte(std::string_view text) noexcept;

inline bool clean_text(std::string_view text) noexcept {
  return plain_ascii(text) || unclean_byte(text) == std::string_view::npos;
}

}  // namespace segue

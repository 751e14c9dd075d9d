#include "formats/latin1.h"

#include <algorithm>
#include <cstdint>

namespace segue::formats {

std::string_view latin1_to_utf8(std::string_view text, Block& to) {
  auto high = static_cast<size_t>(std::ranges::count_if(text, [](char c) { return static_cast<uint8_t>(c) >= 0x80; }));
  if (high == 0) return text;
  size_t bytes = text.size() + high;
  if (to.bytes() < bytes) to = Block(bytes);
  char* out = reinterpret_cast<char*>(to.data());
  for (char c : text) {
    auto code = static_cast<uint8_t>(c);
    if (code < 0x80) {
      *out++ = c;
    } else {
      *out++ = static_cast<char>(0xC0 | code >> 6);
      *out++ = static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return {reinterpret_cast<const char*>(to.data()), bytes};
}

size_t bytes_in_latin1(std::string_view utf8) {
  return static_cast<size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace segue::formats

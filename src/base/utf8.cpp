#include "base/utf8.h"

#include <algorithm>
#include <cstdint>

namespace segue {

size_t utf8_length(std::string_view text, size_t offset) {
  auto byte = [&](size_t i) { return offset + i < text.size() ? static_cast<uint8_t>(text[offset + i]) : uint8_t{0}; };
  auto between = [](uint8_t value, uint8_t low, uint8_t high) { return low <= value && value <= high; };
  auto continues = [&](size_t i) { return between(byte(i), 0x80, 0xBF); };
  uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (between(first, 0xC2, 0xDF)) return continues(1) ? 2 : 0;
  if (between(first, 0xE0, 0xEF)) {
    uint8_t low = first == 0xE0 ? 0xA0 : 0x80;   // lower ones would fit two bytes
    uint8_t high = first == 0xED ? 0x9F : 0xBF;  // higher ones are surrogates
    return between(byte(1), low, high) && continues(2) ? 3 : 0;
  }
  if (between(first, 0xF0, 0xF4)) {
    uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    return between(byte(1), low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

size_t invalid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = utf8_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string printable_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t length = utf8_length(text, i);
    auto first = static_cast<uint8_t>(text[i]);
    // C0 and DEL, and C1, which is C2 80 to C2 9F in UTF-8.
    bool control = (length == 1 && (first < 0x20 || first == 0x7F) && first != '\n' && first != '\t') ||
                   (length == 2 && first == 0xC2 && static_cast<uint8_t>(text[i + 1]) < 0xA0);
    if (length == 0 || control) {
      result += "\uFFFD";
    } else {
      result += text.substr(i, length);
    }
    i += std::max(length, size_t{1});
  }
  return result;
}

size_t code_points(std::string_view text) {
  // A byte's sum over at most 255 bytes fits a byte, which lets the compiler add 16 at a time.
  constexpr size_t kBlock = 255;
  size_t count = 0;
  for (size_t begin = 0; begin < text.size(); begin += kBlock) {
    size_t end = std::min(begin + kBlock, text.size());
    uint8_t sum = 0;
    for (size_t i = begin; i < end; ++i) sum += static_cast<int8_t>(text[i]) >= -0x40 ? 1 : 0;
    count += sum;
  }
  return count;
}

}  // namespace segue

// UTF-8, code point by code point, and the simple case mappings of Unicode. Texts are valid UTF-8. Internal to the
// evaluator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/expressions/kernel.h"

namespace segue::engine {

// True for the first byte of a code point.
inline bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

bool ascii(std::string_view text);

// Code points.
int64_t count_code_points(std::string_view text);

// The bytes before code point `count`; all if there are not so many.
size_t bytes_of_code_points(std::string_view text, size_t count);

// Bytes of the code point that starts at text[at].
inline size_t code_point_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && !starts_code_point(text[end])) ++end;
  return end - at;
}

// The code point that is text[at, at + bytes).
uint32_t code_point(std::string_view text, size_t at, size_t bytes);

// Writes a code point, at most 4 bytes; what comes after it.
char* append_code_point(char* out, uint32_t code_point);

// Each code point mapped by Unicode's simple mapping (one to one; ß becomes ẞ): exactly DuckDB's, since both take it
// from utf8proc. The answer is text itself where nothing changes.
std::string_view lower_case(std::string_view text, TextArena& arena);
std::string_view upper_case(std::string_view text, TextArena& arena);

// Of category Zs: what trim() takes away.
bool is_space(uint32_t code_point);

}  // namespace segue::engine

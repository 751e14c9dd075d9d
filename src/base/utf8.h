// UTF-8 for messages and small files. Data goes through the vectorised validator of formats/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segue {

// Bytes of the code point that begins at text[offset], 1 to 4; 0 if no valid one begins there (overlong forms and
// surrogates are not valid). REQUIRES: offset < text.size().
size_t utf8_length(std::string_view text, size_t offset);

// The offset of the first byte that is not valid UTF-8, or npos if all is.
size_t invalid_utf8(std::string_view text);

// The text with each invalid byte, and each control character but line end and tab, replaced by U+FFFD: safe for
// terminals and JSON.
std::string printable_utf8(std::string_view text);

// Code points of valid UTF-8; of invalid one, its bytes but those that continue a code point.
size_t code_points(std::string_view text);

}  // namespace segue

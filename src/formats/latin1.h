// ISO-8859-1 to UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/memory.h"

namespace segue::formats {

// The text in UTF-8: itself if it is ASCII, else a copy in `to`, which grows as needed.
std::string_view latin1_to_utf8(std::string_view text, Block& to);

// Bytes that a text had in ISO-8859-1. REQUIRES: it came from latin1_to_utf8(), cut between characters.
size_t bytes_in_latin1(std::string_view utf8);

}  // namespace segue::formats

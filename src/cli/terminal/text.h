// Text in cells of a terminal: how wide it is, how it is cut, and how it is made harmless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segue::cli {

// text on one line and without power over the terminal: line ends, tabs and other control characters as escapes (\n,
// \t, \x1B), characters that reverse the direction of text as \u{202E}, invalid UTF-8 as U+FFFD.
std::string printable(std::string_view text);

// Cells that text takes: what belongs together (a letter and its accents, the parts of an emoji) counts as one, wide
// ones as two. REQUIRES: text comes from printable() or is plain.
size_t width(std::string_view text);

// text itself if it takes at most `cells`, else its beginning and "…", together at most `cells`. REQUIRES: cells >= 1.
std::string cut(std::string_view text, size_t cells);

enum class Align { kLeft, kRight };

// text with spaces up to `cells`; wider text stays.
std::string pad(std::string_view text, size_t cells, Align align = Align::kLeft);

}  // namespace segue::cli

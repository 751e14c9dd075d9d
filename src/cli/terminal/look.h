// What a stream can show, and colours for it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segue::cli {

struct Look {
  bool terminal = false;  // a person watches: lines may be overwritten
  bool color = false;     // ANSI colours; what is printed is complete without them
  size_t width = 120;     // cells of a line that tables and charts keep to; 0: no bound
};

// Of file descriptor fd. Colour needs a terminal that is not TERM=dumb, no NO_COLOR in the environment (unless empty)
// and allow_color. The width is COLUMNS, or the terminal's, or 120.
Look look_of(int fd, bool allow_color);

enum class Tone { kPlain, kBold, kDim, kRed, kGreen, kYellow, kBlue, kCyan };

// text in the tone; text itself without colour. Empty text stays empty.
std::string paint(const Look& look, Tone tone, std::string_view text);

}  // namespace segue::cli

// Where each byte of a YAML scalar's value stands in the file.
//
// yaml-cpp says where a scalar begins and what its value is; what lies between (indentation, folded line ends, escapes)
// it forgets. The value and the file are walked side by side, by the rules of the scalar's style, and every byte must
// agree:
//   plain, '…'   a line end with its blanks is one space, k empty lines more are k line ends; '' is '
//   "…"          as above, and escapes
//   |            lines one by one, each without the block's indentation
//   >            as |, but neighbouring lines are joined by a space
// If they ever disagree, the whole value is placed at the scalar's begin: a coarse place, never a wrong one.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "definition/located_text.h"

namespace segue::definition {

struct Alignment {
  std::vector<LocatedText::Run> runs;
  size_t end = 0;      // of the scalar in the file; of a block scalar, of its first line
  bool exact = false;  // else coarse
};

// begin: offset in the file of the scalar's first byte (its quote, `|`, `>`, or first letter).
Alignment align_scalar(std::string_view file, size_t begin, std::string_view value);

// The offset behind anchors and tags (`&name`, `!tag`) that begin at `begin`.
size_t skip_properties(std::string_view file, size_t begin);

}  // namespace segue::definition

// Tables drawn for a terminal.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal/look.h"
#include "cli/terminal/text.h"

namespace segue::cli {

struct Cell {
  std::string text;  // as printable() gives it
  Tone tone = Tone::kPlain;
};

struct Heading {
  std::string name;
  std::string type;  // shown below the name where any column has one
  Align align = Align::kLeft;
  bool whole = false;  // never cut: numbers, times, names that are copied elsewhere
};

struct Table {
  std::vector<Heading> headings;
  std::vector<std::vector<Cell>> rows;  // as many cells each as there are headings
};

enum class Frame {
  kBox,   // lines around and between, for results
  kOpen,  // columns two spaces apart under dim headings, for summaries
};

// What did not fit into Look::width.
struct Cuts {
  size_t values = 0;                // cells cut short
  std::vector<std::string> hidden;  // names of columns left out
};

// The table with a line end after every line. Too wide for the look: long texts are cut first, the longest first, then
// columns before the last are left out and a column "…" stands for them. What was cut is added to `cuts` if that is
// given.
std::string draw(const Table& table, const Look& look, Frame frame, Cuts* cuts = nullptr);

}  // namespace segue::cli

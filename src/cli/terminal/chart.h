// Small charts in text.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal/look.h"

namespace segue::cli {

struct Bar {
  std::string label;  // as printable() gives it
  double value = 0;
};

// One line a bar: label, a bar as long as the value (eighths of a cell), the number. The longest fills the width, which
// is at most 100 cells; labels take at most half of it. Negative values have a bar of their size and a minus before
// their number.
std::string bar_chart(const std::vector<Bar>& bars, const Look& look);

// One character a value, eight heights; zero (and no value at all) is a blank, the smallest value above zero is seen.
std::string sparkline(const std::vector<double>& values);

}  // namespace segue::cli

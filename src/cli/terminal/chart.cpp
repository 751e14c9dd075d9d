#include "cli/terminal/chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/terminal/quantity.h"
#include "cli/terminal/text.h"

namespace segue::cli {
namespace {

constexpr size_t kMostCells = 100;  // longer bars are no easier to compare
constexpr size_t kLeastBar = 10;

constexpr std::array kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr std::array kHeights = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string bar_text(double share, size_t cells) {
  auto eighths = static_cast<size_t>(std::llround(share * static_cast<double>(cells) * 8));
  if (share > 0) eighths = std::max<size_t>(eighths, 1);
  std::string text;
  for (size_t i = 0; i < eighths / 8; ++i) text += kEighths[8];
  return text + kEighths[eighths % 8];
}

}  // namespace

std::string bar_chart(const std::vector<Bar>& bars, const Look& look) {
  size_t bound = look.width == 0 ? kMostCells : std::min(look.width, kMostCells);
  size_t label_cells = 0;
  size_t number_cells = 0;
  double most = 0;
  for (const Bar& bar : bars) {
    label_cells = std::max(label_cells, width(bar.label));
    number_cells = std::max(number_cells, number_text(bar.value).size());
    if (std::isfinite(bar.value)) most = std::max(most, std::fabs(bar.value));
  }
  label_cells = std::min(label_cells, std::max<size_t>(bound / 2, 1));
  size_t taken = label_cells + number_cells + 4;
  size_t bar_cells = std::max(bound > taken ? bound - taken : 0, kLeastBar);
  std::string out;
  for (const Bar& bar : bars) {
    double share = most > 0 && std::isfinite(bar.value) ? std::fabs(bar.value) / most : 0;
    std::string drawn = bar_text(share, bar_cells);
    out += pad(cut(bar.label, std::max<size_t>(label_cells, 1)), label_cells) + "  ";
    out += pad(number_text(bar.value), number_cells, Align::kRight);
    if (!drawn.empty()) out += "  " + paint(look, bar.value < 0 ? Tone::kRed : Tone::kCyan, drawn);
    out += "\n";
  }
  return out;
}

std::string sparkline(const std::vector<double>& values) {
  double most = 0;
  for (double value : values)
    if (std::isfinite(value)) most = std::max(most, value);
  std::string out;
  for (double value : values) {
    size_t height = 0;
    if (most > 0 && std::isfinite(value) && value > 0)
      height = std::clamp<size_t>(static_cast<size_t>(std::llround(value / most * 8)), 1, 8);
    out += kHeights[height];
  }
  return out;
}

}  // namespace segue::cli

#include "cli/terminal/table.h"

#include <algorithm>
#include <numeric>

namespace segue::cli {
namespace {

constexpr size_t kLeastCells = 12;  // a cut column keeps this much: less says nothing

struct Column {
  size_t index;
  size_t cells;
};

size_t natural_width(const Table& table, size_t column) {
  const Heading& heading = table.headings[column];
  size_t cells = std::max<size_t>({width(heading.name), width(heading.type), 1});
  for (const auto& row : table.rows) cells = std::max(cells, width(row[column].text));
  return cells;
}

size_t frame_width(size_t columns, Frame frame) { return frame == Frame::kBox ? 3 * columns + 1 : 2 * (columns - 1); }

size_t total_width(const std::vector<Column>& columns, Frame frame) {
  return std::accumulate(columns.begin(), columns.end(), frame_width(columns.size(), frame),
                         [](size_t sum, const Column& column) { return sum + column.cells; });
}

// Narrows the widest columns, evenly, until all fit or none can give more. True if they fit.
bool shrink(const Table& table, std::vector<Column>& columns, size_t bound, Frame frame) {
  size_t total = total_width(columns, frame);
  while (total > bound) {
    Column* widest = nullptr;
    size_t second = kLeastCells;
    for (Column& column : columns) {
      if (table.headings[column.index].whole || column.cells <= kLeastCells) continue;
      if (widest == nullptr || column.cells > widest->cells) {
        if (widest != nullptr) second = std::max(second, widest->cells);
        widest = &column;
      } else {
        second = std::max(second, column.cells);
      }
    }
    if (widest == nullptr) return false;
    size_t step = std::clamp<size_t>(widest->cells - second, 1, total - bound);
    widest->cells -= step;
    total -= step;
  }
  return true;
}

constexpr size_t kGap = ~size_t{0};  // the column "…" that stands for hidden ones

std::vector<Column> fit(const Table& table, const Look& look, Frame frame, Cuts& cuts) {
  std::vector<Column> natural;
  for (size_t i = 0; i < table.headings.size(); ++i) natural.push_back({i, natural_width(table, i)});
  size_t bound = look.width == 0 ? ~size_t{0} : look.width;
  std::vector<Column> columns = natural;
  if (shrink(table, columns, bound, frame)) return columns;
  // Columns leave from before the last one, until the rest fits; the first and the last stay in any case.
  for (size_t kept = natural.size() - 1; kept >= 1; --kept) {
    columns.assign(natural.begin(), natural.begin() + static_cast<std::ptrdiff_t>(kept) - (kept > 1 ? 1 : 0));
    columns.push_back({kGap, 1});
    if (kept > 1) columns.push_back(natural.back());
    std::vector<Column> real;
    for (const Column& column : columns)
      if (column.index != kGap) real.push_back(column);
    size_t gap_cells = frame == Frame::kBox ? 4 : 3;
    bool fits = bound > gap_cells && shrink(table, real, bound - gap_cells, frame);
    if (!fits && kept > 2) continue;
    size_t next = 0;
    for (Column& column : columns)
      if (column.index != kGap) column = real[next++];
    std::vector<bool> shown(natural.size(), false);
    for (const Column& column : real) shown[column.index] = true;
    for (size_t i = 0; i < natural.size(); ++i)
      if (!shown[i]) cuts.hidden.push_back(table.headings[i].name);
    if (cuts.hidden.empty()) return real;
    return columns;
  }
  return columns;
}

class Drawing {
 public:
  Drawing(const Table& table, const Look& look, Frame frame, Cuts& cuts)
      : table_(table), look_(look), frame_(frame), cuts_(cuts), columns_(fit(table, look, frame, cuts)) {}

  std::string text() {
    bool types =
        std::any_of(table_.headings.begin(), table_.headings.end(), [](const Heading& h) { return !h.type.empty(); });
    if (frame_ == Frame::kBox) rule("┌", "┬", "┐");
    Tone tone = frame_ == Frame::kBox ? Tone::kBold : Tone::kDim;
    line([&](size_t column) { return Cell{table_.headings[column].name, tone}; });
    if (types) line([&](size_t column) { return Cell{table_.headings[column].type, Tone::kDim}; });
    if (frame_ == Frame::kBox) rule("├", "┼", "┤");
    for (const auto& row : table_.rows) {
      line(
          [&](size_t column) {
            const Cell& cell = row[column];
            return cell;
          },
          true);
    }
    if (frame_ == Frame::kBox) rule("└", "┴", "┘");
    return std::move(out_);
  }

 private:
  void rule(const char* left, const char* middle, const char* right) {
    std::string text = left;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) text += middle;
      for (size_t n = 0; n < columns_[i].cells + 2; ++n) text += "─";
    }
    out_ += paint(look_, Tone::kDim, text + right) + "\n";
  }

  template <class CellOf>
  void line(const CellOf& cell_of, bool counts = false) {
    std::string bar = frame_ == Frame::kBox ? paint(look_, Tone::kDim, "│") : "";
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      if (frame_ == Frame::kBox) {
        text += (i == 0 ? "" : " ") + bar + " ";
      } else if (i != 0) {
        text += "  ";
      }
      if (column.index == kGap) {
        text += paint(look_, Tone::kDim, "…");
        continue;
      }
      Cell cell = cell_of(column.index);
      std::string shown = cut(cell.text, column.cells);
      if (counts && shown.size() != cell.text.size()) ++cuts_.values;
      // Colour goes around the text alone: padding stays plain, so that underlined or inverse tones do not reach it.
      size_t blank = column.cells - std::min(width(shown), column.cells);
      bool right = table_.headings[column.index].align == Align::kRight;
      if (right) text.append(blank, ' ');
      text += paint(look_, cell.tone, shown);
      if (!right) text.append(blank, ' ');
    }
    if (frame_ == Frame::kBox) {
      text += " " + bar;
    } else {
      while (!text.empty() && text.back() == ' ') text.pop_back();
    }
    out_ += text + "\n";
  }

  const Table& table_;
  const Look& look_;
  Frame frame_;
  Cuts& cuts_;
  std::vector<Column> columns_;
  std::string out_;
};

}  // namespace

std::string draw(const Table& table, const Look& look, Frame frame, Cuts* cuts) {
  if (table.headings.empty()) return "";
  Cuts unused;
  return Drawing(table, look, frame, cuts == nullptr ? unused : *cuts).text();
}

}  // namespace segue::cli

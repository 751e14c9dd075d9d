#include "cli/terminal/text.h"

#include <algorithm>

#include <fmt/format.h>
#include <utf8proc.h>

namespace segue::cli {
namespace {

// One code point at the start of text; an invalid byte gives -1 and size 1.
struct CodePoint {
  utf8proc_int32_t value;
  size_t bytes;
};

CodePoint first_code_point(std::string_view text) {
  utf8proc_int32_t value = -1;
  auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                               static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (size <= 0) return {-1, 1};
  return {value, static_cast<size_t>(size)};
}

// Embeddings, overrides and isolates: they let a text show in another order than it is stored in.
bool reverses(utf8proc_int32_t value) {
  return (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

// Bytes and cells of the grapheme cluster that text begins with.
struct Cluster {
  size_t bytes;
  size_t cells;
};

Cluster first_cluster(std::string_view text) {
  CodePoint point = first_code_point(text);
  Cluster cluster{point.bytes, 0};
  utf8proc_int32_t state = 0;
  bool emoji_style = false;
  while (true) {
    if (point.value < 0) {
      cluster.cells = std::max<size_t>(cluster.cells, 1);
    } else {
      cluster.cells =
          std::max<size_t>(cluster.cells, static_cast<size_t>(std::max(utf8proc_charwidth(point.value), 0)));
      emoji_style = emoji_style || point.value == 0xFE0F;
    }
    if (cluster.bytes >= text.size()) break;
    CodePoint next = first_code_point(text.substr(cluster.bytes));
    if (point.value < 0 || next.value < 0 || utf8proc_grapheme_break_stateful(point.value, next.value, &state)) break;
    cluster.bytes += next.bytes;
    point = next;
  }
  if (emoji_style) cluster.cells = 2;
  return cluster;
}

}  // namespace

std::string printable(std::string_view text) {
  bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (plain) return std::string(text);
  std::string result;
  result.reserve(text.size() + 8);
  while (!text.empty()) {
    CodePoint point = first_code_point(text);
    if (point.value < 0) {
      result += "\uFFFD";
    } else if (point.value == '\n') {
      result += "\\n";
    } else if (point.value == '\t') {
      result += "\\t";
    } else if (point.value == '\r') {
      result += "\\r";
    } else if (point.value < 0x20 || point.value == 0x7F) {
      result += fmt::format("\\x{:02X}", point.value);
    } else if ((point.value >= 0x80 && point.value < 0xA0) || reverses(point.value) || point.value == 0x2028 ||
               point.value == 0x2029) {
      result += fmt::format("\\u{{{:X}}}", point.value);
    } else {
      result.append(text.substr(0, point.bytes));
    }
    text.remove_prefix(point.bytes);
  }
  return result;
}

size_t width(std::string_view text) {
  size_t cells = 0;
  while (!text.empty()) {
    // Two ASCII characters in a row: the first is a cluster of its own.
    if (static_cast<unsigned char>(text[0]) < 0x80 &&
        (text.size() == 1 || static_cast<unsigned char>(text[1]) < 0x80)) {
      ++cells;
      text.remove_prefix(1);
      continue;
    }
    Cluster cluster = first_cluster(text);
    cells += cluster.cells;
    text.remove_prefix(cluster.bytes);
  }
  return cells;
}

std::string cut(std::string_view text, size_t cells) {
  if (width(text) <= cells) return std::string(text);
  size_t bytes = 0;
  size_t taken = 0;
  while (bytes < text.size()) {
    Cluster cluster = first_cluster(text.substr(bytes));
    if (taken + cluster.cells + 1 > cells) break;
    taken += cluster.cells;
    bytes += cluster.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string pad(std::string_view text, size_t cells, Align align) {
  size_t taken = width(text);
  if (taken >= cells) return std::string(text);
  std::string spaces(cells - taken, ' ');
  return align == Align::kLeft ? std::string(text) + spaces : spaces + std::string(text);
}

}  // namespace segue::cli

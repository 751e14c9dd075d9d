#include "base/diagnostic.h"

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cwchar>
#include <fstream>
#include <istream>
#include <optional>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/utf8.h"

namespace segue {
namespace {

// A tab is shown as this many cells, so that carets do not depend on a terminal's tab stops.
constexpr size_t kTabCells = 4;

// Lines wider than this are shown around their caret.
constexpr size_t kShownCells = 140;

// Shown of a wide line before its caret.
constexpr size_t kCellsBefore = 60;

struct Colors {
  std::string_view severity, place, caret, help, strong, off;
};

Colors colors(const RenderOptions& options) {
  if (!options.color) return {};
  std::string_view severity = options.warning ? "\x1b[1;33m" : "\x1b[1;31m";
  return {severity, "\x1b[1;34m", severity, "\x1b[1;36m", "\x1b[1m", "\x1b[0m"};
}

// wcwidth() knows widths only in a UTF-8 locale, whatever the program's locale is.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(static_cast<locale_t>(nullptr))) {
    static locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
    if (utf8 != nullptr) uselocale(utf8);
  }
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t before_;
};

// REQUIRES: a Utf8Locale is alive; code_point is one, or one invalid byte.
size_t cells_of(std::string_view code_point) {
  if (code_point.size() == 1) return code_point[0] == '\t' ? kTabCells : 1;
  wchar_t wide = 0;
  std::mbstate_t state{};
  size_t read = std::mbrtowc(&wide, code_point.data(), code_point.size(), &state);
  if (read != code_point.size()) return 1;
  int width = wcwidth(wide);
  return width < 0 ? 1 : static_cast<size_t>(width);
}

// Line `number` of the stream without its end; nothing if it is not to be read, or the line stands past what is read of
// it.
std::optional<std::string> line_of(std::istream& stream, uint64_t number) {
  std::string line;
  size_t rest = limits::kDefinitionBytes;
  for (uint64_t at = 1;; ++at) {
    line.clear();
    char c = 0;
    bool ended = false;
    while (rest > 0 && stream.get(c)) {
      --rest;
      if (c == '\n') {
        ended = true;
        break;
      }
      line += c;
    }
    bool there = ended || !line.empty();
    if (!there) return std::nullopt;
    if (at == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (at == number) break;
    if (!ended) return std::nullopt;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<std::string> line_of(const Place& place, const RenderOptions& options) {
  if (place.file == "<sql>") {
    std::istringstream text{std::string(options.sql)};
    return line_of(text, place.line);
  }
  std::ifstream file(place.file, std::ios::binary);
  return line_of(file, place.line);
}

struct Picture {
  std::string line;    // as shown
  std::string carets;  // what stands below it
};

Picture draw(std::string_view line, const Place& place) {
  struct Glyph {
    std::string text;
    size_t begin = 0;  // in cells from the first glyph's begin
    size_t end = 0;
  };
  Utf8Locale locale;
  // Only what can be shown is looked at: a line may have megabytes.
  size_t caret = place.column - 1;
  size_t skipped = caret > kShownCells ? caret - kShownCells : 0;
  std::vector<Glyph> glyphs;
  size_t offset = 0;
  for (size_t at = 0; offset < line.size() && at < caret + 2 * kShownCells; ++at) {
    size_t length = std::max(utf8_length(line, offset), size_t{1});
    std::string_view code_point = line.substr(offset, length);
    offset += length;
    if (at < skipped) continue;
    size_t begin = glyphs.empty() ? 0 : glyphs.back().end;
    glyphs.push_back({code_point == "\t" ? std::string(kTabCells, ' ') : printable_utf8(code_point), begin,
                      begin + cells_of(code_point)});
  }
  size_t cells = glyphs.empty() ? 0 : glyphs.back().end;
  size_t begin = std::min(caret - skipped, glyphs.size());
  size_t end = std::min<size_t>(begin + std::clamp<uint64_t>(place.length, 1, kShownCells), glyphs.size());
  size_t caret_cell = begin < glyphs.size() ? glyphs[begin].begin : cells;

  size_t first = 0;
  size_t last = glyphs.size();
  if (skipped > 0 || offset < line.size() || cells > kShownCells) {
    while (first < begin && caret_cell - glyphs[first].begin > kCellsBefore) ++first;
    last = first;
    while (last < glyphs.size() && glyphs[last].end - glyphs[first].begin <= kShownCells) ++last;
    end = std::min(end, last);
  }
  bool cut_front = skipped > 0 || first > 0;
  bool cut_back = offset < line.size() || last < glyphs.size();
  size_t first_cell = first < glyphs.size() ? glyphs[first].begin : cells;
  size_t end_cell = end > begin ? glyphs[end - 1].end : caret_cell;

  Picture picture;
  if (cut_front) picture.line = "…";
  for (size_t i = first; i < last; ++i) picture.line += glyphs[i].text;
  if (cut_back) picture.line += "…";
  picture.carets.assign((cut_front ? 1 : 0) + caret_cell - first_cell, ' ');
  picture.carets.append(std::max(end_cell - caret_cell, size_t{1}), '^');
  return picture;
}

std::string indent_more_lines(std::string text, std::string_view indent) {
  for (size_t i = text.find('\n'); i != std::string::npos; i = text.find('\n', i + 1)) text.insert(i + 1, indent);
  return text;
}

}  // namespace

size_t display_width(std::string_view text) {
  Utf8Locale locale;
  size_t sum = 0;
  for (size_t i = 0; i < text.size();) {
    size_t length = std::max(utf8_length(text, i), size_t{1});
    sum += cells_of(text.substr(i, length));
    i += length;
  }
  return sum;
}

std::string render(const Error& error, const RenderOptions& options) {
  Colors color = colors(options);
  std::string result = fmt::format("{}{}{}: {}{}{}\n", color.severity, options.warning ? "warning" : "error", color.off,
                                   color.strong, indent_more_lines(printable_utf8(error.message), "  "), color.off);
  const Place& place = error.place;
  if (place.known()) {
    std::string number = place.line > 0 ? std::to_string(place.line) : "";
    std::string spot = printable_utf8(place.file);
    if (place.line > 0) spot += fmt::format(":{}", place.line);
    if (place.line > 0 && place.column > 0) spot += fmt::format(":{}", place.column);
    std::string gutter(number.size(), ' ');
    result += fmt::format("{}{}-->{} {}\n", gutter.empty() ? " " : gutter, color.place, color.off, spot);
    std::optional<std::string> line;
    if (place.line > 0 && place.column > 0) line = line_of(place, options);
    if (line) {
      Picture picture = draw(*line, place);
      result += fmt::format("{}{} |{}\n", gutter, color.place, color.off);
      result +=
          fmt::format("{}{} |{}{}{}\n", color.place, number, color.off, picture.line.empty() ? "" : " ", picture.line);
      result +=
          fmt::format("{}{} |{} {}{}{}\n", gutter, color.place, color.off, color.caret, picture.carets, color.off);
    }
  }
  if (!error.hint.empty()) {
    result +=
        fmt::format("{}help{}: {}\n", color.help, color.off, indent_more_lines(printable_utf8(error.hint), "      "));
  }
  return result;
}

std::string render(std::span<const Error> errors, const RenderOptions& options) {
  std::string result;
  size_t shown = std::min(errors.size(), limits::kMistakes);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) result += '\n';
    result += render(errors[i], options);
  }
  if (shown < errors.size()) result += fmt::format("\nand {} more\n", errors.size() - shown);
  return result;
}

nlohmann::ordered_json to_json(const Error& error) {
  nlohmann::ordered_json json;
  json["code"] = to_string(error.code);
  json["message"] = printable_utf8(error.message);
  const Place& place = error.place;
  if (place.known()) {
    json["file"] = printable_utf8(place.file);
    if (place.line > 0) json["line"] = place.line;
    if (place.column > 0) json["column"] = place.column;
    if (place.column > 0 && place.length > 0) json["length"] = place.length;
  }
  if (!error.hint.empty()) json["hint"] = printable_utf8(error.hint);
  return json;
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kDefinition: return "definition";
    case ErrorCode::kData: return "data";
    case ErrorCode::kCheck: return "check";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kDefinition: return 2;
    case ErrorCode::kCheck: return 3;
    case ErrorCode::kCancelled: return 130;
    case ErrorCode::kData:
    case ErrorCode::kIo:
    case ErrorCode::kLimit:
    case ErrorCode::kConflict:
    case ErrorCode::kInternal: return 1;
  }
  return 1;
}

}  // namespace segue

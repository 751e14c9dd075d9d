#include "cli/terminal/look.h"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace segue::cli {
namespace {

constexpr size_t kLeastWidth = 20;  // narrower terminals wrap: nothing readable fits

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

size_t width_of(int fd, bool terminal) {
  std::string_view columns = environment("COLUMNS");
  size_t width = 0;
  auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  if (error == std::errc() && end == columns.data() + columns.size() && width >= kLeastWidth) return width;
  winsize size{};
  if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= kLeastWidth) return size.ws_col;
  return Look{}.width;
}

const char* code(Tone tone) {
  switch (tone) {
    case Tone::kPlain: return "";
    case Tone::kBold: return "1";
    case Tone::kDim: return "2";
    case Tone::kRed: return "31";
    case Tone::kGreen: return "32";
    case Tone::kYellow: return "33";
    case Tone::kBlue: return "34";
    case Tone::kCyan: return "36";
  }
  return "";
}

}  // namespace

Look look_of(int fd, bool allow_color) {
  Look look;
  bool dumb = environment("TERM") == "dumb";
  look.terminal = isatty(fd) == 1 && !dumb;
  look.color = look.terminal && allow_color && environment("NO_COLOR").empty();
  look.width = width_of(fd, look.terminal);
  return look;
}

std::string paint(const Look& look, Tone tone, std::string_view text) {
  if (!look.color || tone == Tone::kPlain || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code(tone), text);
}

}  // namespace segue::cli

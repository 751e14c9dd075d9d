#include "engine/expressions/time_format.h"

#include <array>
#include <utility>

namespace segue::engine {
namespace {

bool add(std::string_view format, std::string_view known, TimeFormat& made) {
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      made.rest += format[i];
      continue;
    }
    if (++i == format.size()) return false;
    TimeFormat::Part part{{}, format[i]};
    if (part.specifier == '%') {
      made.rest += '%';
      continue;
    }
    if (part.specifier == '-' && i + 1 < format.size()) {
      part.specifier = format[++i];
      part.padded = false;
      if (std::string_view("dmyHIMSj").find(part.specifier) == std::string_view::npos) return false;
    }
    switch (part.specifier) {
      case 'c': add("%Y-%m-%d %H:%M:%S", known, made); continue;
      case 'x': add("%Y-%m-%d", known, made); continue;
      case 'X':
      case 'T': add("%H:%M:%S", known, made); continue;
      case 'h': part.specifier = 'b'; break;
      default: break;
    }
    if (known.find(part.specifier) == std::string_view::npos) return false;
    part.before = std::exchange(made.rest, {});
    made.parts.push_back(std::move(part));
  }
  return true;
}

}  // namespace

std::optional<TimeFormat> parse_time_format(std::string_view format, std::string_view known) {
  TimeFormat made;
  if (format.empty() || !add(format, known, made)) return std::nullopt;
  return made;
}

std::string_view day_name(size_t weekday) {
  constexpr std::array<std::string_view, 7> kNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
  return kNames[weekday];
}

std::string_view month_name(size_t month) {
  constexpr std::array<std::string_view, 12> kNames = {"January",   "February", "March",    "April",
                                                       "May",       "June",     "July",     "August",
                                                       "September", "October",  "November", "December"};
  return kNames[month - 1];
}

}  // namespace segue::engine

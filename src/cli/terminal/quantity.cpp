#include "cli/terminal/quantity.h"

#include <array>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/quantity.h"

namespace segue::cli {
namespace {

std::string ago(uint64_t count, const char* unit) {
  return fmt::format("{} {}{} ago", count, unit, count == 1 ? "" : "s");
}

}  // namespace

std::string count_text(uint64_t count) { return group_digits(std::to_string(count)); }

std::string count_text(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, digits, kUnits[unit]);
}

std::string rate_text(uint64_t bytes, double seconds) {
  if (seconds <= 0) return "";
  return bytes_text(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)) + "/s";
}

std::string duration_text(double seconds) {
  seconds = std::max(seconds, 0.0);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 59.5) return fmt::format("{:.0f} s", seconds);
  auto whole = static_cast<uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string age_text(double seconds) {
  if (seconds < 10) return "just now";
  auto whole = static_cast<uint64_t>(seconds);
  if (whole < 60) return ago(whole, "second");
  if (whole < 3600) return ago(whole / 60, "minute");
  if (whole < 86400) return ago(whole / 3600, "hour");
  if (whole < 86400 * 60ull) return ago(whole / 86400, "day");
  return ago(whole / (86400 * 30ull), "month");
}

std::string percent_text(uint64_t part, uint64_t whole) {
  if (whole == 0 || part >= whole) return "100 %";
  return fmt::format("{:.0f} %", std::floor(100.0 * static_cast<double>(part) / static_cast<double>(whole)));
}

std::string number_text(double value, int digits) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  std::string text = fmt::format("{:.{}f}", std::fabs(value), digits);
  size_t point = text.find('.');
  std::string fraction = point == std::string::npos ? "" : text.substr(point);
  while (!fraction.empty() && (fraction.back() == '0' || fraction.back() == '.')) fraction.pop_back();
  std::string whole = group_digits(text.substr(0, point));
  bool zero = whole == "0" && fraction.empty();
  return (value < 0 && !zero ? "-" : "") + whole + fraction;
}

std::string time_text(int64_t micros) {
  auto seconds = static_cast<std::time_t>(micros / 1'000'000 - (micros % 1'000'000 < 0 ? 1 : 0));
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(seconds));
}

}  // namespace segue::cli

#include "base/quantity.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/ascii.h"

namespace segue {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr double kKibi = 1024;

constexpr Unit kUnits[] = {
    {"b", 1},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"kib", kKibi},
    {"mib", kKibi* kKibi},
    {"gib", kKibi* kKibi* kKibi},
    {"tib", kKibi* kKibi* kKibi* kKibi},
    {"k", kKibi},
    {"m", kKibi* kKibi},
    {"g", kKibi* kKibi* kKibi},
    {"t", kKibi* kKibi* kKibi* kKibi},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<uint64_t> parse_bytes(std::string_view text) {
  text = trimmed(text);
  // from_chars() would take "inf" and a minus.
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  double number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (problem != std::errc{}) return std::nullopt;
  std::string unit = ascii::lower(trimmed(text.substr(static_cast<size_t>(rest - text.data()))));
  const Unit* found =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& each) { return each.name == unit; });
  if (found == std::end(kUnits)) return std::nullopt;
  double bytes = std::floor(number * found->bytes);
  if (bytes >= 0x1p63) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::string_view kNames[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  // What would round to 1024.0 is 1.0 of the next unit.
  for (amount /= kKibi; amount >= 1023.95 && unit + 1 < std::size(kNames); ++unit) amount /= kKibi;
  return fmt::format("{:.1f} {}", amount, kNames[unit]);
}

std::string group_digits(std::string digits) {
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace segue

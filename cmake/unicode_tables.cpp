// Writes unicode_tables.h: what the engine needs of Unicode, taken from utf8proc (whose mappings DuckDB has too).
// It is not linked: Arrow exports the symbols of its own copy, of another version.
#include <utf8proc.h>

#include <cstdio>
#include <vector>

namespace {

void write_mappings(const char* name, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
  std::vector<utf8proc_int32_t> mapped;
  for (utf8proc_int32_t point = 0; point < 0x110000; ++point) {
    if (map(point) != point) mapped.push_back(point);
  }
  std::printf("inline constexpr std::array<Mapping, %zu> %s = {{", mapped.size(), name);
  for (auto point : mapped) std::printf("{%d, %d},", point, map(point));
  std::printf("}};\n");
}

}  // namespace

int main() {
  std::printf("// Made from utf8proc %s, Unicode %s.\n#pragma once\n#include <array>\n#include <cstdint>\n", utf8proc_version(),
              utf8proc_unicode_version());
  std::printf("namespace segue::unicode {\nstruct Mapping {\n  uint32_t from, to;\n};\n");
  write_mappings("kLower", utf8proc_tolower);
  write_mappings("kUpper", utf8proc_toupper);
  std::vector<utf8proc_int32_t> spaces;
  for (utf8proc_int32_t point = 0; point < 0x110000; ++point) {
    if (utf8proc_category(point) == UTF8PROC_CATEGORY_ZS) spaces.push_back(point);
  }
  std::printf("inline constexpr std::array<uint32_t, %zu> kSpaces = {", spaces.size());
  for (auto point : spaces) std::printf("%d,", point);
  std::printf("};\n}  // namespace segue::unicode\n");
}

#include "formats/archive_members.h"

#include <algorithm>
#include <vector>

#include <fnmatch.h>

#include "base/utf8.h"
#include "formats/files.h"

namespace segue::formats {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    if (end != at) parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// Of `pattern` from part p, of `name` from part n on.
bool match(const std::vector<std::string>& pattern, size_t p, const std::vector<std::string>& name, size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p] == "**") {
    if (p + 1 == pattern.size())
      return n < name.size() && std::none_of(name.begin() + static_cast<ptrdiff_t>(n), name.end(), left_out);
    for (;; ++n) {
      if (match(pattern, p + 1, name, n)) return true;
      if (n == name.size() || left_out(name[n])) return false;
    }
  }
  return n < name.size() && ::fnmatch(pattern[p].c_str(), name[n].c_str(), FNM_PERIOD) == 0 &&
         match(pattern, p + 1, name, n + 1);
}

}  // namespace

std::string member_name(std::string_view stored) {
  std::string name;
  for (const std::string& part : parts_of(stored)) {
    if (part == "." || part == "..") continue;
    name += (name.empty() ? "" : "/") + part;
  }
  name = printable_utf8(name);
  std::ranges::replace(name, '\n', ' ');
  return name;
}

bool member_matches(std::string_view pattern, std::string_view name) {
  std::vector<std::string> parts = parts_of(name);
  if (parts.empty()) return false;
  if (pattern.find('/') != std::string_view::npos) return match(parts_of(pattern), 0, parts, 0);
  if (std::any_of(parts.begin(), parts.end() - 1, left_out)) return false;
  if (pattern.empty() || pattern == "**") return !left_out(parts.back());
  return ::fnmatch(std::string(pattern).c_str(), parts.back().c_str(), FNM_PERIOD) == 0;
}

}  // namespace segue::formats

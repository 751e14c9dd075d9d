#include "formats/remote_files.h"

#include <algorithm>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fnmatch.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "formats/files.h"
#include "storage/remote_file.h"

namespace segue::formats {
namespace {

using Parts = std::span<const std::string>;

[[noreturn]] void fail_at(const std::string& path, std::string message, std::string hint) {
  throw Failure(Error{ErrorCode::kIo, std::move(message), {path, 0, 0, 0}, std::move(hint)});
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

// Whether names from a folder on match the pattern's parts.
bool matches(Parts pattern, Parts names) {
  if (pattern.empty() || names.empty()) return pattern.empty() && names.empty();
  if (pattern.front() != "**")
    return matches(pattern.front(), names.front()) && matches(pattern.subspan(1), names.subspan(1));
  if (pattern.size() == 1 && names.size() == 1) return !names.front().starts_with('.');
  if (pattern.size() > 1 && matches(pattern.subspan(1), names)) return true;
  return !names.front().starts_with('.') && matches(pattern, names.subspan(1));
}

// A name's begin that holds no wildcard.
std::string plain_begin(const std::string& pattern) { return pattern.substr(0, pattern.find_first_of("*?[\\")); }

void expand(const std::string& folder, Parts parts, const Cancellation* cancellation, std::vector<std::string>& found) {
  const std::string& part = parts.front();
  bool last = parts.size() == 1;
  if (!has_wildcard(part) && !last) return expand(folder + "/" + part, parts.subspan(1), cancellation, found);
  if (part == "**") {
    for (const storage::Listed& file : storage::list_remote(folder, "", true, cancellation))
      if (matches(parts, split(file.name))) found.push_back(folder + "/" + file.name);
    return;
  }
  for (const storage::Listed& listed : storage::list_remote(folder, plain_begin(part), false, cancellation)) {
    if (listed.folder == last || !matches(part, listed.name)) continue;
    std::string path = folder + "/" + listed.name;
    if (last)
      found.push_back(std::move(path));
    else
      expand(path, parts.subspan(1), cancellation, found);
  }
}

// All below a folder.
std::vector<std::string> files_below(const std::string& folder, const Cancellation* cancellation) {
  std::vector<std::string> found;
  for (const storage::Listed& file : storage::list_remote(folder, "", true, cancellation)) {
    std::vector<std::string> names = split(file.name);
    if (names.front() == "_delta_log")
      fail_at(folder, fmt::format("{} is a Delta table: which of its files count is told by its log", folder),
              "tables of the lake are sources by their names: `table: pipeline.step`");
    if (std::ranges::none_of(names, [](const std::string& name) { return left_out(name); }))
      found.push_back(folder + "/" + file.name);
  }
  if (found.empty())
    fail_at(folder, fmt::format("the folder {} holds no files", folder),
            "names that begin with `.` or `_` do not count");
  return found;
}

}  // namespace

std::vector<std::string> expand_remote(const std::string& pattern, const Cancellation* cancellation) {
  constexpr size_t kScheme = std::string_view("s3://").size();
  std::string path = pattern;
  while (path.ends_with('/')) path.pop_back();
  size_t slash = path.find('/', kScheme);
  if (slash == std::string::npos) return files_below(path, cancellation);
  size_t name_begin = path.rfind('/') + 1;
  std::string above = path.substr(0, name_begin - 1), name = path.substr(name_begin);
  // Taken as it is if there is one of that name, whatever characters are in it.
  std::vector<storage::Listed> near = storage::list_remote(above, name, false, cancellation);
  auto same = [&](bool folder) {
    return std::ranges::any_of(
        near, [&](const storage::Listed& listed) { return listed.name == name && listed.folder == folder; });
  };
  if (same(false) && !pattern.ends_with('/')) return {path};
  if (same(true)) return files_below(path, cancellation);
  if (!has_wildcard(path)) {
    std::vector<std::string> names;
    for (const storage::Listed& listed : storage::list_remote(above, "", false, cancellation))
      names.push_back(listed.name);
    std::string_view nearest_name = nearest(name, names);
    fail_at(pattern, fmt::format("no such file: {}", pattern),
            nearest_name.empty() ? fmt::format("`aws s3 ls {}/` lists what is there", above)
                                 : fmt::format("did you mean {}/{}?", above, nearest_name));
  }
  std::vector<std::string> found;
  expand(path.substr(0, slash), split(std::string_view(path).substr(slash + 1)), cancellation, found);
  std::ranges::sort(found);
  if (found.empty())
    fail_at(pattern, fmt::format("no file matches {}", pattern), "* stands for a part of one name, ** for any folders");
  return found;
}

}  // namespace segue::formats

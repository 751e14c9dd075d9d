#include "formats/files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <fnmatch.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "formats/remote_files.h"
#include "storage/remote_file.h"

namespace segue::formats {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_at(const std::string& path, std::string message, std::string hint) {
  throw Failure(Error{ErrorCode::kIo, std::move(message), {path, 0, 0, 0}, std::move(hint)});
}

// Names in a folder, sorted.
std::vector<fs::directory_entry> entries_of(const fs::path& folder, const std::string& pattern) {
  std::error_code error;
  fs::directory_iterator it(folder.empty() ? "." : folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return {};
  if (error) fail_at(pattern, fmt::format("the folder {} can't be read: {}", folder.string(), error.message()), "");
  std::vector<fs::directory_entry> entries(fs::begin(it), fs::end(it));
  std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().filename().string(); });
  return entries;
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

void expand(const fs::path& folder, const std::vector<std::string>& parts, size_t at, const std::string& pattern,
            std::vector<std::string>& found) {
  if (at == parts.size()) return;
  bool last = at + 1 == parts.size();
  const std::string& part = parts[at];
  if (part == "**") {
    if (!last) expand(folder, parts, at + 1, pattern, found);
    for (const auto& entry : entries_of(folder, pattern)) {
      fs::path name = entry.path().filename();
      if (name.string().starts_with('.')) continue;
      std::error_code error;
      if (entry.is_directory(error) && !entry.is_symlink(error)) {  // links could lead round in circles
        expand(folder / name, parts, at, pattern, found);
      } else if (last && is_file(entry.path())) {
        found.push_back((folder / name).string());
      }
    }
    return;
  }
  if (!has_wildcard(part)) {
    if (!last) {
      expand(folder / part, parts, at + 1, pattern, found);
    } else if (is_file(folder / part)) {
      found.push_back((folder / part).string());
    }
    return;
  }
  for (const auto& entry : entries_of(folder, pattern)) {
    std::string name = entry.path().filename().string();
    if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
    if (!last) {
      if (is_folder(entry.path())) expand(folder / name, parts, at + 1, pattern, found);
    } else if (is_file(entry.path())) {
      found.push_back((folder / name).string());
    }
  }
}

void add_below(const fs::path& folder, const std::string& root, std::vector<std::string>& found) {
  for (const auto& entry : entries_of(folder, root)) {
    fs::path name = entry.path().filename();
    if (left_out(name.string())) continue;
    std::error_code error;
    if (is_file(entry.path())) {
      found.push_back((folder / name).string());
    } else if (is_folder(entry.path()) && !entry.is_symlink(error)) {  // links could lead round in circles
      add_below(folder / name, root, found);
    }
  }
}

std::vector<std::string> files_below(const std::string& folder) {
  std::error_code error;
  if (fs::is_directory(fs::path(folder) / "_delta_log", error)) {
    fail_at(folder, fmt::format("{} is a Delta table: which of its files count is told by its log", folder),
            "tables of the lake are sources by their names: `table: pipeline.step`");
  }
  std::vector<std::string> found;
  add_below(folder, folder, found);
  if (found.empty()) {
    fail_at(folder, fmt::format("the folder {} holds no files", folder),
            "names that begin with `.` or `_` do not count");
  }
  std::ranges::sort(found);
  return found;
}

std::string hint_for_missing(const fs::path& path) {
  fs::path folder = path.parent_path();
  std::error_code error;
  if (!folder.empty() && !fs::is_directory(folder, error))
    return fmt::format("there is no folder {} either; paths count from the project's folder", folder.string());
  std::vector<std::string> names;
  fs::directory_iterator it(folder.empty() ? "." : folder, error);
  if (!error) {
    for (const auto& entry : it) names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  std::string_view near = nearest(path.filename().string(), names);
  if (!near.empty()) return fmt::format("did you mean {}?", (folder / near).string());
  return "paths count from the project's folder";
}

}  // namespace

std::vector<std::string> expand_files(const std::string& pattern, const Cancellation* cancellation) {
  if (storage::is_remote(pattern)) return expand_remote(pattern, cancellation);
  std::error_code error;
  if (pattern.empty()) fail_at(pattern, "the path is empty", "name a file or a pattern such as data/*.tsv");
  fs::file_status status = fs::status(pattern, error);
  if (fs::is_directory(status)) return files_below(pattern);
  if (fs::exists(status)) return {pattern};
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    fail_at(pattern, fmt::format("{} can't be inspected: {}", pattern, error.message()), "");
  }
  if (!has_wildcard(pattern)) fail_at(pattern, fmt::format("no such file: {}", pattern), hint_for_missing(pattern));
  fs::path path(pattern);
  std::vector<std::string> parts;
  for (const fs::path& part : path.relative_path()) {
    if (!part.empty()) parts.push_back(part.string());
  }
  std::vector<std::string> found;
  expand(path.root_path(), parts, 0, pattern, found);
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.empty())
    fail_at(pattern, fmt::format("no file matches {}", pattern), "* stands for a part of one name, ** for any folders");
  return found;
}

}  // namespace segue::formats

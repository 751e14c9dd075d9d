#include "definition/paths.h"

#include <cctype>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::definition {

bool is_url(std::string_view path) { return path.find("://") != std::string_view::npos; }

bool is_s3(std::string_view path) {
  constexpr std::string_view kScheme = "s3://";
  return path.starts_with(kScheme) && path.size() > kScheme.size() && path[kScheme.size()] != '/';
}

std::string absolute_path(const std::filesystem::path& folder, std::string_view path) {
  if (is_url(path)) return std::string(path);
  return (folder / std::filesystem::path(path)).lexically_normal().string();
}

bool is_web(std::string_view path) { return path.starts_with("https://") || path.starts_with("http://"); }

std::string cached_path(const std::filesystem::path& project, std::string_view url) {
  constexpr size_t kName = 80;         // bytes of the name that are kept: its end, which says what the file is
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a: the same in every version
  for (unsigned char c : url) hash = (hash ^ c) * 0x100000001B3;
  std::string_view whole = url.substr(0, url.find_first_of("?#"));
  std::string name;
  for (char c : whole.substr(whole.rfind('/') + 1)) {
    bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  if (name.size() > kName) name.erase(0, name.size() - kName);
  if (name.find_first_not_of('.') == std::string::npos) name = "file";
  return (project / ".segue" / "cache" / fmt::format("{:016x}", hash) / name).string();
}

std::string shown_path(const std::filesystem::path& path) {
  std::error_code problem;
  std::filesystem::path here = std::filesystem::current_path(problem);
  if (problem || !path.is_absolute()) return path.string();
  std::filesystem::path relative = path.lexically_relative(here);
  bool below = !relative.empty() && *relative.begin() != ".." && relative != ".";
  return below ? relative.string() : path.string();
}

std::filesystem::path working_directory() {
  std::error_code problem;
  std::filesystem::path here = std::filesystem::current_path(problem);
  if (problem)
    fail(ErrorCode::kIo, fmt::format("the working directory cannot be found: {}", problem.message()),
         "change into one that exists");
  return here;
}

}  // namespace segue::definition

#include "definition/paths.h"

#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::definition {

bool is_url(std::string_view path) { return path.find("://") != std::string_view::npos; }

std::string absolute_path(const std::filesystem::path& folder, std::string_view path) {
  if (is_url(path)) return std::string(path);
  return (folder / std::filesystem::path(path)).lexically_normal().string();
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

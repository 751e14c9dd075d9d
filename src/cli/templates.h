// The files of `segue new`'s templates, compiled in by templates.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace segue::cli {

struct TemplateFile {
  std::string_view name;  // of the template: "lastfm", "empty"
  std::string_view path;  // in the project; "dot-gitignore" stands for .gitignore
  std::string_view text;
};

const std::vector<TemplateFile>& template_files();

}  // namespace segue::cli

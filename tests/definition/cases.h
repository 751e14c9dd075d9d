// Tests as text: files of a project, and what loading it says. A file of cases holds any number of
//
//     === what the case shows
//     >>> pipelines/p/pipeline.yaml
//     name: p
//     …
//     >>> --param gap=20 minutes
//     >>> --without-values
//     <<<
//     error: …            (or "fine")
//
// segue.yaml is empty unless it is among the files. SEGUE_UPDATE=1 in the environment writes what really came into the
// file of cases.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "definition/load.h"

namespace segue::definition {

// A folder of its own for a project, and the working directory while it lives.
class ProjectFolder {
 public:
  ProjectFolder();
  ~ProjectFolder();
  ProjectFolder(const ProjectFolder&) = delete;
  ProjectFolder& operator=(const ProjectFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& file, const std::string& text) const;

 private:
  std::filesystem::path path_;
  std::filesystem::path before_;
};

// Runs all cases of the file, which lies in tests/definition/cases/.
void run_cases(const std::string& file);

// Loads a project with pipeline `p`, whose files may hold anything, and checks what must hold of every Failure: its
// places are in the files, in their order.
void load_whatever(const ProjectFolder& folder, const std::string& project, const std::string& pipeline);

// Loads project and pipeline `p` of the working directory; what `segue check` would print, or "fine".
std::string load_and_render(const LoadOptions& options = {});

}  // namespace segue::definition

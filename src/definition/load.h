// Reads a project and its pipelines from the disk.
//
// All mistakes of a file are found at once, in file order, each with its place and a hint: read_ returns them beside
// what could be read, load_ throws them as one Failure. No function here prints, opens a source or needs a secret. Safe
// from any thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "definition/definition.h"

namespace segue::definition {

struct ProjectDraft {
  Project project;  // its folder is known whatever is wrong; what is wrong has its default
  std::vector<Error> mistakes;
};

// The project that `folder` belongs to: segue.yaml is looked for there, then in each folder above.
// without_values: environment variables need not be set, see LoadOptions; what depends on them has its default.
// Throws Failure(kUsage) if there is none.
ProjectDraft read_project(const std::filesystem::path& folder, bool without_values = false);

// Throws Failure for mistakes, too.
Project load_project(const std::filesystem::path& folder, bool without_values = false);

// The settings of a profile. Without a name: those of the profile `local` if there is one, else of segue.yaml's top.
// Throws Failure(kUsage) if there is no such profile.
Settings settings(const Project& project, std::string_view profile = {});

// The folders of pipelines/ that hold a pipeline.yaml, sorted. Throws Failure(kIo) if the folder cannot be read; none
// is an empty list.
std::vector<std::string> pipeline_names(const Project& project);

struct LoadOptions {
  // Values of parameters by name, as text: the command line's `--param name=value`.
  std::map<std::string, std::string> params;
  // For `segue check`, which needs no data and no secrets: a parameter without a value is NULL, an environment variable
  // that is not set leaves its `${NAME}` standing, and what depends on either is not looked at further. Else both are
  // mistakes.
  bool without_values = false;
};

// A pipeline as far as its files could be read, and what is wrong in them. Where nothing is wrong it is whole; else what
// is not among the unsound can still be looked at further, so that mistakes in SQL are found at the same time.
struct PipelineDraft {
  Pipeline pipeline;
  std::vector<Error> mistakes;  // in order
  // Sources whose columns are not known, steps whose SQL is not, and names that stand for two things.
  std::set<std::string> unsound;
  std::set<std::string> unsound_params;  // whose types are not known
  bool names_known = true;               // else there may be sources and steps that are not in `pipeline`
};

// Throws Failure(kUsage) if there is no such pipeline.
PipelineDraft read_pipeline(const Project& project, std::string_view name, const LoadOptions& options = {});

// Throws Failure for mistakes, too: of `options` kUsage, of the file kDefinition, kIo if a file cannot be read.
Pipeline load_pipeline(const Project& project, std::string_view name, const LoadOptions& options = {});

}  // namespace segue::definition

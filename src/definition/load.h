// Reads a project and its pipelines from the disk.
//
// All mistakes of a file are found at once: what is thrown is one Failure with every Error, in file order, each with
// its place and a hint. No function here prints, opens a source or needs a secret. Safe from any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"

namespace segue::definition {

// The project that `folder` belongs to: segue.yaml is looked for there, then in each folder above.
// without_values: environment variables need not be set, see LoadOptions; what depends on them has its default.
// Throws Failure: kUsage if there is none, kDefinition for its mistakes.
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

// Throws Failure: kUsage if there is no such pipeline or a parameter of `options` is wrong, kDefinition for mistakes of
// the file, kIo if a file cannot be read.
Pipeline load_pipeline(const Project& project, std::string_view name, const LoadOptions& options = {});

}  // namespace segue::definition

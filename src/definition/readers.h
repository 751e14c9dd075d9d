// The parts of a pipeline, each read from its section. Mistakes are added to the section's context; what comes back is
// then incomplete, but never refers to what is not there.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "definition/load.h"
#include "definition/section.h"

namespace segue::definition {

// Where relative paths begin. Both absolute.
struct Folders {
  std::filesystem::path project;
  std::filesystem::path pipeline;
};

// All of `params:` with their values. Sets them in `variables`; `unsound` gets the names of those whose
// types are not known; others with mistakes are NULL.
std::vector<Param> read_params(const Section& pipeline, const Folders& folders, const LoadOptions& options,
                               Variables& variables, std::set<std::string>& unsound);

// One of whose columns something is wrong has none.
Source read_source(const Entry& entry, const Folders& folders, Context& context);
Step read_step(const Entry& entry, const Folders& folders, Context& context);
std::vector<Check> read_checks(const Section& step);

// The key `retention`, in µs.
std::optional<int64_t> read_retention(const Section& section);

// Profiles' and segue.yaml's own settings: what is given of it.
Profile read_settings(const Section& section, const std::filesystem::path& project_folder);

}  // namespace segue::definition

// What to run, where and with how much: the options that `segue run` and `segue plan` share.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "definition/definition.h"

namespace segue::cli {

struct RunChoice {
  std::vector<std::string> params;
  std::vector<std::string> select;
  std::string profile;
  std::string engine;    // empty: as the profile says
  std::string memory;    // "4 GiB"; empty: as the profile says
  uint32_t threads = 0;  // 0: as the profile says
};

// --param, --select, --profile, --engine
void add_plan_choice(CLI::App* command, RunChoice& choice);
// The same, and --memory, --threads
void add_run_choice(CLI::App* command, RunChoice& choice);
void add_profile(CLI::App* command, std::string& profile);

// A profile's settings; from now on S3 is used as they say. Throws Failure(kUsage).
definition::Settings chosen_settings(const definition::Project& project, const std::string& profile = {});

// The profile's settings with what the command line says instead. Throws Failure(kUsage).
definition::Settings run_settings(const definition::Project& project, const RunChoice& choice);

}  // namespace segue::cli

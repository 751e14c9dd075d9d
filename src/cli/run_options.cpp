#include "cli/run_options.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/quantity.h"
#include "cli/params.h"
#include "definition/load.h"
#include "storage/s3_settings.h"

namespace segue::cli {

void add_profile(CLI::App* command, std::string& profile) {
  command->add_option("--profile", profile, "A profile of segue.yaml: its lake, engine and limits")
      ->type_name("PROFILE");
}

void add_plan_choice(CLI::App* command, RunChoice& choice) {
  add_list(command, "--select", choice.select, "Only this step, and what it needs; may be given many times", "STEP")
      ->delimiter(',');
  add_params(command, choice.params);
  add_profile(command, choice.profile);
  command->add_option("--engine", choice.engine, "native (default) or duckdb: what computes the steps")
      ->type_name("ENGINE")
      ->check(CLI::IsMember({"native", "duckdb"}));
}

void add_run_choice(CLI::App* command, RunChoice& choice) {
  add_plan_choice(command, choice);
  command
      ->add_option("--memory", choice.memory,
                   "The most memory to use, as in `4 GiB` (by default 60 % of the machine's); rows that do not "
                   "fit are kept in files meanwhile")
      ->type_name("BYTES");
  command->add_option("--threads", choice.threads, "How many threads compute; by default one a core")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, static_cast<uint32_t>(limits::kThreads)));
}

definition::Settings chosen_settings(const definition::Project& project, const std::string& profile) {
  definition::Settings settings = definition::settings(project, profile);
  storage::choose_s3({settings.s3.endpoint, settings.s3.region, settings.s3.profile});
  return settings;
}

definition::Settings run_settings(const definition::Project& project, const RunChoice& choice) {
  definition::Settings settings = chosen_settings(project, choice.profile);
  if (choice.engine == "native") settings.engine = definition::EngineName::kNative;
  if (choice.engine == "duckdb") settings.engine = definition::EngineName::kDuckdb;
  if (choice.threads != 0) settings.threads = choice.threads;
  if (!choice.memory.empty()) {
    settings.memory = parse_bytes(choice.memory);
    if (!settings.memory)
      fail(ErrorCode::kUsage, fmt::format("`--memory {}` is no amount of memory", choice.memory),
           "write `--memory '4 GiB'` or `--memory 800MB`");
    if (*settings.memory < limits::kLeastMemory)
      fail(ErrorCode::kUsage,
           fmt::format("`--memory {}` is too little: a run needs {} MB at least", choice.memory,
                       limits::kLeastMemory / 1'000'000),
           "write `--memory '4 GiB'` or `--memory 800MB`");
  }
  return settings;
}

}  // namespace segue::cli

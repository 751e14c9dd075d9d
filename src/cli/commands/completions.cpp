// segue completions bash|zsh|fish
#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/completion_script.h"
#include "cli/run_options.h"
#include "definition/load.h"
#include "lake/lake.h"
#include "runs/run_store.h"

namespace segue::cli {
namespace {

// Of the pipelines that the line names, or of all.
std::vector<definition::Pipeline> pipelines_of(const std::vector<std::string>& line,
                                               const definition::Project& project) {
  std::vector<std::string> all = definition::pipeline_names(project), named;
  for (const std::string& name : all)
    if (std::ranges::find(line, name) != line.end()) named.push_back(name);
  std::vector<definition::Pipeline> pipelines;
  for (const std::string& name : named.empty() ? all : named)
    pipelines.push_back(definition::read_pipeline(project, name, {{}, true}).pipeline);
  return pipelines;
}

std::vector<std::string> names_of(const std::string& kind, const std::vector<std::string>& line,
                                  const Context& context) {
  definition::Project project = context.project(true);
  std::vector<std::string> names;
  if (kind == "pipelines") return definition::pipeline_names(project);
  if (kind == "profiles")
    for (const auto& profile : project.profiles) names.push_back(profile.name);
  if (kind == "tables")
    for (const auto& table : lake::Lake(chosen_settings(project).lake.string(), &context.cancellation).tables())
      names.push_back(table.full());
  if (kind == "steps")
    for (const auto& pipeline : pipelines_of(line, project))
      for (const auto& step : pipeline.steps) names.push_back(step.name);
  if (kind == "params")
    for (const auto& pipeline : pipelines_of(line, project))
      for (const auto& param : pipeline.params) names.push_back(param.name + "=");
  if (kind == "runs")
    for (const auto& run : runs::RunStore(project.folder).list()) names.push_back(run.id);
  return names;
}

// Whatever is wrong, a shell that completes a word shows nothing.
int print_names(const std::string& kind, const std::vector<std::string>& line, const Context& context) {
  try {
    for (const std::string& name : names_of(kind, line, context)) context.printer.result(name + "\n");
  } catch (const Failure&) {
    return kRunFailed;
  }
  return kDone;
}

int completions(const std::string& shell, const Commands& commands, const Context& context) {
  context.printer.result(completion_script(shell, commands));
  return kDone;
}

}  // namespace

void add_completions(Commands& commands) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      commands.add("completions",
                   {"Print the script by which a shell completes segue's commands",
                    "It completes commands, options, and the names of your pipelines, tables, profiles and runs.",
                    {{"source <(segue completions bash)", "in ~/.bashrc"},
                     {"segue completions zsh > ~/.zfunc/_segue", "with ~/.zfunc in fpath"},
                     {"segue completions fish > ~/.config/fish/completions/segue.fish", ""}}},
                   [shell, &commands](const Context& context) { return completions(*shell, commands, context); });
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->type_name("SHELL")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));

  // What the scripts call; shown nowhere.
  auto kind = std::make_shared<std::string>();
  auto line = std::make_shared<std::vector<std::string>>();
  CLI::App* names = commands.add("__names", {"", "", {}},
                                 [kind, line](const Context& context) { return print_names(*kind, *line, context); });
  names->group("");
  names->add_option("kind", *kind)->required();
  names->add_option("line", *line, "The words of the line so far");
}

}  // namespace segue::cli

#include "cli/command.h"

#include "definition/load.h"

namespace segue::cli {

definition::Project Context::project(bool without_values) const {
  return definition::load_project(folder, without_values);
}

CLI::App* Commands::add(const std::string& name, Help help, Action action, CLI::App* parent) {
  CLI::App* command = (parent == nullptr ? &program_ : parent)->add_subcommand(name, help.summary);
  command->fallthrough();
  entries_[command] = Entry{std::move(help), std::move(action)};
  return command;
}

const Help* Commands::help(const CLI::App* command) const {
  auto found = entries_.find(command);
  return found == entries_.end() ? nullptr : &found->second.help;
}

const Action* Commands::chosen() const {
  const CLI::App* command = &program_;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  auto found = entries_.find(command);
  return found == entries_.end() || !found->second.action ? nullptr : &found->second.action;
}

}  // namespace segue::cli

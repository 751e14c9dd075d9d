// What a command is made of: its options and help on a CLI11 subcommand, and a function that does it.
//
// One command, one file: `add_<name>` declares the options at its top; below is what it does, typed options in, exit
// code out. Commands know nothing of each other, keep nothing between calls and never end the process.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "base/cancellation.h"
#include "cli/printer.h"
#include "definition/definition.h"

namespace segue::cli {

// Exit codes of every command; see docs/commands.md.
enum ExitCode { kDone = 0, kRunFailed = 1, kWrong = 2, kCheckFailed = 3, kInterrupted = 130 };

// What a command gets besides its options.
struct Context {
  Printer& printer;
  const Cancellation& cancellation;
  std::string folder;  // where the project is looked for
  // without_values: as of definition::load_project.
  definition::Project project(bool without_values = false) const;
};

using Action = std::function<int(const Context&)>;

struct Example {
  std::string command;
  std::string meaning;
};

struct Help {
  std::string summary;  // one line, as the list of commands shows it
  std::string text;     // a paragraph or two below the usage, or empty
  std::vector<Example> examples;
};

// The commands of the program: who they are, how they are explained, which one was called.
class Commands {
 public:
  explicit Commands(CLI::App& program) : program_(program) {}
  // A command, or one of a command (`runs show`). Without an action it only groups others. The options to be added to
  // what is returned must outlive parsing: let the action own them.
  CLI::App* add(const std::string& name, Help help, Action action, CLI::App* parent = nullptr);
  const Help* help(const CLI::App* command) const;
  // The action of the innermost command that was parsed; null if there is none, or if it only has commands of its own.
  const Action* chosen() const;
  CLI::App& program() const { return program_; }

 private:
  struct Entry {
    Help help;
    Action action;
  };
  CLI::App& program_;
  std::map<const CLI::App*, Entry> entries_;
};

void add_new(Commands& commands);
void add_check(Commands& commands);
void add_crawl(Commands& commands);
void add_plan(Commands& commands);
void add_run(Commands& commands);
void add_sql(Commands& commands);
void add_show(Commands& commands);
void add_tables(Commands& commands);
void add_runs(Commands& commands);
void add_quarantine(Commands& commands);
void add_export(Commands& commands);
void add_rollback(Commands& commands);
void add_vacuum(Commands& commands);
void add_delete(Commands& commands);
void add_fetch(Commands& commands);
void add_copy(Commands& commands);
void add_generate(Commands& commands);
void add_schema(Commands& commands);
void add_completions(Commands& commands);

}  // namespace segue::cli

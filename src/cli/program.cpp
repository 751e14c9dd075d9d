#include "cli/program.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "base/diagnostic.h"
#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/help.h"
#include "version.h"

namespace segue::cli {
namespace {

// Options of the program itself; they may stand before or after the command.
struct GlobalOptions {
  std::string folder = ".";
  bool json = false;
  bool no_color = false;
  bool quiet = false;
  bool version = false;
};

void add_globals(CLI::App& program, GlobalOptions& options) {
  program.add_option("-C,--project", options.folder, "Look for segue.yaml in FOLDER and above, instead of here")
      ->type_name("FOLDER");
  program.add_flag("--json", options.json, "Results, and errors, as JSON on stdout");
  program.add_flag("--no-color", options.no_color, "No colors (also: NO_COLOR in the environment)");
  program.add_flag("-q,--quiet", options.quiet, "Only results and errors");
  program.add_flag("--version", options.version, "Print the version");
}

const CLI::App* innermost(const CLI::App& program) {
  const CLI::App* command = &program;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string see_help(const CLI::App* command) { return fmt::format("see `{} --help`", command_path(command)); }

std::vector<std::string> option_names(const CLI::App* command) {
  std::vector<std::string> names;
  for (; command != nullptr; command = command->get_parent())
    for (const CLI::Option* option : command->get_options())
      if (!option->get_positional())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App* command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
    names.push_back(sub->get_name());
  return names;
}

Error unexpected(const CLI::App& program) {
  const CLI::App* command = innermost(program);
  std::vector<std::string> extras = program.remaining(true);
  std::string extra = extras.empty() ? "" : extras.front();
  std::string hint;
  if (extra.starts_with("-")) {
    // `--rows=5`: the name alone is what may be misspelled.
    std::string name = extra.substr(0, extra.find('='));
    std::vector<std::string> names = option_names(command);
    std::string_view near = nearest(name, names);
    hint = near.empty() ? see_help(command) : fmt::format("did you mean `{}`? {}", near, see_help(command));
    return {ErrorCode::kUsage, fmt::format("`{}` has no option `{}`", command_path(command), name), {}, hint};
  }
  std::vector<std::string> names = command_names(command);
  if (!names.empty() && command == &program)
    return {ErrorCode::kUsage, fmt::format("there is no command `{}`", extra), {}, suggest(extra, names, "commands")};
  if (!names.empty()) hint = suggest(extra, names, "commands");
  if (!hint.empty()) hint += hint.ends_with('?') ? " " : "; ";
  return {ErrorCode::kUsage,
          fmt::format("`{}` does not take `{}`", command_path(command), extra),
          {},
          hint + see_help(command)};
}

// By its name of a command or of one above, as CLI11 names it in messages.
const CLI::Option* option_named(const CLI::App* command, const std::string& name) {
  for (; command != nullptr; command = command->get_parent())
    if (const CLI::Option* option = command->get_option_no_throw(name)) return option;
  return nullptr;
}

// What a required argument or option is called.
std::string missing(const CLI::App* command) {
  for (const CLI::Option* option : command->get_options())
    if (option->get_required() && option->count() == 0)
      return option->get_positional() ? value_name(option)
                                      : fmt::format("`{} {}`", option->get_name(false, false), value_name(option));
  return "";
}

// What stands between two words; empty if they are not there.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  begin += before.size();
  size_t end = after.empty() ? text.size() : text.find(after, begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

// A value that an option does not take: of CLI11's "--threads: Value 0 not in range 1 to 256" and "--engine: spark not
// in {native,duckdb}".
Error wrong_value(const std::string& what, const CLI::App* command) {
  std::string name = what.substr(0, what.find(": "));
  const CLI::Option* option = option_named(command, name);
  std::string shown = option != nullptr && option->get_positional() ? value_name(option) : name;
  if (std::string_view range = between(what, " not in range ", ""); !range.empty())
    return {ErrorCode::kUsage,
            fmt::format("`{}`: {} must be from {}, not {}", command_path(command), shown, range,
                        between(what, ": Value ", " not in range ")),
            {},
            see_help(command)};
  std::string_view allowed = between(what, " not in {", "}");
  std::vector<std::string> names;
  while (!allowed.empty()) {
    size_t comma = std::min(allowed.find(','), allowed.size());
    names.emplace_back(allowed.substr(0, comma));
    allowed.remove_prefix(std::min(comma + 1, allowed.size()));
  }
  std::string value(between(what, ": ", " not in {"));
  if (names.empty())
    return {ErrorCode::kUsage, fmt::format("`{}`: {}", command_path(command), what), {}, see_help(command)};
  return {ErrorCode::kUsage,
          fmt::format("`{}`: {} cannot be `{}`", command_path(command), shown, value),
          {},
          suggest(value, names)};
}

Error misused(const CLI::ParseError& error, const CLI::App& program) {
  const CLI::App* command = innermost(program);
  std::string what = error.what();
  auto usage = [&](std::string message, std::string hint) {
    return Error{ErrorCode::kUsage, std::move(message), {}, std::move(hint)};
  };
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return unexpected(program);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    std::string needed = missing(command);
    if (!needed.empty()) return usage(fmt::format("`{}` needs {}", command_path(command), needed), see_help(command));
    std::vector<std::string> names = command_names(command);
    return usage(fmt::format("`{}` needs a command", command_path(command)),
                 fmt::format("commands: {}; {}", quoted_list(names), see_help(command)));
  }
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) return wrong_value(what, command);
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    std::string_view rest = between(what, "Could not convert: ", "");
    if (std::string_view name = rest.substr(0, rest.find(" = ")); !name.empty())
      return usage(fmt::format("`{}`: {} cannot be `{}`", command_path(command), name, between(rest, " = ", "")),
                   fmt::format("write a whole number; {}", see_help(command)));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    std::string name = what.substr(0, what.find(": "));
    if (const CLI::Option* option = option_named(command, name); option != nullptr && what.ends_with(" missing"))
      return usage(fmt::format("`{}`: {} has no value", command_path(command), name),
                   fmt::format("write `{} {}`", name, value_name(option)));
  }
  return usage(fmt::format("`{}`: {}", command_path(command), what), see_help(command));
}

int perform(const Action& action, const Context& context) {
  Printer& printer = context.printer;
  auto report = [&](const std::vector<Error>& errors) {
    try {
      printer.errors(errors);
    } catch (const OutputClosed&) {
    } catch (const Failure&) {
      // stdout is full, and that was the error or comes on top of it: the exit code is what is left to say.
    }
    return exit_code(errors.front().code);
  };
  try {
    return action(context);
  } catch (const OutputClosed&) {
    return kDone;
  } catch (const Failure& failure) {
    return report(failure.errors());
  } catch (const std::bad_alloc&) {
    return report({{ErrorCode::kLimit,
                    "there is not enough memory",
                    {},
                    "give less to it with --memory, or use fewer --threads"}});
  } catch (const std::exception& error) {
    return report(
        {{ErrorCode::kInternal, error.what(), {}, "this is a bug of Segue: please report it with what you did"}});
  }
}

// CLI11 would take -3 for 2^64 - 3 where a number has no sign.
void refuse_negative_numbers(CLI::App& command) {
  CLI::Validator not_negative(
      [](std::string& text) {
        return text.starts_with('-') ? fmt::format("Value {} not in range 0 on", text) : std::string();
      },
      "");
  for (CLI::Option* option : command.get_options())
    if (option->get_type_name() == "N") option->check(not_negative);
  for (CLI::App* sub : command.get_subcommands({})) refuse_negative_numbers(*sub);
}

}  // namespace

const char* version() { return kVersion; }

void add_all(Commands& commands) {
  add_new(commands);
  add_check(commands);
  add_crawl(commands);
  add_plan(commands);
  add_run(commands);
  add_sql(commands);
  add_show(commands);
  add_tables(commands);
  add_runs(commands);
  add_quarantine(commands);
  add_export(commands);
  add_rollback(commands);
  add_vacuum(commands);
  add_delete(commands);
  add_fetch(commands);
  add_copy(commands);
  add_generate(commands);
  add_schema(commands);
  add_completions(commands);
}

int run_program(int argc, const char* const* argv, const Cancellation& cancellation) {
  CLI::App program("Segue turns event histories into sessions, charts and tables.", "segue");
  GlobalOptions options;
  add_globals(program, options);
  Commands commands(program);
  add_all(commands);
  refuse_negative_numbers(program);
  program.require_subcommand(0, 1);

  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  // `segue help run` is `segue run --help`.
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.push_back("--help");
  }
  auto wants = [&](std::string_view option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    program.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    Printer printer(false, false, false);
    return perform(
        [&](const Context& context) {
          context.printer.result(help_text(commands, innermost(program)));
          return kDone;
        },
        Context{printer, cancellation, options.folder});
  } catch (const CLI::ParseError& error) {
    Printer printer(wants("--json"), false, !wants("--no-color"));
    return perform([&](const Context&) -> int { throw Failure(misused(error, program)); },
                   Context{printer, cancellation, options.folder});
  }

  Printer printer(options.json, options.quiet, !options.no_color);
  Context context{printer, cancellation, options.folder};
  if (options.version)
    return perform(
        [](const Context& c) {
          c.printer.result(fmt::format("segue {}\n", version()));
          return kDone;
        },
        context);
  const Action* action = commands.chosen();
  if (action == nullptr)
    return perform(
        [&](const Context& c) {
          c.printer.result(help_text(commands, innermost(program)));
          return kDone;
        },
        context);
  return perform(*action, context);
}

}  // namespace segue::cli

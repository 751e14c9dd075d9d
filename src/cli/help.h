// --help: what a command does, how it is called, examples first, then its options.
#pragma once

#include <string>

#include "cli/command.h"

namespace segue::cli {

// The help of the program or of a command, at most 100 cells wide, without colour: the same on every screen and in the
// docs.
std::string help_text(const Commands& commands, const CLI::App* command);

// What stands for an option's value, in capitals: "FILE".
std::string value_name(const CLI::Option* option);

// "segue runs show": the command with those it belongs to.
std::string command_path(const CLI::App* command);

}  // namespace segue::cli

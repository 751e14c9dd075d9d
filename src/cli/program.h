// The program: a command line in, an exit code out.
#pragma once

#include "base/cancellation.h"

namespace segue::cli {

// Parses the command line, runs the command, prints what went wrong. Never throws, never ends the process.
int run_program(int argc, const char* const* argv, const Cancellation& cancellation);

// Declares every command. For completions and tests too.
class Commands;
void add_all(Commands& commands);

// Of Segue: "0.1.0".
const char* version();

}  // namespace segue::cli

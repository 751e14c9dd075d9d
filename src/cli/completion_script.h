// Shell completions, made from the commands as they are declared.
#pragma once

#include <string>

#include "cli/command.h"

namespace segue::cli {

// shell: "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell, const Commands& commands);

}  // namespace segue::cli

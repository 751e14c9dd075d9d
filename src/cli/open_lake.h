// The lake of a command that reads it.
#pragma once

#include <string>

#include "cli/command.h"
#include "definition/definition.h"
#include "lake/lake.h"
#include "lake/maintenance.h"
#include "lake/publication.h"

namespace segue::cli {

// Completes or clears first what runs left that were killed, and says so: a reader sees tables that belong together. A
// lake that may not be written is read as it stands, with a warning if there is something to complete.
lake::Lake open_lake(const definition::Project& project, const definition::Settings& settings, const Context& context);

// Who changes tables by this command, for the lake. `project` and `context` outlive what is returned.
lake::MaintenanceOptions maintenance_options(const definition::Project& project, const std::string& command,
                                             const Context& context);

// What became of a killed run, in a line.
std::string recovered_text(const lake::Recovered& run);

}  // namespace segue::cli

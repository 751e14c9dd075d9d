#include "cli/open_lake.h"

#include <fmt/format.h>

#include "base/error.h"
#include "runs/run_store.h"

namespace segue::cli {

lake::Lake open_lake(const definition::Project& project, const definition::Settings& settings, const Context& context) {
  lake::Lake lake(settings.lake.string());
  try {
    for (const lake::Recovered& run : lake::recover(lake)) {
      runs::RunStore(project.folder).recovered(run);
      context.printer.message(recovered_text(run));
    }
  } catch (const Failure& failure) {
    Error error = failure.errors().front();
    if (error.code != ErrorCode::kIo) throw;
    error.message = fmt::format("what a killed run left could not be completed: {}", error.message);
    context.printer.warning(error);
  }
  return lake;
}

std::string recovered_text(const lake::Recovered& run) {
  return run.committed ? fmt::format("run {} had been killed while it published: its tables are complete now\n", run.run)
                       : fmt::format("run {} had been killed: what it left is cleared away\n", run.run);
}

}  // namespace segue::cli

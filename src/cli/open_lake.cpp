#include "cli/open_lake.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/program.h"
#include "runs/run_store.h"

namespace segue::cli {

lake::Lake open_lake(const definition::Project& project, const definition::Settings& settings, const Context& context) {
  lake::Lake lake(settings.lake.string(), &context.cancellation);
  try {
    lake::recover(lake, [&](const lake::Recovered& run) {
      runs::RunStore(project.folder).recovered(run);
      context.printer.message(recovered_text(run));
    });
  } catch (const Failure& failure) {
    Error error = failure.errors().front();
    if (error.code != ErrorCode::kIo) throw;
    error.message = fmt::format("what a killed run left could not be completed: {}", error.message);
    context.printer.warning(error);
  }
  return lake;
}

lake::MaintenanceOptions maintenance_options(const definition::Project& project, const std::string& command,
                                             const Context& context) {
  lake::MaintenanceOptions options;
  options.engine = fmt::format("Segue/{}", version());
  options.by = fmt::format("`segue {}`", command);
  options.cancellation = &context.cancellation;
  options.record_recovered = [&](const lake::Recovered& run) {
    runs::RunStore(project.folder).recovered(run);
    context.printer.message(recovered_text(run));
  };
  return options;
}

std::string recovered_text(const lake::Recovered& run) {
  if (!run.committed) return fmt::format("run {} had been killed: what it left is cleared away\n", run.run);
  std::string text = fmt::format("run {} had been killed while it published: its tables are complete now\n", run.run);
  if (!run.skipped.empty()) {
    std::vector<std::string> names;
    for (const lake::TableName& table : run.skipped) names.push_back(table.full());
    text = fmt::format(
        "run {} had been killed while it published: its tables are complete now, but for {}, which could not be "
        "published\n",
        run.run, fmt::join(names, ", "));
  }
  for (const lake::MissingExport& missing : run.missing_exports)
    text += fmt::format("its export {} is not: {}\n", missing.path, missing.error.message);
  return text;
}

}  // namespace segue::cli

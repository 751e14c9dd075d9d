// segue rollback TABLE --to V
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/find_table.h"
#include "cli/open_lake.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "definition/load.h"
#include "lake/maintenance.h"

namespace segue::cli {
namespace {

struct Options {
  std::string table;
  int64_t to = 0;
  std::string profile;
};

int rollback(const Options& options, const Context& context) {
  definition::Project project = context.project();
  lake::Lake lake = open_lake(project, chosen_settings(project, options.profile), context);
  lake::TableName name = find_table(lake, options.table);
  lake::PublishedTable table =
      lake::rollback(lake, name, options.to, maintenance_options(project, "rollback", context));
  if (context.printer.json()) {
    context.printer.result_json({{"table", name.full()},
                                 {"to", options.to},
                                 {"version", table.version},
                                 {"rows", table.rows},
                                 {"bytes", table.bytes},
                                 {"files", table.files}});
  } else {
    context.printer.result(fmt::format("{} is as it was at version {}: {}, {}; this is version {} now\n", name.full(),
                                       options.to, count_text(table.rows, "row"), bytes_text(table.bytes),
                                       table.version));
  }
  return kDone;
}

}  // namespace

void add_rollback(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      commands.add("rollback",
                   {"Bring an older version of a table back",
                    "Publishes a new version with the rows and columns of the older one; no version is lost, so a "
                    "rollback can be rolled back. Other tables of the pipeline stay as they are, and its next run "
                    "publishes on top.",
                    {{"segue show lastfm.top_songs --history", "which versions there are"},
                     {"segue rollback lastfm.top_songs --to 3", "as it was at version 3"}}},
                   [options](const Context& context) { return rollback(*options, context); });
  command->add_option("table", options->table, "A table")->type_name("TABLE")->required();
  command->add_option("--to", options->to, "The version to bring back")->type_name("VERSION")->required();
  add_profile(command, options->profile);
}

}  // namespace segue::cli

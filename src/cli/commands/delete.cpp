// segue delete TABLE --where CONDITION
#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/find_table.h"
#include "cli/open_lake.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "definition/load.h"
#include "lake/rewrite.h"
#include "runs/rewrite.h"

namespace segue::cli {
namespace {

struct Options {
  std::string table;
  std::string where;
  bool dry_run = false;
  std::string profile;
};

int delete_rows(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = chosen_settings(project, options.profile);
  lake::Lake lake = open_lake(project, settings, context);
  lake::TableName name = find_table(lake, options.table);
  context.printer.set_sql(options.where);

  lake::Rewrite rewrite(lake, name, maintenance_options(project, "delete", context));
  runs::RewriteOptions how;
  how.threads = settings.threads.value_or(std::max(1U, std::thread::hardware_concurrency()));
  how.memory = settings.memory.value_or(0);
  how.cancellation = &context.cancellation;
  runs::Rewritten kept = runs::delete_rows(rewrite.table(), options.where, how);
  int64_t version = rewrite.table().version;
  bool changes = kept.removed != 0 && !options.dry_run;
  if (changes) version = rewrite.replace(kept.files, kept.rows, "DELETE", how.threads, kept.tells_file).version;

  if (context.printer.json()) {
    context.printer.result_json({{"table", name.full()},
                                 {"deleted", kept.removed},
                                 {"files", kept.files.size()},
                                 {"version", version},
                                 {"dry_run", options.dry_run}});
    return kDone;
  }
  std::string what = fmt::format("{} in {}", count_text(kept.removed, "row"), count_text(kept.files.size(), "file"));
  if (kept.removed == 0)
    context.printer.result(fmt::format("no row of {} meets the condition\n", name.full()));
  else if (options.dry_run)
    context.printer.result(fmt::format("would delete {} of {}\n", what, name.full()));
  else
    context.printer.result(fmt::format("deleted {} of {}; this is version {} now\n", what, name.full(), version));
  if (changes)
    context.printer.message(fmt::format(
        "older versions hold these rows until they are removed: segue vacuum {} --keep \"0 days\"\n", name.full()));
  return kDone;
}

}  // namespace

void add_delete(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "delete",
      {"Delete rows of a table",
       "Publishes a new version without the rows for which the condition is true; only files that hold one are written "
       "again. Older versions keep the rows until `segue vacuum` removes them; exports, other tables and sources are "
       "not touched, and a run that replaces the table makes it of its sources.",
       {{"segue delete lastfm.sessions --where \"user_id = 'user_000001'\" --dry-run", "how many rows there are"},
        {"segue delete lastfm.sessions --where \"user_id = 'user_000001'\"", "a person's rows"},
        {"segue vacuum lastfm.sessions --keep \"0 days\"", "and their traces in older versions"}}},
      [options](const Context& context) { return delete_rows(*options, context); });
  command->add_option("table", options->table, "A table")->type_name("TABLE")->required();
  command->add_option("--where", options->where, "A condition in SQL over the table's columns")
      ->type_name("CONDITION")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "Only tell how many rows there are");
  add_profile(command, options->profile);
}

}  // namespace segue::cli

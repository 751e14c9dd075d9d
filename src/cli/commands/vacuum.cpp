// segue vacuum [TABLE]
#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/find_table.h"
#include "cli/open_lake.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "definition/values.h"
#include "lake/maintenance.h"
#include "lake/rewrite.h"
#include "runs/rewrite.h"

namespace segue::cli {
namespace {

struct Options {
  std::string table;
  std::string keep;
  bool compact = false;
  bool dry_run = false;
  std::string profile;
};

// What became of a table's small files.
struct Compacted {
  lake::TableName name;
  size_t before = 0, after = 0;  // files of the table
};

Compacted compact(lake::Lake& lake, const lake::TableName& name, const definition::Project& project,
                  const definition::Settings& settings, const Context& context) {
  lake::Rewrite rewrite(lake, name, maintenance_options(project, "vacuum", context));
  Compacted result{name, rewrite.table().files.size(), rewrite.table().files.size()};
  std::vector<std::string> small = runs::small_files(rewrite.table());
  if (small.empty()) return result;
  runs::RewriteOptions how;
  how.threads = settings.threads.value_or(std::max(1U, std::thread::hardware_concurrency()));
  how.memory = settings.memory.value_or(0);
  how.cancellation = &context.cancellation;
  runs::Rewritten gathered = runs::gather_rows(rewrite.table(), small, how);
  result.after = rewrite.replace(gathered.files, gathered.rows, "OPTIMIZE", how.threads, gathered.tells_file).files;
  return result;
}

// For how long a pipeline's versions are kept, in µs. A definition with mistakes ends it: it may ask for more than the
// project does.
int64_t retention_of(const definition::Project& project, const definition::Settings& settings,
                     const std::string& pipeline) {
  std::vector<std::string> names = definition::pipeline_names(project);
  std::optional<int64_t> own;
  if (std::find(names.begin(), names.end(), pipeline) != names.end())
    own = definition::load_pipeline(project, pipeline, {{}, true}).retention;
  return own.value_or(settings.retention.value_or(definition::kRetention));
}

std::optional<int64_t> asked_retention(const Options& options) {
  if (options.keep.empty()) return std::nullopt;
  std::optional<int64_t> micros = definition::parse_duration(options.keep);
  if (!micros)
    fail(ErrorCode::kUsage, fmt::format("`--keep {}` is no length of time", options.keep), "write `--keep \"7 days\"`");
  return micros;
}

std::string versions_text(const std::vector<int64_t>& versions) {
  constexpr size_t kShown = 6;
  if (versions.size() > kShown) return fmt::format("{}, up to {}", versions.size(), versions.back());
  return fmt::format("{}", fmt::join(versions, ", "));
}

void print(const std::vector<lake::Vacuumed>& all, bool dry_run, Printer& printer) {
  Table table;
  table.headings = {{"table", "", Align::kLeft, true},
                    {"files", "", Align::kRight, true},
                    {"size", "", Align::kRight, true},
                    {"versions gone", "", Align::kLeft, true}};
  uint64_t files = 0, bytes = 0;
  for (const lake::Vacuumed& each : all) {
    files += each.removed.size();
    bytes += each.bytes;
    if (!each.removed.empty())
      table.rows.push_back({{each.name.full()},
                            {count_text(each.removed.size())},
                            {bytes_text(each.bytes)},
                            {versions_text(each.lost)}});
  }
  if (files == 0) {
    printer.message("there is nothing to remove\n");
    return;
  }
  printer.result(draw(table, printer.out(), Frame::kOpen));
  printer.message(
      fmt::format("{} {}, {}\n", dry_run ? "would remove" : "removed", count_text(files, "file"), bytes_text(bytes)));
}

int vacuum(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = chosen_settings(project, options.profile);
  std::optional<int64_t> keep = asked_retention(options);
  lake::Lake lake = open_lake(project, settings, context);
  std::map<std::string, std::vector<lake::TableName>> pipelines;
  for (const lake::TableName& name : options.table.empty() ? lake.tables() : find_tables(lake, options.table))
    pipelines[name.pipeline].push_back(name);
  std::vector<lake::Vacuumed> all;
  std::vector<Compacted> compacted;
  for (const auto& [pipeline, tables] : pipelines) {
    int64_t micros = keep ? *keep : retention_of(project, settings, pipeline);
    try {
      for (const lake::TableName& name : tables) {
        if (!options.compact || options.dry_run) break;
        Compacted one = compact(lake, name, project, settings, context);
        if (one.after != one.before) compacted.push_back(std::move(one));
      }
      for (lake::Vacuumed& each :
           lake::vacuum(lake, tables, micros / 1000, options.dry_run, maintenance_options(project, "vacuum", context)))
        all.push_back(std::move(each));
    } catch (const Failure& failure) {
      // Of a whole lake, a pipeline that is at work has its turn another time.
      if (failure.error().code != ErrorCode::kConflict || !options.table.empty()) throw;
      Error error = failure.error();
      error.hint = "its tables are left as they are; vacuum again when it is done";
      context.printer.warning(error);
    }
  }
  if (!context.printer.json()) {
    for (const Compacted& each : compacted)
      context.printer.result(fmt::format("{}: {} files put together into {}\n", each.name.full(),
                                         count_text(each.before), count_text(each.after)));
    print(all, options.dry_run, context.printer);
    return kDone;
  }
  auto list = nlohmann::ordered_json::array();
  for (const lake::Vacuumed& each : all)
    list.push_back(
        {{"table", each.name.full()}, {"removed", each.removed}, {"bytes", each.bytes}, {"versions_gone", each.lost}});
  auto together = nlohmann::ordered_json::array();
  for (const Compacted& each : compacted)
    together.push_back({{"table", each.name.full()}, {"files_before", each.before}, {"files", each.after}});
  context.printer.result_json(
      {{"dry_run", options.dry_run}, {"tables", std::move(list)}, {"compacted", std::move(together)}});
  return kDone;
}

}  // namespace

void add_vacuum(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "vacuum",
      {"Remove files that no kept version of a table needs",
       "Versions stay readable for `retention` of pipeline.yaml or segue.yaml, 7 days if neither says, from when a "
       "newer one took their place; the newest always stays. Files of no version go too, an hour old or more.",
       {{"segue vacuum --dry-run", "what would be removed from all tables"},
        {"segue vacuum lastfm", "the tables of one pipeline"},
        {"segue vacuum --compact", "put small files together, too: a new version with the same rows"},
        {"segue vacuum lastfm.top_songs --keep \"0 days\"", "keep nothing but the newest version"}}},
      [options](const Context& context) { return vacuum(*options, context); });
  command->add_option("table", options->table, "A table, or a pipeline; without it, all tables")->type_name("TABLE");
  command
      ->add_option("--keep", options->keep,
                   "Keep versions of this last time, as in `30 days`, whatever `retention` says")
      ->type_name("TIME");
  command->add_flag("--compact", options->compact, "First put small files of a table, or partition, together");
  command->add_flag("--dry-run", options->dry_run, "Only tell what would be removed");
  add_profile(command, options->profile);
}

}  // namespace segue::cli

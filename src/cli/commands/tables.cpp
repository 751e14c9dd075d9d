// segue tables
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/open_lake.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "lake/lake.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  std::string profile;
};

double seconds_since(int64_t micros) {
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count();
  return static_cast<double>(now - micros) / 1e6;
}

int tables(const Options& options, const Context& context) {
  definition::Project project = context.project();
  lake::Lake lake = open_lake(project, chosen_settings(project, options.profile), context);
  Printer& printer = context.printer;
  Table table;
  table.headings = {{"table", "", Align::kLeft, true},    {"rows", "", Align::kRight, true},
                    {"size", "", Align::kRight, true},    {"columns", "", Align::kRight, true},
                    {"version", "", Align::kRight, true}, {"published", "", Align::kLeft, true}};
  auto json = nlohmann::ordered_json::array();
  for (const lake::TableName& name : lake.tables(options.pipeline)) {
    context.cancellation.check();
    auto state = lake.find(name);
    if (!state) continue;  // removed in between
    table.rows.push_back({{name.full()},
                          state->rows ? Cell{count_text(*state->rows)} : Cell{"unknown", Tone::kDim},
                          {bytes_text(state->bytes)},
                          {count_text(state->fields.size())},
                          {std::to_string(state->version)},
                          {age_text(seconds_since(state->committed_at))}});
    json.push_back({{"table", name.full()},
                    {"rows", state->rows ? nlohmann::ordered_json(*state->rows) : nlohmann::ordered_json()},
                    {"bytes", state->bytes},
                    {"columns", state->fields.size()},
                    {"version", state->version},
                    {"published_at", time_text(state->committed_at)},
                    {"run", state->run},
                    {"path", state->address},
                    {"description", state->description}});
  }
  if (printer.json()) {
    printer.result_json({{"lake", lake.root()}, {"tables", std::move(json)}});
  } else if (table.rows.empty()) {
    std::string pipeline = options.pipeline.empty() ? "PIPELINE" : options.pipeline;
    printer.message(fmt::format("no tables in {} yet: `segue run {}` makes them\n", lake.root(), pipeline));
  } else {
    printer.result(draw(table, printer.out(), Frame::kOpen));
  }
  return kDone;
}

}  // namespace

void add_tables(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add("tables",
                                   {"List the tables of the lake",
                                    "",
                                    {{"segue tables", "all of them"},
                                     {"segue tables lastfm", "those of one pipeline"},
                                     {"segue tables --json", "with where each lies"}}},
                                   [options](const Context& context) { return tables(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of a pipeline; without it, all tables")
      ->type_name("PIPELINE");
  add_profile(command, options->profile);
}

}  // namespace segue::cli

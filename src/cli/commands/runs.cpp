// segue runs, segue runs show ID
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/run_report.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "runs/run_store.h"

namespace segue::cli {
namespace {

struct ListOptions {
  std::string pipeline;
  size_t limit = 20;
};

void refuse_unknown(const std::string& pipeline, const definition::Project& project) {
  std::vector<std::string> names = definition::pipeline_names(project);
  if (std::ranges::find(names, pipeline) == names.end())
    fail(ErrorCode::kUsage, fmt::format("there is no pipeline `{}`", pipeline), suggest(pipeline, names, "pipelines"));
}

int list(const ListOptions& options, const Context& context) {
  definition::Project project = context.project();
  runs::RunStore store(project.folder);
  std::vector<runs::RunResult> runs = store.list(options.limit, options.pipeline);
  // Runs of a pipeline whose folder is gone are known still.
  if (runs.empty() && !options.pipeline.empty()) refuse_unknown(options.pipeline, project);
  Printer& printer = context.printer;
  if (printer.json()) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& run : runs) array.push_back(to_json(run));
    printer.result_json({{"runs", std::move(array)}});
    return kDone;
  }
  if (runs.empty()) {
    printer.message(options.pipeline.empty()
                        ? "no runs yet: `segue run PIPELINE` makes one\n"
                        : fmt::format("no runs of {0} yet: `segue run {0}` makes one\n", options.pipeline));
    return kDone;
  }
  Table table;
  table.headings = {{"run", "", Align::kLeft, true},     {"pipeline", "", Align::kLeft, true},
                    {"state", "", Align::kLeft, true},   {"started (UTC)", "", Align::kLeft, true},
                    {"time", "", Align::kRight, true},   {"rows read", "", Align::kRight, true},
                    {"tables", "", Align::kRight, true}, {"why", "", Align::kLeft, false}};
  for (const auto& run : runs) {
    bool good = run.state == runs::RunState::kSucceeded;
    std::string why;
    if (!run.errors.empty()) why = run.errors.front().message;
    auto failed = std::ranges::find_if(run.checks, [](const auto& check) { return check.failed(); });
    if (why.empty() && failed != run.checks.end()) why = failed_check(*failed).message;
    table.rows.push_back({{run.id},
                          {run.pipeline},
                          {std::string(runs::to_string(run.state)), good ? Tone::kGreen : Tone::kRed},
                          {time_text(run.started_at)},
                          {run.ended_at == 0 ? "" : duration_text(run.seconds())},
                          {count_text(run.rows_read)},
                          {count_text(run.tables.size())},
                          {printable(why)}});
  }
  printer.result(draw(table, printer.out(), Frame::kOpen));
  return kDone;
}

int show(const std::string& id, const Context& context) {
  runs::RunStore store(context.project().folder);
  auto run = store.find(id);
  if (!run) {
    std::vector<std::string> several = store.ids(id);
    if (several.size() > 1)
      fail(ErrorCode::kUsage, fmt::format("{} runs have an id that begins with `{}`", several.size(), id),
           fmt::format("write more of one: {}", quoted_list(several, 10)));
    fail(ErrorCode::kUsage, fmt::format("there is no run `{}`", id),
         "`segue runs` lists them; the beginning of an id is enough if only one run has it");
  }
  Printer& printer = context.printer;
  if (printer.json()) {
    printer.result_json(to_json(*run));
    return kDone;
  }
  const Look& look = printer.out();
  std::string out = run_summary(*run, look);
  out += fmt::format("\nstarted {} UTC on {}, Segue {}, engine {}\n", time_text(run->started_at), run->host,
                     run->version, run->engine);
  for (const auto& [name, value] : run->params) out += fmt::format("{} = {}\n", name, printable(value));
  if (!run->checks.empty()) out += "\n" + checks_table(*run, look);
  for (const auto& check : run->checks) {
    if (check.passed || check.samples.empty()) continue;
    bool held = check.severity == definition::Severity::kQuarantine;
    out += fmt::format("\n{} {}: {}\n",
                       paint(look, check.failed() ? Tone::kRed : Tone::kYellow,
                             check.failed() ? "failed"
                             : held         ? "held back"
                                            : "warned"),
                       check.step, printable(check.message));
    out += failing_rows(check, look);
  }
  for (const Error& error : run->errors)
    out += fmt::format("\n{} {}\n", paint(look, Tone::kRed, "error:"), printable(error.message));
  printer.result(out);
  return kDone;
}

}  // namespace

void add_runs(Commands& commands) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = commands.add("runs",
                                   {"List past runs",
                                    "",
                                    {{"segue runs", "the newest 20"},
                                     {"segue runs --pipeline lastfm --limit 100", "of one pipeline"},
                                     {"segue runs show 20261121", "one run, by the beginning of its id"}}},
                                   [options](const Context& context) { return list(*options, context); });
  command->require_subcommand(0, 1);
  command->add_option("--pipeline", options->pipeline, "Only runs of this pipeline")->type_name("PIPELINE");
  command->add_option("--limit", options->limit, "How many, newest first (default 20)")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));

  auto id = std::make_shared<std::string>();
  CLI::App* one = commands.add(
      "show",
      {"Show one run: steps, checks, tables, errors",
       "",
       {{"segue runs show 20261121-120501-4f2a9c", "by its id"},
        {"segue runs show 20261121-12 --json", "by the beginning of its id, for programs"}}},
      [id](const Context& context) { return show(*id, context); }, command);
  one->add_option("id", *id, "Id of the run, or its beginning")->type_name("ID")->required();
}

}  // namespace segue::cli

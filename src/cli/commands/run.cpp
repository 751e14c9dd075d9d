// segue run PIPELINE
#include "runs/run.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/params.h"
#include "cli/program.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cli/run_shown.h"
#include "definition/load.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  RunChoice choice;
  bool explain = false;
  bool full = false;
};

int run(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  definition::Project project = context.project();
  definition::Settings settings = run_settings(project, options.choice);
  definition::Pipeline pipeline =
      runs::runnable_pipeline(project, options.pipeline, {parse_params(options.choice.params), false});
  runs::RunOptions run_options{settings, options.choice.select, version()};
  run_options.full = options.full;
  run_options.profile = options.explain;
  runs::RunResult result = run_shown(project, pipeline, run_options, context);
  if (printer.json()) {
    printer.result_json(to_json(result));
  } else {
    printer.message(next_step(result));
  }
  return runs::exit_code(result);
}

}  // namespace

void add_run(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "run",
      {"Run a pipeline: read, compute, check, publish",
       "All tables of a run are written and checked first; then each is published in one atomic commit. A run that "
       "fails, is stopped or is killed leaves the published tables as they were. Ctrl-C stops it within a second; a "
       "second Ctrl-C at once. Steps that nothing has changed for keep their tables.",
       {{"segue run lastfm", "all steps"},
        {"segue run lastfm --param plays=~/plays.tsv", "other data"},
        {"segue run lastfm --param gap='1 hour'", "a longer pause within a session"},
        {"segue run lastfm --select top_songs", "one table, and what it needs"},
        {"segue run lastfm --full", "all steps, whether or not anything has changed"},
        {"segue run lastfm --engine duckdb", "the same, computed by DuckDB"},
        {"segue run lastfm --explain", "and what each operator did: rows, time, memory"},
        {"segue run lastfm --json > run.json", "the record of the run, for programs"}}},
      [options](const Context& context) { return run(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of the pipeline")->type_name("PIPELINE")->required();
  add_run_choice(command, options->choice);
  command->add_flag("--full", options->full, "Compute all steps, and make tables that append or merge anew");
  command->add_flag("--explain", options->explain, "Also tell what each native operator did: rows, time, memory");
}

}  // namespace segue::cli

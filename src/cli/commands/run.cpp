// segue run PIPELINE
#include "runs/run.h"

#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/command.h"
#include "cli/open_lake.h"
#include "cli/params.h"
#include "cli/program.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cli/terminal/progress_line.h"
#include "definition/load.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  RunChoice choice;
  bool explain = false;
};

// Shows progress while the run is at work; what else happens is told after it.
class Observer : public runs::RunObserver {
 public:
  explicit Observer(Printer& printer) : printer_(printer) {}

  void begins(const runs::RunResult& /*run*/, const runs::Prepared& /*prepared*/, const Progress& progress) override {
    if (!printer_.quiet()) line_.emplace(progress, STDERR_FILENO, printer_.err());
  }
  void recovered(const lake::Recovered& run) override { news_ += recovered_text(run); }
  void ends() override {
    line_.reset();
    printer_.message(news_);
  }

 private:
  Printer& printer_;
  std::optional<ProgressLine> line_;
  std::string news_;
};

void report_checks(const runs::RunResult& run, Printer& printer) {
  for (const auto& check : run.checks) {
    if (check.passed) continue;
    Error error = failed_check(check);
    if (!check.failed()) {
      printer.warning(error);
    } else {
      printer.errors(std::span(&error, 1));
    }
    printer.message(failing_rows(check, printer.err()) + "\n");
  }
}

// Errors of checks were told with their rows.
std::vector<Error> other_errors(const runs::RunResult& run) {
  std::vector<Error> errors;
  for (const Error& error : run.errors)
    if (error.code != ErrorCode::kCheck) errors.push_back(error);
  return errors;
}

int run(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  definition::Project project = context.project();
  definition::Settings settings = run_settings(project, options.choice);
  definition::Pipeline pipeline =
      definition::load_pipeline(project, options.pipeline, {parse_params(options.choice.params), false});
  Observer observer(printer);
  runs::RunResult result = runs::run(project, pipeline, {settings, options.choice.select, version(), options.explain},
                                     context.cancellation, observer);
  if (printer.json()) {
    printer.result_json(to_json(result));
    return runs::exit_code(result);
  }
  report_checks(result, printer);
  std::vector<Error> errors = other_errors(result);
  if (!errors.empty()) printer.errors(errors);
  printer.result(run_summary(result, printer.out()));
  if (!result.operators.empty()) printer.result("\n" + operators_table(result.operators, printer.out()));
  if (result.state == runs::RunState::kSucceeded || result.state == runs::RunState::kPublishedInPart)
    printer.message(fmt::format("published to {}\n", settings.lake.string()));
  printer.message(next_step(result));
  return runs::exit_code(result);
}

}  // namespace

void add_run(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add("run",
                                   {"Run a pipeline: read, compute, check, publish",
                                    "All tables of a run are written and checked first; then each is published in one "
                                    "atomic commit. A run that fails, is stopped "
                                    "or is killed leaves the published tables as they were. Ctrl-C stops it within a "
                                    "second; a second Ctrl-C at once.",
                                    {{"segue run lastfm", "all steps"},
                                     {"segue run lastfm --param plays=~/plays.tsv", "other data"},
                                     {"segue run lastfm --param gap='1 hour'", "a longer pause within a session"},
                                     {"segue run lastfm --select top_songs", "one table, and what it needs"},
                                     {"segue run lastfm --engine duckdb", "the same, computed by DuckDB"},
                                     {"segue run lastfm --explain", "and what each operator did: rows, time, memory"},
                                     {"segue run lastfm --json > run.json", "the record of the run, for programs"}}},
                                   [options](const Context& context) { return run(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of the pipeline")->type_name("PIPELINE")->required();
  add_run_choice(command, options->choice);
  command->add_flag("--explain", options->explain, "Also tell what each native operator did: rows, time, memory");
}

}  // namespace segue::cli

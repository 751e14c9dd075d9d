#include "cli/run_shown.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/open_lake.h"
#include "cli/run_report.h"
#include "cli/terminal/progress_line.h"

namespace segue::cli {
namespace {

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
    std::string rows = failing_rows(check, printer.err()) + "\n";
    if (!check.failed()) {
      printer.warning(error);
      printer.message(rows);
    } else {
      printer.errors(std::span(&error, 1));
      printer.details(rows);
    }
  }
}

// Errors of checks were told with their rows.
std::vector<Error> other_errors(const runs::RunResult& run) {
  std::vector<Error> errors;
  for (const Error& error : run.errors)
    if (error.code != ErrorCode::kCheck) errors.push_back(error);
  return errors;
}

// Pipelines of the templates, whose data `segue generate` makes.
std::string generator_of(const std::string& pipeline) {
  for (const char* name : {"lastfm", "movielens", "sparkify"})
    if (pipeline == name || pipeline == std::string(name) + "_insights") return name;
  return "";
}

// Where a source's files are not there, and it is a pipeline for which data can be made.
void name_generator(const definition::Pipeline& pipeline, std::vector<Error>& errors) {
  std::string generator = generator_of(pipeline.name);
  for (Error& error : errors) {
    bool of_source = std::ranges::any_of(pipeline.sources, [&](const definition::Source& source) {
      Place place = source.path_place;
      return place.known() && place.file == error.place.file && place.line == error.place.line;
    });
    if (generator.empty() || error.code != ErrorCode::kIo || !of_source || error.hint.starts_with("did you mean"))
      continue;
    error.hint = fmt::format("`segue generate {}` makes data to try the pipeline on; {}", generator, error.hint);
  }
}

}  // namespace

runs::RunResult run_shown(const definition::Project& project, const definition::Pipeline& pipeline,
                          const runs::RunOptions& options, const Context& context) {
  Printer& printer = context.printer;
  Observer observer(printer);
  runs::RunResult result = runs::run(project, pipeline, options, context.cancellation, observer);
  name_generator(pipeline, result.errors);
  if (printer.json()) return result;
  report_checks(result, printer);
  std::vector<Error> errors = other_errors(result);
  if (!errors.empty()) printer.errors(errors);
  printer.result(run_summary(result, printer.out()));
  if (!result.operators.empty()) printer.result("\n" + operators_table(result.operators, printer.out()));
  if (result.state == runs::RunState::kSucceeded || result.state == runs::RunState::kPublishedInPart)
    printer.message(fmt::format("published to {}\n", options.settings.lake.string()));
  return result;
}

}  // namespace segue::cli

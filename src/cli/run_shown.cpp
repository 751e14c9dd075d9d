#include "cli/run_shown.h"

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

}  // namespace

runs::RunResult run_shown(const definition::Project& project, const definition::Pipeline& pipeline,
                          const runs::RunOptions& options, const Context& context) {
  Printer& printer = context.printer;
  Observer observer(printer);
  runs::RunResult result = runs::run(project, pipeline, options, context.cancellation, observer);
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

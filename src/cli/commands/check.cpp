// segue check [PIPELINE]
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "cli/command.h"
#include "cli/params.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "lake/lake.h"
#include "runs/prepare.h"
#include "runs/schema_changes.h"
#include "runs/table_columns.h"
#include "storage/remote_file.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  std::vector<std::string> params;
};

struct Outcome {
  std::string pipeline;
  std::unique_ptr<const runs::Prepared> prepared;  // null if there are errors
  std::vector<Error> errors;
};

// A lake that is far away would ask for secrets: there `segue plan` and the run look.
void compare_with_lake(const definition::Project& project, const runs::Prepared& prepared) {
  std::string lake = definition::settings(project).lake.string();
  if (!lake.empty() && !storage::is_remote(lake)) runs::refuse_schema_changes(prepared, lake::Lake(lake));
}

Outcome examine(const definition::Project& project, const std::string& name, const definition::LoadOptions& options,
                const runs::PrepareOptions& prepare_options) {
  Outcome outcome{name, nullptr, {}};
  try {
    std::unique_ptr<const runs::Prepared> prepared =
        runs::prepare(definition::read_pipeline(project, name, options), prepare_options);
    compare_with_lake(project, *prepared);
    outcome.prepared = std::move(prepared);
  } catch (const Failure& failure) {
    outcome.errors = failure.errors();
  }
  return outcome;
}

size_t checks_of(const runs::Prepared& prepared) {
  size_t checks = 0;
  for (const auto& step : prepared.steps) checks += step.step->checks.size();
  return checks;
}

nlohmann::ordered_json json_of(const std::vector<Error>& errors) {
  auto list = nlohmann::ordered_json::array();
  for (const Error& error : errors) list.push_back(to_json(error));
  return list;
}

nlohmann::ordered_json json_of(const Outcome& outcome) {
  nlohmann::ordered_json json{{"pipeline", outcome.pipeline}, {"valid", outcome.errors.empty()}};
  if (outcome.prepared) {
    json["sources"] = outcome.prepared->pipeline.sources.size();
    json["steps"] = outcome.prepared->steps.size();
    json["checks"] = checks_of(*outcome.prepared);
  }
  json["errors"] = json_of(outcome.errors);
  return json;
}

std::string line_of(const Outcome& outcome, const Look& look) {
  std::string name = paint(look, Tone::kBold, outcome.pipeline);
  if (!outcome.errors.empty())
    return fmt::format("{}  {}\n", name, paint(look, Tone::kRed, count_text(outcome.errors.size(), "mistake")));
  const auto& prepared = *outcome.prepared;
  std::string text = fmt::format("{}  {}: {}, {}, {}\n", name, paint(look, Tone::kGreen, "valid"),
                                 count_text(prepared.pipeline.sources.size(), "source"),
                                 count_text(prepared.steps.size(), "step"), count_text(checks_of(prepared), "check"));
  for (const runs::PreparedStep& step : prepared.steps)
    if (step.increment)
      text += fmt::format("  {} {} what new files of {} bring\n", step.step->name,
                          step.step->write.mode == definition::WriteMode::kAppend ? "appends" : "merges",
                          step.increment->source);
  return text;
}

int check(const Options& options, const Context& context) {
  auto [project, of_project] = definition::read_project(context.folder, true);
  definition::LoadOptions load{parse_params(options.params), true};
  std::vector<std::string> names = {options.pipeline};
  if (options.pipeline.empty()) names = definition::pipeline_names(project);
  Printer& printer = context.printer;
  runs::PrepareOptions prepare_options;
  prepare_options.find_columns = runs::known_columns(project);
  std::vector<Outcome> outcomes;
  std::vector<Error> errors = of_project;
  for (const std::string& name : names) {
    context.cancellation.check();
    outcomes.push_back(examine(project, name, load, prepare_options));
    errors.insert(errors.end(), outcomes.back().errors.begin(), outcomes.back().errors.end());
  }
  if (printer.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const Outcome& outcome : outcomes) list.push_back(json_of(outcome));
    printer.result_json({{"errors", json_of(of_project)}, {"pipelines", std::move(list)}});
  } else {
    if (!errors.empty()) printer.errors(errors);
    for (const Outcome& outcome : outcomes) printer.result(line_of(outcome, printer.out()));
    if (outcomes.empty())
      printer.message("there are no pipelines yet: a pipeline is a folder pipelines/NAME with a pipeline.yaml\n");
  }
  return errors.empty() ? kDone : exit_code(errors.front().code);
}

}  // namespace

void add_check(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add("check",
                                   {"Find every mistake in pipelines, without running them",
                                    "Reads segue.yaml and the pipelines, binds their SQL and their checks. Needs no "
                                    "data and no secrets. All mistakes are shown at once, "
                                    "each with its file, line and column and what to do about it; what reads "
                                    "something wrong is looked at when that is right.",
                                    {{"segue check", "all pipelines of the project"},
                                     {"segue check lastfm", "one pipeline"},
                                     {"segue check --json", "for editors and CI"}}},
                                   [options](const Context& context) { return check(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of a pipeline; without it, all of them")
      ->type_name("PIPELINE");
  add_params(command, options->params);
}

}  // namespace segue::cli

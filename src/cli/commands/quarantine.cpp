// segue quarantine PIPELINE [--replay]
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/open_lake.h"
#include "cli/params.h"
#include "cli/program.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cli/run_shown.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "runs/prepare.h"
#include "runs/replay.h"
#include "runs/table_columns.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  RunChoice choice;
  size_t rows = 10;
  bool replay = false;
};

// A reason without the values in it, so that equal mistakes count as one: "played_at: '…' is not a TIMESTAMP".
std::string kind_of_reason(const std::string& reason) {
  size_t begin = reason.find('\'');
  size_t end = reason.rfind('\'');
  return begin == std::string::npos || end == begin ? reason : reason.substr(0, begin + 1) + "…" + reason.substr(end);
}

using Reasons = std::map<std::pair<std::string, std::string>, uint64_t>;  // owner, kind -> rows

// Most rows first.
std::vector<std::pair<Reasons::key_type, uint64_t>> by_rows(const std::vector<runs::HeldRow>& rows) {
  Reasons counts;
  for (const runs::HeldRow& row : rows) ++counts[{row.owner, row.of_source ? kind_of_reason(row.reason) : row.reason}];
  std::vector<std::pair<Reasons::key_type, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

nlohmann::ordered_json row_json(const runs::HeldRow& row) {
  nlohmann::ordered_json json{{row.of_source ? "source" : "step", row.owner}};
  if (row.of_source) {
    json["file"] = row.file;
    json["line"] = row.line;
    json["byte_offset"] = row.offset;
  }
  json["reason"] = row.reason;
  json["text"] = row.text;
  json["run"] = row.run;
  return json;
}

void list(const Options& options, const std::vector<runs::HeldRow>& rows, Printer& printer) {
  size_t shown = options.rows == 0 ? rows.size() : std::min(options.rows, rows.size());
  if (printer.json()) {
    nlohmann::ordered_json json{{"pipeline", options.pipeline}, {"rows", rows.size()}};
    json["reasons"] = nlohmann::ordered_json::array();
    for (const auto& [reason, count] : by_rows(rows))
      json["reasons"].push_back({{"from", reason.first}, {"reason", reason.second}, {"rows", count}});
    json["samples"] = nlohmann::ordered_json::array();
    for (size_t i = 0; i < shown; ++i) json["samples"].push_back(row_json(rows[i]));
    printer.result_json(json);
    return;
  }
  if (rows.empty()) {
    printer.message(fmt::format("nothing of {} is in quarantine\n", options.pipeline));
    return;
  }
  Table reasons;
  reasons.headings = {
      {"from", "", Align::kLeft, true}, {"rows", "", Align::kRight, true}, {"reason", "", Align::kLeft, false}};
  for (const auto& [reason, count] : by_rows(rows))
    reasons.rows.push_back({{printable(reason.first)}, {count_text(count)}, {printable(reason.second)}});
  Table samples;
  samples.headings = {{"from", "", Align::kLeft, true},
                      {"where", "", Align::kLeft, false},
                      {"reason", "", Align::kLeft, false},
                      {"text", "", Align::kLeft, false}};
  for (size_t i = 0; i < shown; ++i) {
    const runs::HeldRow& row = rows[i];
    std::string file = row.file.substr(row.file.rfind('/') + 1);
    samples.rows.push_back({{printable(row.owner)},
                            {row.of_source ? printable(fmt::format("{}:{}", file, row.line)) : ""},
                            {printable(row.reason)},
                            {printable(row.text)}});
  }
  std::string out = draw(reasons, printer.out(), Frame::kOpen) + "\n" + draw(samples, printer.out(), Frame::kOpen);
  if (shown < rows.size())
    out += fmt::format("{} of {}; all of them: segue sql \"FROM {}.quarantine\"\n", shown,
                       count_text(rows.size(), "row"), quote_name(options.pipeline));
  printer.result(out);
  printer.message(fmt::format("once the cause is mended: segue quarantine {} --replay\n", options.pipeline));
}

int replay(const Options& options, const std::vector<runs::HeldRow>& before, const definition::Project& project,
           const lake::Lake& lake, const Context& context) {
  Printer& printer = context.printer;
  definition::Pipeline pipeline =
      runs::runnable_pipeline(project, options.pipeline, {parse_params(options.choice.params), false});
  runs::RunOptions run_options;
  run_options.settings = run_settings(project, options.choice);
  run_options.version = version();
  run_options.replay = true;
  runs::RunResult run;
  runs::ReplayCounts counts;
  if (!before.empty()) {
    runs::PrepareOptions prepare_options;
    prepare_options.find_columns = runs::columns_in_lake(lake);
    run_options.select = runs::steps_to_replay(*runs::prepare(pipeline, prepare_options), before, context.cancellation);
    run = run_shown(project, pipeline, run_options, context);
    bool published = runs::exit_code(run) == 0 || run.state == runs::RunState::kPublishedInPart;
    counts =
        runs::compare_held(before, published ? runs::held_rows(lake, options.pipeline, context.cancellation) : before);
  }
  if (printer.json()) {
    nlohmann::ordered_json json{
        {"sent", counts.sent}, {"left", counts.left}, {"held", counts.held}, {"new", counts.fresh}};
    json["run"] = before.empty() ? nlohmann::ordered_json() : to_json(run);
    printer.result_json(json);
  } else if (before.empty()) {
    printer.message(fmt::format("nothing of {} is in quarantine\n", options.pipeline));
  } else {
    std::string out = fmt::format("\n{} sent through again: {} left the quarantine, {} held back again",
                                  count_text(counts.sent, "row"), counts.left, counts.held);
    if (counts.fresh != 0) out += fmt::format(", {} new in it", counts.fresh);
    printer.result(out + "\n");
    if (runs::exit_code(run) != 0) printer.message(next_step(run));
  }
  return before.empty() ? kDone : runs::exit_code(run);
}

int quarantine(const Options& options, const Context& context) {
  definition::Project project = context.project();
  std::vector<std::string> names = definition::pipeline_names(project);
  if (std::find(names.begin(), names.end(), options.pipeline) == names.end())
    fail(ErrorCode::kUsage, fmt::format("there is no pipeline `{}`", options.pipeline),
         suggest(options.pipeline, names, "pipelines"));
  lake::Lake lake = open_lake(project, run_settings(project, options.choice), context);
  std::vector<runs::HeldRow> rows = runs::held_rows(lake, options.pipeline, context.cancellation);
  if (options.replay) return replay(options, rows, project, lake, context);
  list(options, rows, context.printer);
  return kDone;
}

}  // namespace

void add_quarantine(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "quarantine",
      {"List rows that were held back, and send them through again",
       "Rows that could not be read, and rows that break a check of severity quarantine, with the reason. With "
       "--replay "
       "the steps that these rows concern are computed anew, from the sources and with the definition as they are now: "
       "what is mended reaches the tables, what is not is held back again.",
       {{"segue quarantine lastfm", "how many rows, why, and some of them"},
        {"segue quarantine lastfm --rows 0 --json", "all of them, for programs"},
        {"segue quarantine lastfm --replay", "after the file, the columns or the check was mended"}}},
      [options](const Context& context) { return quarantine(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of the pipeline")->type_name("PIPELINE")->required();
  command->add_flag("--replay", options->replay, "Send what is held back through its steps again");
  command->add_option("--rows", options->rows, "Rows that are shown (default 10; 0: all)")->type_name("N");
  add_params(command, options->choice.params);
  add_profile(command, options->choice.profile);
}

}  // namespace segue::cli

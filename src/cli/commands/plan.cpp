// segue plan PIPELINE
#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/params.h"
#include "cli/program.h"
#include "cli/run_options.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "lake/lake.h"
#include "plan/graph.h"
#include "runs/prepare.h"
#include "runs/schema_changes.h"
#include "runs/sources.h"
#include "runs/table_columns.h"
#include "runs/to_do.h"
#include "storage/download.h"
#include "storage/remote_file.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  RunChoice choice;
};

// What is read of a source to tell which of its files are new; a run reads what it must.
constexpr uint64_t kMostHashed = uint64_t{256} << 20;

// What a run would do now: empty if that cannot be told, as files or tables are not there yet, or, then it is `untold`,
// as too much would have to be read.
struct Work {
  runs::ToDo to_do;
  std::string untold;
};

Work work_of(const runs::Prepared& prepared, const definition::Settings& settings, const Context& context) {
  lake::Lake lake(settings.lake.string(), &context.cancellation);
  bool unpublished = std::ranges::any_of(prepared.sources, [](const runs::PreparedSource& source) {
    return !source.source->table.empty() && !source.table;
  });
  try {
    if (unpublished) {
      runs::refuse_schema_changes(prepared, lake);
      return {};
    }
    runs::ToDoOptions options;
    options.version = version();
    options.duckdb = settings.engine == definition::EngineName::kDuckdb;
    options.most = kMostHashed;
    options.threads =
        std::clamp<size_t>(settings.threads.value_or(std::thread::hardware_concurrency()), 1, limits::kThreads);
    return {runs::find_work(prepared, lake, options, context.cancellation), {}};
  } catch (const Failure& failure) {
    if (failure.error().code == ErrorCode::kLimit) return {{}, failure.error().message};
    if (failure.error().code != ErrorCode::kIo && failure.error().code != ErrorCode::kConflict) throw;
    return {};
  }
}

struct StepToDo {
  bool computed = true;
  std::string why;  // empty if it is not known
};

StepToDo to_do(const runs::ToDo& work, const runs::PreparedStep& step) {
  if (const runs::Renewal* renewal = work.renewal_of(step)) return {!renewal->unchanged(), renewal->why};
  if (const runs::Batch* batch = work.batch_of(step)) return {!batch->up_to_date(), batch->summary()};
  return {};
}

// Of the files that a source reads now; nothing if they are not there yet: planning needs no data.
std::optional<uint64_t> size_of(const runs::PreparedSource& source, const Cancellation& cancellation) {
  if (!source.source->table.empty() && !source.table) return std::nullopt;
  try {
    return runs::bytes_of(source, cancellation);
  } catch (const std::exception&) {
    cancellation.check();
    return std::nullopt;
  }
}

std::string place_of(const runs::PreparedSource& source) {
  if (!source.source->url.empty()) return storage::shown_url(source.source->url);
  if (source.source->table.empty()) return source.source->path;
  if (!source.table) return fmt::format("{}, not published yet", source.source->table);
  return fmt::format("{}, version {}", source.source->table, source.table->version);
}

std::string used_columns(const runs::PreparedSource& source) {
  std::vector<std::string> names;
  for (size_t column : source.used) names.push_back(source.source->columns[column].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

nlohmann::ordered_json source_json(const runs::PreparedSource& source, const Cancellation& cancellation) {
  nlohmann::ordered_json json{{"name", source.source->name}};
  if (source.source->table.empty()) {
    json["path"] = source.source->path;
    if (!source.source->url.empty()) json["url"] = place_of(source);
  } else {
    json["table"] = source.source->table;
    if (source.table) json["version"] = source.table->version;
  }
  if (auto bytes = size_of(source, cancellation)) json["bytes"] = *bytes;
  json["columns"] = nlohmann::ordered_json::array();
  for (size_t column : source.used) json["columns"].push_back(source.source->columns[column].name);
  return json;
}

nlohmann::ordered_json step_json(const runs::Prepared& prepared, const runs::PreparedStep& step,
                                 const runs::ToDo& work) {
  const std::string& name = step.step->name;
  nlohmann::ordered_json json{{"name", name},
                              {"kind", step.step->view ? "view" : "table"},
                              {"engine", step.native ? "native" : "duckdb"},
                              {"selected", step.selected}};
  if (!step.reason.empty()) json["reason"] = step.reason;
  if (step.increment) {
    json["write"] = definition::to_string(step.step->write.mode);
    json["new_files_of"] = step.increment->source;
  }
  if (StepToDo todo = to_do(work, step); !step.step->view) {
    json["computed"] = todo.computed;
    if (!todo.why.empty()) json["why"] = todo.why;
  }
  json["reads"] = step.reads;
  json["columns"] = nlohmann::ordered_json::array();
  for (const Field& field : step.fields)
    json["columns"].push_back({{"name", field.name}, {"type", to_string(field.type)}});
  json["checks"] = nlohmann::ordered_json::array();
  for (const auto& check : step.checks) json["checks"].push_back(definition::to_string(*check.check));
  if (auto query = prepared.queries.find(step.query_name()); query != prepared.queries.end())
    json["sql"] = query->second.text;
  return json;
}

std::string sources_table(const runs::Prepared& prepared, const Look& look, const Cancellation& cancellation) {
  Table table;
  table.headings = {{"source", "", Align::kLeft, true},
                    {"size", "", Align::kRight, true},
                    {"columns that are read", "", Align::kLeft, false},
                    {"path", "", Align::kLeft, false}};
  for (const auto& source : prepared.sources) {
    auto bytes = size_of(source, cancellation);
    const char* without = storage::is_remote(source.source->path) ? "unknown" : "no file";
    table.rows.push_back({{source.source->name},
                          bytes ? Cell{bytes_text(*bytes)} : Cell{without, Tone::kYellow},
                          {used_columns(source)},
                          {printable(place_of(source)), Tone::kDim}});
  }
  return draw(table, look, Frame::kOpen);
}

std::string makes(const runs::PreparedStep& step) {
  if (step.step->view) return "view";
  if (!step.increment) return "table";
  return fmt::format("table, {} new files of {}",
                     step.step->write.mode == definition::WriteMode::kAppend ? "appends" : "merges",
                     step.increment->source);
}

// What the next run does with the tables that are there; nothing where it makes them for the first time.
std::string work_text(const runs::Prepared& prepared, const runs::ToDo& work) {
  std::string text;
  for (const auto& step : prepared.steps) {
    StepToDo todo = to_do(work, step);
    if (todo.computed && (todo.why.empty() || todo.why == "there is no table yet")) continue;
    text += fmt::format("{}: {}\n", step.step->name,
                        step.increment  ? todo.why
                        : todo.computed ? "computed again, " + todo.why
                                        : "unchanged, not computed again");
  }
  return text.empty() ? "" : text + "\n";
}

std::string steps_table(const runs::Prepared& prepared, const Look& look) {
  Table table;
  table.headings = {{"step", "", Align::kLeft, true},    {"makes", "", Align::kLeft, true},
                    {"engine", "", Align::kLeft, true},  {"reads", "", Align::kLeft, false},
                    {"checks", "", Align::kRight, true}, {"why it is here, why not native", "", Align::kLeft, false}};
  bool notes = false;
  for (const auto& step : prepared.steps) {
    std::string note = step.selected ? "" : "needed by a step that is selected";
    if (!step.reason.empty()) note += (note.empty() ? "" : "; ") + step.reason;
    notes = notes || !note.empty();
    table.rows.push_back({{step.step->name},
                          {makes(step)},
                          {step.native ? "native" : "duckdb", step.native ? Tone::kPlain : Tone::kYellow},
                          {fmt::format("{}", fmt::join(step.reads, ", "))},
                          {step.checks.empty() ? "" : std::to_string(step.checks.size())},
                          {printable(note)}});
  }
  if (!notes) {
    table.headings.pop_back();
    for (auto& row : table.rows) row.pop_back();
  }
  return draw(table, look, Frame::kOpen);
}

// The steps' part of the graph: that checks count rows on the way is said in a line.
std::string graph_text(const runs::Prepared& prepared) {
  plan::Graph graph = prepared.graph;
  std::erase_if(graph.steps, [&](const plan::StepNode& node) {
    return std::none_of(prepared.steps.begin(), prepared.steps.end(),
                        [&](const runs::PreparedStep& step) { return step.step->name == node.name; });
  });
  size_t checks = 0;
  for (const runs::PreparedStep& step : prepared.steps) checks += step.checks.size();
  std::string text = plan::explain(graph);
  if (!prepared.increments.steps.empty()) text = "of new files\n" + plan::explain(prepared.increments) + "\n" + text;
  return checks == 0 ? text : text + fmt::format("\n{} computed in the same pass\n", count_text(checks, "check"));
}

int plan_pipeline(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = run_settings(project, options.choice);
  definition::Pipeline pipeline =
      runs::runnable_pipeline(project, options.pipeline, {parse_params(options.choice.params), false});
  runs::PrepareOptions prepare_options;
  prepare_options.engine = settings.engine;
  prepare_options.select = options.choice.select;
  prepare_options.find_table = [&](const lake::TableName& name, std::optional<int64_t> version) {
    return lake::Lake(settings.lake.string(), &context.cancellation).find(name, version);
  };
  prepare_options.find_columns = runs::columns_by_definition(project);
  auto prepared = runs::prepare(pipeline, prepare_options);
  const auto [work, untold] = work_of(*prepared, settings, context);
  Printer& printer = context.printer;
  if (!printer.json()) {
    const Look& look = printer.out();
    printer.result(sources_table(*prepared, look, context.cancellation) + "\n" + steps_table(*prepared, look) + "\n" +
                   (untold.empty() ? work_text(*prepared, work)
                                   : fmt::format("what has changed is not told: {}\n\n", printable(untold))) +
                   graph_text(*prepared));
    return kDone;
  }
  nlohmann::ordered_json json{{"pipeline", pipeline.name}};
  json["sources"] = nlohmann::ordered_json::array();
  for (const auto& source : prepared->sources) json["sources"].push_back(source_json(source, context.cancellation));
  json["steps"] = nlohmann::ordered_json::array();
  for (const auto& step : prepared->steps) json["steps"].push_back(step_json(*prepared, step, work));
  if (!untold.empty()) json["untold"] = untold;
  printer.result_json(json);
  return kDone;
}

}  // namespace

void add_plan(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add("plan",
                                   {"Show what a run would do",
                                    "Every step with the engine that computes it, and why if that is not the native "
                                    "one; then the graph that all steps share: each source "
                                    "is read once, only the columns that are used. Tells which steps nothing "
                                    "has changed for.",
                                    {{"segue plan lastfm", "all steps"},
                                     {"segue plan lastfm --select top_songs", "one step and what it needs"},
                                     {"segue plan lastfm --engine duckdb", "every step in DuckDB"}}},
                                   [options](const Context& context) { return plan_pipeline(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of the pipeline")->type_name("PIPELINE")->required();
  add_plan_choice(command, options->choice);
}

}  // namespace segue::cli

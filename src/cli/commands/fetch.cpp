// segue fetch [PIPELINE]
#include "runs/fetch.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/command.h"
#include "cli/params.h"
#include "cli/terminal/progress_line.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "definition/paths.h"

namespace segue::cli {
namespace {

struct Options {
  std::string pipeline;
  std::vector<std::string> params;
};

struct Fetched {
  std::string source;  // pipeline.source
  std::string url;     // without what may be secret
  std::string path;
  storage::Downloaded file;
};

std::vector<Fetched> fetch_all(const definition::Pipeline& pipeline, const Context& context) {
  std::vector<Fetched> fetched;
  for (const definition::Source& source : pipeline.sources) {
    if (source.url.empty()) continue;
    context.cancellation.check();
    Progress progress;
    progress.stage = "fetching";
    std::optional<ProgressLine> line;
    if (!context.printer.quiet()) line.emplace(progress, STDERR_FILENO, context.printer.err());
    storage::Downloaded file = runs::fetch_source(source, context.cancellation, &progress);
    fetched.push_back(
        {fmt::format("{}.{}", pipeline.name, source.name), storage::shown_url(source.url), source.path, file});
  }
  return fetched;
}

int fetch(const Options& options, const Context& context) {
  definition::Project project = context.project();
  std::vector<std::string> names = {options.pipeline};
  if (options.pipeline.empty()) names = definition::pipeline_names(project);
  std::vector<Fetched> fetched;
  for (const std::string& name : names) {
    definition::Pipeline pipeline = definition::load_pipeline(project, name, {parse_params(options.params), false});
    for (Fetched& each : fetch_all(pipeline, context)) fetched.push_back(std::move(each));
  }
  Printer& printer = context.printer;
  if (printer.json()) {
    auto list = nlohmann::ordered_json::array();
    for (const Fetched& each : fetched)
      list.push_back({{"source", each.source},
                      {"url", each.url},
                      {"path", each.path},
                      {"bytes", each.file.bytes},
                      {"fetched", each.file.fresh}});
    printer.result_json({{"sources", std::move(list)}});
    return kDone;
  }
  if (fetched.empty()) {
    printer.message("no source is a file of the web: a `path` that begins with https:// is one\n");
    return kDone;
  }
  Table table;
  table.headings = {{"source", "", Align::kLeft, true},
                    {"size", "", Align::kRight, true},
                    {"", "", Align::kLeft, true},
                    {"file", "", Align::kLeft, false}};
  for (const Fetched& each : fetched)
    table.rows.push_back({{each.source},
                          {bytes_text(each.file.bytes)},
                          {each.file.fresh ? "fetched" : "was there"},
                          {printable(definition::shown_path(each.path)), Tone::kDim}});
  printer.result(draw(table, printer.out(), Frame::kOpen));
  return kDone;
}

}  // namespace

void add_fetch(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "fetch",
      {"Download the files of the web that sources name",
       "Each is kept in .segue/cache of the project. A download that broke off goes on where it ended. A file that has "
       "the checksum which its source names is not asked for again; of others the server is asked whether it has "
       "another. Runs do the same by themselves.",
       {{"segue fetch", "those of all pipelines"}, {"segue fetch lastfm", "those of one"}}},
      [options](const Context& context) { return fetch(*options, context); });
  command->add_option("pipeline", options->pipeline, "Name of a pipeline; without it, all of them")
      ->type_name("PIPELINE");
  add_params(command, options->params);
}

}  // namespace segue::cli

// segue export html PIPELINE
#include <chrono>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/open_lake.h"
#include "cli/output/result_file.h"
#include "cli/query_database.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cli/table_view.h"
#include "cli/terminal/quantity.h"
#include "columns/type.h"
#include "definition/load.h"
#include "runs/prepare.h"
#include "runs/run_store.h"
#include "runs/table_columns.h"
#include "version.h"

namespace segue::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kSampleRows = 10;
constexpr size_t kChartRows = 2000;

struct Options {
  std::string pipeline;
  std::string file;  // empty: <pipeline>.html
  std::string profile;
};

int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What is drawn: {"type", "x", "y", "by", "points": [[x, y, by], …], "cut": whether there are more}.
Json chart_json(const definition::Chart& chart, const TableView& view, const Context& context) {
  Json json{
      {"type", chart.kind == definition::Chart::Kind::kBar ? "bar" : "line"}, {"x", chart.x.name}, {"y", chart.y.name}};
  if (!chart.by.name.empty()) json["by"] = chart.by.name;
  std::string x = quote_name(chart.x.name), y = quote_name(chart.y.name);
  std::string by = chart.by.name.empty() ? x : quote_name(chart.by.name);
  std::string sql = fmt::format(
      "SELECT CAST({0} AS VARCHAR), CAST({1} AS DOUBLE), CAST({2} AS VARCHAR) FROM t WHERE {0} IS NOT NULL AND "
      "isfinite(CAST({1} AS DOUBLE)) ORDER BY {0}, {2} LIMIT {3}",
      x, y, by, kChartRows + 1);
  json["points"] = Json::array();
  for (const TextRow& row : text_rows(*view.database, sql, context.cancellation)) {
    if (json["points"].size() == kChartRows) {
      json["cut"] = true;
      break;
    }
    Json point = {row[0].value_or(""), std::strtod(row[1].value_or("0").c_str(), nullptr)};
    if (!chart.by.name.empty()) point.push_back(row[2].value_or("NULL"));
    json["points"].push_back(std::move(point));
  }
  return json;
}

// {"pipeline", "description", "made_at", "segue", "sources": [name, …], "steps": [{"name", "kind", "reads"}, …],
//  "run": as `segue runs show --json` has it, or null, "tables": [{…}, …]}
// A table is as `segue show --json` has it, with "step", "sample" and, if the step has one, "chart".
Json report_json(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = chosen_settings(project, options.profile);
  definition::Pipeline pipeline = definition::load_pipeline(project, options.pipeline);
  lake::Lake lake = open_lake(project, settings, context);
  runs::PrepareOptions prepare_options;
  prepare_options.find_columns = runs::columns_in_lake(lake);
  auto prepared = runs::prepare(pipeline, prepare_options);
  Json json{{"pipeline", pipeline.name},
            {"description", pipeline.description},
            {"made_at", time_text(now_micros())},
            {"segue", kVersion},
            {"sources", Json::array()},
            {"steps", Json::array()},
            {"run", nullptr},
            {"tables", Json::array()}};
  for (const runs::PreparedSource& source : prepared->sources) json["sources"].push_back(source.source->name);
  for (const runs::PreparedStep& step : prepared->steps) {
    json["steps"].push_back(
        {{"name", step.step->name}, {"kind", step.step->view ? "view" : "table"}, {"reads", step.reads}});
  }
  runs::RunStore store(project.folder);
  if (auto newest = store.list(1, pipeline.name); !newest.empty()) json["run"] = to_json(newest[0]);
  for (const definition::Step& step : pipeline.steps) {
    lake::TableName name{pipeline.name, step.name};
    if (step.view || !lake.find(name)) continue;
    context.cancellation.check();
    TableView view = view_table(lake, name, std::nullopt, settings, context);
    Json table = to_json(view);
    table.erase("path");
    table["step"] = step.name;
    table["sample"] = sample_json(view, kSampleRows, context);
    if (step.chart) table["chart"] = chart_json(*step.chart, view, context);
    json["tables"].push_back(std::move(table));
  }
  if (json["tables"].empty())
    fail(ErrorCode::kUsage, fmt::format("{} has published no table yet", pipeline.name),
         fmt::format("`segue run {}` makes them", pipeline.name));
  return json;
}

int export_html(const Options& options, const Context& context) {
  Json data = report_json(options, context);
  std::filesystem::path file = options.file.empty() ? options.pipeline + ".html" : options.file;
  std::string page = report_page(data);
  ResultFile out(file.string());
  out.write(page);
  out.finish();
  if (context.printer.json()) {
    context.printer.result_json({{"file", std::filesystem::absolute(file).string()},
                                 {"bytes", page.size()},
                                 {"tables", data["tables"].size()}});
  } else {
    context.printer.result(fmt::format("{}: {}, {}\n", file.string(), count_text(data["tables"].size(), "table"),
                                       bytes_text(page.size())));
  }
  return kDone;
}

}  // namespace

void add_export(Commands& commands) {
  CLI::App* group = commands.add("export", {"Write files for other systems", "", {}}, nullptr);
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* html = commands.add(
      "html",
      {"Write a report: one HTML file with tables, statistics and charts",
       "Of the pipeline's published tables: rows, versions, the statistics of every column, sample rows, and the "
       "charts "
       "that the steps declare; how the steps depend on each other, and how the last run went. The file needs no "
       "network "
       "and no other file.",
       {{"segue export html lastfm", "writes lastfm.html"},
        {"segue export html lastfm_insights --out report.html", "writes report.html"}}},
      [options](const Context& context) { return export_html(*options, context); }, group);
  html->add_option("pipeline", options->pipeline, "The pipeline")->type_name("PIPELINE")->required();
  html->add_option("--out", options->file, "The file to write (default <pipeline>.html)")->type_name("FILE");
  add_profile(html, options->profile);
}

}  // namespace segue::cli

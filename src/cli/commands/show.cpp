// segue show TABLE
#include <charconv>
#include <chrono>
#include <memory>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/find_table.h"
#include "cli/open_lake.h"
#include "cli/output/result_writer.h"
#include "cli/output/value_text.h"
#include "cli/query_database.h"
#include "cli/run_options.h"
#include "cli/statistics.h"
#include "cli/table_view.h"
#include "cli/terminal/chart.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "definition/values.h"
#include "lake/lake.h"
#include "runs/lineage.h"

namespace segue::cli {
namespace {

constexpr size_t kBarsShown = 10;

struct Options {
  std::string name;
  std::string at;
  bool history = false;
  bool lineage = false;
  bool statistics = false;
  size_t rows = 5;
  std::string profile;
};

double seconds_since(int64_t micros) {
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count();
  return static_cast<double>(now - micros) / 1e6;
}

// `--at 3` or `--at "2026-11-21 12:00"`; without it, the newest.
std::optional<int64_t> version_at(const lake::Lake& lake, const lake::TableName& name, const std::string& at) {
  if (at.empty()) return std::nullopt;
  int64_t version = 0;
  auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), version);
  if (error == std::errc() && end == at.data() + at.size()) return version;
  std::optional<int64_t> micros = definition::parse_timestamp(at);
  if (!micros)
    fail(ErrorCode::kUsage, fmt::format("`--at {}` is neither a version nor a time", at),
         "write `--at 3` or `--at \"2026-11-21 12:00\"` (UTC)");
  return lake.at_time(name, *micros).version;
}

std::string heading(const TableView& shown, const Look& look) {
  const lake::TableState& state = shown.state;
  std::string out = fmt::format("{}  version {}, published {}\n", paint(look, Tone::kBold, state.name.full()),
                                state.version, age_text(seconds_since(state.committed_at)));
  out += fmt::format("{}, {}, {} in {}", count_text(shown.statistics.rows, "row"),
                     count_text(state.fields.size(), "column"), bytes_text(state.bytes),
                     count_text(state.files.size(), "file"));
  if (!state.run.empty()) out += fmt::format(", by run {}", state.run);
  out += "\n" + paint(look, Tone::kDim, state.address) + "\n";
  return state.description.empty() ? out : out + printable(state.description) + "\n";
}

void print_sample(duckdb::Database& database, size_t rows, const Context& context) {
  auto stream = database.query(fmt::format("FROM t LIMIT {}", rows), context.cancellation);
  auto print = [&](std::string_view text) { context.printer.result(text); };
  auto writer = make_result_writer(OutputFormat::kBox, {context.printer.out(), 0, true}, print);
  writer->begin(stream->schema());
  while (auto batch = stream->next()) writer->write(*batch);
  writer->finish();
}

// A table of names with one number each is a chart.
std::string chart(duckdb::Database& database, const TableView& shown, const Context& context) {
  const Field* number = nullptr;
  std::string label;
  for (const Field& field : shown.state.fields) {
    bool text = field.type.id == TypeId::kVarchar;
    if (!text && field.type.id != TypeId::kBigint && field.type.id != TypeId::kInteger &&
        field.type.id != TypeId::kDouble)
      return "";
    if (!text && number != nullptr) return "";
    if (!text) number = &field;
    if (text) label += fmt::format("{}coalesce(\"{}\", 'NULL')", label.empty() ? "" : " || ' · ' || ", field.name);
  }
  if (number == nullptr || label.empty() || shown.statistics.rows < 2) return "";
  std::string sql =
      fmt::format("SELECT {0}, \"{1}\" FROM t WHERE \"{1}\" IS NOT NULL ORDER BY \"{1}\" DESC, 1 LIMIT {2}", label,
                  number->name, kBarsShown);
  std::vector<Bar> bars;
  for (const TextRow& row : text_rows(database, sql, context.cancellation))
    bars.push_back({printable(row[0].value_or("")), std::strtod(row[1].value_or("0").c_str(), nullptr)});
  return fmt::format("\nmost {}\n{}", printable(number->name), bar_chart(bars, context.printer.out()));
}

// "WRITE", "RESTORE to 3"
std::string operation_text(const lake::VersionSummary& version) {
  std::string text = version.operation;
  if (auto to = version.parameters.find("version"); version.operation == "RESTORE" && to != version.parameters.end())
    text += " to " + to->second;
  return text;
}

std::string versions_table(const std::vector<lake::VersionSummary>& versions, const Look& look) {
  Table table;
  table.headings = {{"version", "", Align::kRight, true}, {"published (UTC)", "", Align::kLeft, true},
                    {"by", "", Align::kLeft, true},       {"rows", "", Align::kRight, true},
                    {"size", "", Align::kRight, true},    {"files", "", Align::kRight, true},
                    {"run", "", Align::kLeft, true}};
  for (const auto& version : versions) {
    Tone tone = version.readable ? Tone::kPlain : Tone::kDim;
    table.rows.push_back({{std::to_string(version.version), tone},
                          {time_text(version.committed_at), tone},
                          {printable(operation_text(version)), tone},
                          {version.rows ? count_text(*version.rows) : "unknown", tone},
                          {bytes_text(version.bytes), tone},
                          {version.readable ? count_text(version.files) : "gone", tone},
                          {printable(version.run), tone}});
  }
  return draw(table, look, Frame::kOpen);
}

// segue show TABLE --history
int show_history(const std::vector<lake::TableName>& names, const lake::Lake& lake, const Context& context) {
  Printer& printer = context.printer;
  auto list = nlohmann::ordered_json::array();
  for (const auto& name : names) {
    std::vector<lake::VersionSummary> versions = lake.history(name);
    if (printer.json()) {
      list.push_back({{"table", name.full()}, {"versions", to_json(versions)}});
      continue;
    }
    const Look& look = printer.out();
    printer.result(fmt::format("{}{}\n{}", &name == &names.front() ? "" : "\n", paint(look, Tone::kBold, name.full()),
                               versions_table(versions, look)));
  }
  if (printer.json()) printer.result_json({{"tables", std::move(list)}});
  return kDone;
}

std::string text_of(const runs::Read& read) {
  return printable(read.column.empty() ? read.name : read.name + "." + read.column);
}

std::string text_of(const std::vector<runs::Read>& reads) {
  std::vector<std::string> names;
  for (const runs::Read& read : reads) names.push_back(text_of(read));
  return fmt::format("{}", fmt::join(names, ", "));
}

nlohmann::ordered_json to_json(const std::vector<runs::Read>& reads) {
  auto list = nlohmann::ordered_json::array();
  for (const runs::Read& read : reads) {
    nlohmann::ordered_json json{{read.table ? "table" : "source", read.name}};
    if (!read.column.empty()) json["column"] = read.column;
    list.push_back(std::move(json));
  }
  return list;
}

nlohmann::ordered_json lineage_json(const lake::TableState& table, const std::optional<runs::TableLineage>& lineage) {
  nlohmann::ordered_json json{{"table", table.name.full()}, {"version", table.version}, {"known", lineage.has_value()}};
  if (!lineage) return json;
  json["reads"] = to_json(lineage->reads);
  json["columns"] = nlohmann::ordered_json::array();
  for (const auto& column : lineage->columns)
    json["columns"].push_back({{"name", column.name}, {"made_of", to_json(column.made_of)}});
  json["rows"] = to_json(lineage->rows);
  if (!lineage->unknown.empty()) json["unknown"] = lineage->unknown;
  return json;
}

std::string lineage_text(const lake::TableState& table, const std::optional<runs::TableLineage>& lineage,
                         const Look& look) {
  std::string out = fmt::format("{}  version {}\n", paint(look, Tone::kBold, table.name.full()), table.version);
  if (!lineage) return out + "nothing is kept of what it was made of\n";
  out += fmt::format("made of {}\n", lineage->reads.empty() ? "constants alone" : text_of(lineage->reads));
  if (!lineage->unknown.empty())
    return out + fmt::format("of its columns no more is known: {}\n", printable(lineage->unknown));
  Table columns;
  columns.headings = {{"column", "", Align::kLeft, true}, {"made of", "", Align::kLeft, false}};
  for (const auto& column : lineage->columns)
    columns.rows.push_back({{printable(column.name)}, {text_of(column.made_of)}});
  out += "\n" + draw(columns, look, Frame::kOpen);
  if (!lineage->rows.empty()) out += fmt::format("\nwhich rows there are depends on {}\n", text_of(lineage->rows));
  return out;
}

// segue show TABLE --lineage
int show_lineage(const Options& options, const std::vector<lake::TableName>& names, const lake::Lake& lake,
                 const Context& context) {
  Printer& printer = context.printer;
  auto list = nlohmann::ordered_json::array();
  for (const auto& name : names) {
    std::optional<int64_t> version = version_at(lake, name, options.at);
    std::optional<lake::TableState> table = version ? lake.at_version(name, *version) : lake.find(name);
    if (!table) fail(ErrorCode::kConflict, fmt::format("{} was removed just now", name.full()));
    std::optional<std::string> record = lake.batch_record(*table);
    std::optional<runs::TableLineage> lineage = record ? runs::parse_lineage(*record) : std::nullopt;
    if (printer.json()) {
      list.push_back(lineage_json(*table, lineage));
    } else {
      printer.result((&name == &names.front() ? "" : "\n") + lineage_text(*table, lineage, printer.out()));
    }
  }
  if (printer.json()) printer.result_json({{"tables", std::move(list)}});
  return kDone;
}

int show(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = chosen_settings(project, options.profile);
  lake::Lake lake = open_lake(project, settings, context);
  std::vector<lake::TableName> names = find_tables(lake, options.name);
  if (options.history) return show_history(names, lake, context);
  if (options.lineage) return show_lineage(options, names, lake, context);
  bool one = names.size() == 1 && names[0].pipeline != options.name;
  Printer& printer = context.printer;
  auto list = nlohmann::ordered_json::array();
  for (const auto& name : names) {
    TableView shown = view_table(lake, name, version_at(lake, name, options.at), settings, context);
    if (printer.json()) {
      nlohmann::ordered_json json = to_json(shown);
      if (one) json["sample"] = sample_json(shown, options.rows, context);
      list.push_back(std::move(json));
      continue;
    }
    const Look& look = printer.out();
    printer.result(heading(shown, look) + "\n" + columns_table(shown.statistics, shown.state.comments, look));
    if (options.statistics) printer.result(spread_tables(shown.statistics, look));
    if (one && !options.statistics) {
      printer.result(chart(*shown.database, shown, context));
      if (options.rows != 0 && shown.statistics.rows != 0) {
        printer.result("\n");
        print_sample(*shown.database, options.rows, context);
      }
      if (shown.versions.size() > 1) printer.result("\n" + versions_table(shown.versions, look));
    } else if (&name != &names.back()) {
      printer.result("\n");
    }
  }
  if (printer.json())
    printer.result_json(one ? list[0]
                            : nlohmann::ordered_json{{"pipeline", options.name}, {"tables", std::move(list)}});
  return kDone;
}

}  // namespace

void add_show(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "show",
      {"Show a table: columns, statistics, a chart, sample rows, versions",
       "Of each column: its type, how many NULLs and different values, the least and the greatest, how "
       "numbers and times are spread, and the "
       "most frequent value. With the name of a pipeline: all its tables. What the run kept that published "
       "the version is shown; where it kept nothing, the table is read.",
       {{"segue show lastfm.top_songs", "one table"},
        {"segue show top_songs", "the same, if no other pipeline has a table of that name"},
        {"segue show lastfm", "the statistics of every table of a pipeline"},
        {"segue show lastfm --json > insights.json", "the same for programs"},
        {"segue show lastfm.sessions --statistics", "quantiles and more frequent values of each column"},
        {"segue show lastfm.sessions --history", "its versions: when, by what, rows, size, run"},
        {"segue show lastfm.sessions --lineage", "what its columns are made of"},
        {"segue show lastfm.sessions --at 3", "an older version"},
        {"segue show lastfm.sessions --at \"2026-11-21 12:00\"", "the version of that moment, in UTC"}}},
      [options](const Context& context) { return show(*options, context); });
  command->add_option("table", options->name, "A table, or a pipeline")->type_name("TABLE")->required();
  command->add_option("--at", options->at, "This version instead of the newest: its number, or a time in UTC")
      ->type_name("VERSION");
  CLI::Option* statistics =
      command->add_flag("--statistics", options->statistics,
                        "Quantiles and the ten most frequent values of each column, instead of rows and versions");
  CLI::Option* history = command->add_flag("--history", options->history, "All versions instead of columns and rows")
                             ->excludes(statistics);
  command->add_flag("--lineage", options->lineage, "What its columns are made of instead of columns and rows")
      ->excludes(history)
      ->excludes(statistics);
  command->add_option("--rows", options->rows, "Sample rows (default 5; 0: none)")->type_name("N");
  add_profile(command, options->profile);
}

}  // namespace segue::cli

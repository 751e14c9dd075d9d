// segue show TABLE
#include <chrono>
#include <memory>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/open_lake.h"
#include "cli/output/result_writer.h"
#include "cli/output/value_text.h"
#include "cli/query_database.h"
#include "cli/run_options.h"
#include "cli/table_view.h"
#include "cli/terminal/chart.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "definition/load.h"
#include "lake/lake.h"

namespace segue::cli {
namespace {

constexpr size_t kBarsShown = 10;
constexpr size_t kValueCells = 19;  // of a least or greatest value: a timestamp fits

struct Options {
  std::string name;
  std::optional<int64_t> version;
  size_t rows = 5;
  std::string profile;
};

double seconds_since(int64_t micros) {
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count();
  return static_cast<double>(now - micros) / 1e6;
}

// The tables that a name means: a table, all of a pipeline, or a step's name that only one pipeline has.
std::vector<lake::TableName> tables_of(const lake::Lake& lake, const std::string& name) {
  std::vector<lake::TableName> all = lake.tables();
  std::vector<lake::TableName> found;
  std::vector<std::string> names;
  for (const auto& table : all) {
    if (table.full() == name) return {table};
    if (table.pipeline == name) found.push_back(table);
    names.push_back(table.full());
  }
  if (!found.empty()) return found;
  for (const auto& table : all)
    if (table.step == name) found.push_back(table);
  if (found.size() == 1) return found;
  if (found.size() > 1)
    fail(ErrorCode::kUsage, fmt::format("several pipelines have a table `{}`", name), suggest(name, names, "tables"));
  if (names.empty())
    fail(ErrorCode::kUsage, fmt::format("there is no table `{}`: the lake is empty", name),
         "`segue run PIPELINE` makes tables");
  fail(ErrorCode::kUsage, fmt::format("there is no table `{}`", name), suggest(name, names, "tables"));
}

std::string heading(const TableView& shown, const Look& look) {
  const lake::TableState& state = shown.state;
  std::string out = fmt::format("{}  version {}, published {}\n", paint(look, Tone::kBold, state.name.full()),
                                state.version, age_text(seconds_since(state.committed_at)));
  out += fmt::format("{}, {}, {} in {}", count_text(shown.statistics.rows, "row"),
                     count_text(state.fields.size(), "column"), bytes_text(state.bytes),
                     count_text(state.files.size(), "file"));
  if (!state.run.empty()) out += fmt::format(", by run {}", state.run);
  return out + "\n" + paint(look, Tone::kDim, state.address) + "\n";
}

std::string shape_of(const ColumnStatistics& column) {
  std::vector<double> values(column.histogram.begin(), column.histogram.end());
  return sparkline(values);
}

std::string columns_table(const TableStatistics& statistics, const Look& look) {
  Table table;
  table.headings = {{"column", "", Align::kLeft, true}, {"type", "", Align::kLeft, false},
                    {"nulls", "", Align::kRight, true}, {"distinct", "", Align::kRight, true},
                    {"min", "", Align::kLeft, true},    {"max", "", Align::kLeft, true},
                    {"shape", "", Align::kLeft, true},  {"most frequent (rows)", "", Align::kLeft, false}};
  for (const auto& column : statistics.columns) {
    std::string type = to_string(column.type);
    for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string top = column.top.empty()
                          ? ""
                          : fmt::format("{} ({})", printable(column.top[0].first), count_text(column.top[0].second));
    table.rows.push_back({{printable(column.name)},
                          {cut(type, 24), Tone::kDim},
                          {count_text(column.nulls), column.nulls == 0 ? Tone::kDim : Tone::kYellow},
                          {column.distinct ? count_text(*column.distinct) : ""},
                          {cut(printable(column.min.value_or("")), kValueCells)},
                          {cut(printable(column.max.value_or("")), kValueCells)},
                          {shape_of(column), Tone::kCyan},
                          {top}});
  }
  return draw(table, look, Frame::kOpen);
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

std::string versions_table(const TableView& shown, const Look& look) {
  Table table;
  table.headings = {{"version", "", Align::kRight, true},
                    {"published (UTC)", "", Align::kLeft, true},
                    {"rows", "", Align::kRight, true},
                    {"size", "", Align::kRight, true},
                    {"run", "", Align::kLeft, true}};
  for (const auto& version : shown.versions)
    table.rows.push_back({{std::to_string(version.version)},
                          {time_text(version.committed_at)},
                          {version.rows ? count_text(*version.rows) : "unknown"},
                          {bytes_text(version.bytes)},
                          {version.run}});
  return draw(table, look, Frame::kOpen);
}

int show(const Options& options, const Context& context) {
  definition::Project project = context.project();
  definition::Settings settings = definition::settings(project, options.profile);
  lake::Lake lake = open_lake(project, settings, context);
  std::vector<lake::TableName> names = tables_of(lake, options.name);
  bool one = names.size() == 1 && names[0].pipeline != options.name;
  Printer& printer = context.printer;
  auto list = nlohmann::ordered_json::array();
  for (const auto& name : names) {
    TableView shown = view_table(lake, name, options.version, settings, context);
    if (printer.json()) {
      nlohmann::ordered_json json = to_json(shown);
      if (one) json["sample"] = sample_json(shown, options.rows, context);
      list.push_back(std::move(json));
      continue;
    }
    const Look& look = printer.out();
    printer.result(heading(shown, look) + "\n" + columns_table(shown.statistics, look));
    if (one) {
      printer.result(chart(*shown.database, shown, context));
      if (options.rows != 0 && shown.statistics.rows != 0) {
        printer.result("\n");
        print_sample(*shown.database, options.rows, context);
      }
      if (shown.versions.size() > 1) printer.result("\n" + versions_table(shown, look));
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
  CLI::App* command =
      commands.add("show",
                   {"Show a table: columns, statistics, a chart, sample rows, versions",
                    "Of each column: its type, how many NULLs and different values, the least and the greatest, how "
                    "numbers and times are spread, and the "
                    "most frequent value. With the name of a pipeline: all its tables.",
                    {{"segue show lastfm.top_songs", "one table"},
                     {"segue show top_songs", "the same, if no other pipeline has a table of that name"},
                     {"segue show lastfm", "the statistics of every table of a pipeline"},
                     {"segue show lastfm --json > insights.json", "the same for programs"},
                     {"segue show lastfm.sessions --at 3", "an older version"}}},
                   [options](const Context& context) { return show(*options, context); });
  command->add_option("table", options->name, "A table, or a pipeline")->type_name("TABLE")->required();
  command->add_option("--at", options->version, "This version instead of the newest")->type_name("VERSION");
  command->add_option("--rows", options->rows, "Sample rows (default 5; 0: none)")->type_name("N");
  add_profile(command, options->profile);
}

}  // namespace segue::cli

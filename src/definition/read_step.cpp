#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "base/suggestion.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/readers.h"

namespace segue::definition {
namespace {

constexpr Choice<bool> kMaterialize[] = {{"table", false}, {"view", true}};
constexpr Choice<TableFormat> kTableFormats[] = {{"delta", TableFormat::kDelta}, {"parquet", TableFormat::kParquet}};
constexpr Choice<ExportFormat> kExportFormats[] = {
    {"tsv", ExportFormat::kTsv}, {"csv", ExportFormat::kCsv}, {"json", ExportFormat::kJson}};
constexpr Choice<Chart::Kind> kChartKinds[] = {{"bar", Chart::Kind::kBar}, {"line", Chart::Kind::kLine}};
constexpr Choice<Statistics> kStatistics[] = {{"full", Statistics::kFull}, {"basic", Statistics::kBasic}};
constexpr Choice<WriteMode> kWriteModes[] = {{"replace", WriteMode::kReplace}, {"append", WriteMode::kAppend}};
constexpr Choice<SchemaChanges> kSchemaChanges[] = {
    {"refuse", SchemaChanges::kRefuse}, {"add", SchemaChanges::kAdd}, {"any", SchemaChanges::kAny}};

// SQL files beside the wanted one, for a hint.
std::string sql_files_hint(const std::filesystem::path& wanted) {
  std::vector<std::string> names;
  std::error_code problem;
  for (const auto& each : std::filesystem::directory_iterator(wanted.parent_path(), problem)) {
    if (each.path().extension() == ".sql") names.push_back(each.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) return fmt::format("create it, or write the SELECT here behind `sql:`");
  return suggest(wanted.filename().string(), names, "SQL files there");
}

LocatedText read_sql_file(const Section& section, const Folders& folders) {
  std::optional<Filled> filled = section.text("file");
  if (!filled || !filled->known) return {};
  Mistakes& mistakes = section.context().mistakes;
  if (filled->text.empty() || is_url(filled->text) || filled->text.find('\0') != std::string::npos) {
    mistakes.add(
        filled->text.empty() ? "`file` is empty" : fmt::format("`{}` is no path of this machine", filled->text),
        filled->place, section.example("file"));
    return {};
  }
  std::filesystem::path path = absolute_path(folders.pipeline, filled->text);
  std::error_code problem;
  if (!std::filesystem::exists(path, problem) && !problem) {
    mistakes.add(fmt::format("there is no file `{}`", shown_path(path)), filled->place, sql_files_hint(path));
    return {};
  }
  size_t before = mistakes.size();
  TextFilePtr file = read_text_file(path.string(), shown_path(path), mistakes.errors());
  for (size_t i = before; i < mistakes.size(); ++i) {
    Error& error = mistakes.errors()[i];
    if (!error.place.known()) error.place = filled->place;
  }
  if (!file) return {};
  if (file->text().find_first_not_of(" \t\r\n") == std::string::npos) {
    mistakes.add(fmt::format("the file `{}` is empty", file->name()), filled->place, "write the step's SELECT into it");
    return {};
  }
  return LocatedText(std::move(file));
}

std::optional<Export> read_export(const Section& step, const Folders& folders) {
  if (!step.has("export")) return std::nullopt;
  std::optional<Section> section = step.map("export");
  if (!section) return std::nullopt;
  std::optional<ExportFormat> format = section->choice<ExportFormat>("format", kExportFormats);
  std::optional<Filled> path = section->text("path");
  if (!path || !path->known || !format) return std::nullopt;
  if (path->text.empty() || path->text.ends_with('/')) {
    step.context().mistakes.add(
        path->text.empty() ? std::string("`path` is empty") : fmt::format("`{}` is a folder, not a file", path->text),
        path->place, section->example("path"));
    return std::nullopt;
  }
  if (is_url(path->text) || path->text.find('\0') != std::string::npos) {
    step.context().mistakes.add(fmt::format("`{}` is no path of this machine", path->text), path->place,
                                section->example("path"));
    return std::nullopt;
  }
  return Export{*format, absolute_path(folders.project, path->text), path->place};
}

std::optional<Named> read_name(const Section& section, std::string_view key) {
  std::optional<Filled> filled = section.text(key);
  if (!filled || !filled->known) return std::nullopt;
  return Named{filled->text, filled->place};
}

std::optional<Chart> read_chart(const Section& step) {
  if (!step.has("chart")) return std::nullopt;
  std::optional<Section> section = step.map("chart");
  if (!section) return std::nullopt;
  Chart chart;
  chart.kind = section->choice<Chart::Kind>("type", kChartKinds).value_or(chart.kind);
  chart.x = read_name(*section, "x").value_or(Named());
  chart.y = read_name(*section, "y").value_or(Named());
  chart.by = read_name(*section, "by").value_or(Named());
  if (chart.x.name.empty() || chart.y.name.empty()) return std::nullopt;
  return chart;
}

void read_write(const Section& step, Write& write) {
  const Entry* entry = step.entry("write");
  if (entry == nullptr) return;
  write.place = entry->key_place;
  if (entry->value->kind != Node::Kind::kMap) {
    write.mode = step.choice<WriteMode>("write", kWriteModes).value_or(WriteMode::kReplace);
    return;
  }
  std::optional<Section> section = step.map("write");
  if (!section) return;
  write.mode = section->flag("append") ? WriteMode::kAppend : WriteMode::kMerge;
  write.from = read_name(*section, "from").value_or(Named());
  for (Filled& key : section->texts("merge").value_or(std::vector<Filled>())) {
    bool twice = std::ranges::find(write.keys, key.text, &Named::name) != write.keys.end();
    if (twice) {
      step.context().mistakes.add(fmt::format("`{}` is named twice", key.text), key.place, "name each column once");
      continue;
    }
    write.keys.push_back({std::move(key.text), std::move(key.place)});
  }
  if (!section->has("latest_by")) return;
  write.latest_by = read_name(*section, "latest_by").value_or(Named());
  if (section->has("append"))
    step.context().mistakes.add("`latest_by` goes with `merge` only: rows that are appended stand for themselves",
                                section->entry("latest_by")->key_place, "remove it, or write `merge: [columns]`");
}

// A view makes no table, so nothing about a table can be said of it.
void refuse_for_view(const Section& section) {
  for (std::string_view key : {"description", "comments", "checks", "export", "chart", "format", "partition_by",
                               "schema", "statistics", "write"}) {
    const Entry* entry = section.entry(key);
    if (entry == nullptr) continue;
    section.context().mistakes.add(
        fmt::format("{} is a view, so it has no `{}`", section.owner(), key), entry->key_place,
        fmt::format("remove `materialize: view`, or put `{}` on a step that selects from it", key));
  }
}

void read_schema(const Section& section, Step& step) {
  const Entry* entry = section.entry("schema");
  if (entry == nullptr) return;
  step.schema_place = entry->key_place;
  if (std::optional<Section> schema = section.map("schema"))
    step.schema_changes = schema->choice<SchemaChanges>("changes", kSchemaChanges);
}

void read_partition(const Section& section, Step& step) {
  std::optional<std::vector<Filled>> columns = section.texts("partition_by");
  if (!columns) return;
  for (Filled& column : *columns) {
    bool twice = std::find(step.partition_by.begin(), step.partition_by.end(), column.text) != step.partition_by.end();
    if (twice || column.text.empty()) {
      section.context().mistakes.add(
          twice ? fmt::format("`{}` is named twice", column.text) : std::string("a column's name is empty"),
          column.place, section.example("partition_by"));
      continue;
    }
    step.partition_by.push_back(std::move(column.text));
    step.partition_places.push_back(std::move(column.place));
  }
}

}  // namespace

Step read_step(const Entry& entry, const Folders& folders, Context& context) {
  Step step;
  step.name = entry.key.text();
  step.place = entry.key_place;
  check_name(NameOf::kStep, step.name, step.place, context.mistakes);
  static const Table& table = *pipeline_table().find("steps")->table;
  std::optional<Section> section = section_of(*entry.value, table, fmt::format("step `{}`", step.name), step.place,
                                              fmt::format("{}: {{sql: SELECT …}}", step.name), context);
  if (!section) return step;
  if (section->has("sql")) {
    step.sql = section->sql("sql").value_or(LocatedText());
  } else if (section->has("file")) {
    step.sql = read_sql_file(*section, folders);
  }
  step.view = section->choice<bool>("materialize", kMaterialize).value_or(false);
  if (step.view) refuse_for_view(*section);
  if (std::optional<Filled> text = section->text("description")) step.description = text->text;
  for (auto& [column, text] : section->column_texts("comments"))
    step.comments.push_back({{column.text, column.place}, std::move(text)});
  step.checks = read_checks(*section);
  step.export_to = read_export(*section, folders);
  step.chart = read_chart(*section);
  step.format = section->choice<TableFormat>("format", kTableFormats).value_or(step.format);
  step.statistics = section->choice<Statistics>("statistics", kStatistics);
  read_partition(*section, step);
  read_write(*section, step.write);
  read_schema(*section, step);
  return step;
}

}  // namespace segue::definition

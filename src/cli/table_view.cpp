#include "cli/table_view.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output/result_writer.h"
#include "cli/query_database.h"
#include "cli/terminal/quantity.h"

namespace segue::cli {
namespace {

constexpr size_t kVersionsShown = 5;

}  // namespace

TableView view_table(const lake::Lake& lake, const lake::TableName& name, std::optional<int64_t> version,
                     const definition::Settings& settings, const Context& context) {
  auto state = lake.find(name, version);
  if (!state && version)
    fail(ErrorCode::kUsage, fmt::format("{} has no version {}", name.full(), *version),
         "`segue show` without --at lists the newest ones");
  if (!state) fail(ErrorCode::kConflict, fmt::format("{} was removed just now", name.full()));
  TableView view{*state, {}, {}, {}};
  auto newest = lake.find(name);
  for (int64_t older_version = newest ? newest->version : -1;
       older_version >= 0 && view.versions.size() < kVersionsShown; --older_version)
    if (auto older = lake.find(name, older_version)) view.versions.push_back(*older);
  view.database = open_table_database(view.state, "t", settings);
  view.statistics = table_statistics(*view.database, "t", view.state.fields, context.cancellation);
  return view;
}

nlohmann::ordered_json to_json(const TableView& view) {
  const lake::TableState& state = view.state;
  nlohmann::ordered_json json{
      {"table", state.name.full()}, {"version", state.version},    {"published_at", time_text(state.committed_at)},
      {"run", state.run},           {"path", state.address},       {"rows", view.statistics.rows},
      {"bytes", state.bytes},       {"files", state.files.size()}, {"columns", to_json(view.statistics)}};
  json["versions"] = nlohmann::ordered_json::array();
  for (const auto& version : view.versions)
    json["versions"].push_back(
        {{"version", version.version},
         {"published_at", time_text(version.committed_at)},
         {"rows", version.rows ? nlohmann::ordered_json(*version.rows) : nlohmann::ordered_json()},
         {"bytes", version.bytes},
         {"run", version.run}});
  return json;
}

nlohmann::ordered_json sample_json(const TableView& view, size_t rows, const Context& context) {
  std::string text;
  auto stream = view.database->query(fmt::format("FROM t LIMIT {}", rows), context.cancellation);
  auto writer = make_result_writer(OutputFormat::kJson, {}, [&](std::string_view bytes) { text += bytes; });
  writer->begin(stream->schema());
  while (auto batch = stream->next()) writer->write(*batch);
  writer->finish();
  return nlohmann::ordered_json::parse(text);
}

}  // namespace segue::cli

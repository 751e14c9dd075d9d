#include "cli/table_view.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output/result_writer.h"
#include "cli/query_database.h"
#include "cli/statistics.h"
#include "cli/terminal/quantity.h"
#include "runs/table_statistics.h"

namespace segue::cli {
namespace {

constexpr size_t kVersionsShown = 5;

}  // namespace

TableView view_table(const lake::Lake& lake, const lake::TableName& name, std::optional<int64_t> version,
                     const definition::Settings& settings, const Context& context) {
  std::optional<lake::TableState> state = version ? lake.at_version(name, *version) : lake.find(name);
  if (!state) fail(ErrorCode::kConflict, fmt::format("{} was removed just now", name.full()));
  TableView view{*state, lake.history(name), {}, {}};
  if (view.versions.size() > kVersionsShown) view.versions.resize(kVersionsShown);
  view.database = open_table_database(view.state, "t", settings, context);
  std::optional<quality::TableStatistics> kept = runs::kept_statistics(lake, view.state);
  view.statistics =
      kept ? std::move(*kept) : runs::computed_statistics(view.state, thread_count(settings), context.cancellation);
  return view;
}

nlohmann::ordered_json to_json(const TableView& view) {
  const lake::TableState& state = view.state;
  nlohmann::ordered_json json{{"table", state.name.full()},
                              {"version", state.version},
                              {"published_at", time_text(state.committed_at)},
                              {"run", state.run},
                              {"path", state.address},
                              {"rows", view.statistics.rows},
                              {"bytes", state.bytes},
                              {"files", state.files.size()},
                              {"columns", to_json(view.statistics, state.comments)}};
  if (!state.description.empty()) json["description"] = state.description;
  json["versions"] = to_json(view.versions);
  return json;
}

nlohmann::ordered_json to_json(const std::vector<lake::VersionSummary>& versions) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& version : versions)
    list.push_back({{"version", version.version},
                    {"published_at", time_text(version.committed_at)},
                    {"operation", version.operation},
                    {"parameters", version.parameters},
                    {"engine", version.engine},
                    {"run", version.run},
                    {"rows", version.rows ? nlohmann::ordered_json(*version.rows) : nlohmann::ordered_json()},
                    {"bytes", version.bytes},
                    {"files", version.files},
                    {"readable", version.readable}});
  return list;
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

#include "runs/lineage.h"

#include <nlohmann/json.hpp>

namespace segue::runs {
namespace {

using Json = nlohmann::ordered_json;

Json read_json(const Prepared& prepared, const std::string& name, const std::string& column = {}) {
  const definition::Source* source = prepared.pipeline.source(name);
  Json json;
  if (source != nullptr && source->table.empty())
    json["source"] = name;
  else if (source != nullptr)
    json["table"] = source->table;
  else  // a step, or a table of the lake that a check looks into
    json["table"] =
        prepared.pipeline.step(name) == nullptr ? name : lake::TableName{prepared.pipeline.name, name}.full();
  if (!column.empty()) json["column"] = column;
  return json;
}

Json origins_json(const Prepared& prepared, const std::vector<plan::ColumnOrigin>& origins) {
  Json json = Json::array();
  for (const plan::ColumnOrigin& origin : origins) json.push_back(read_json(prepared, origin.table, origin.column));
  return json;
}

std::vector<Read> reads_of(const Json& json) {
  std::vector<Read> reads;
  for (const Json& each : json) {
    bool table = each.contains("table");
    reads.push_back({each.at(table ? "table" : "source").get<std::string>(), table, each.value("column", "")});
  }
  return reads;
}

}  // namespace

std::string print_lineage(const Prepared& prepared, const PreparedStep& step) {
  Json json{{"reads", Json::array()}, {"columns", Json::array()}};
  for (const std::string& name : step.reads) json["reads"].push_back(read_json(prepared, name));
  for (size_t i = 0; i < step.lineage.columns.size(); ++i)
    json["columns"].push_back(
        {{"name", step.fields[i].name}, {"made_of", origins_json(prepared, step.lineage.columns[i])}});
  json["rows"] = origins_json(prepared, step.lineage.rows);
  if (!step.lineage.unknown.empty()) json["unknown"] = step.lineage.unknown;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<TableLineage> parse_lineage(const std::string& record) {
  try {
    Json all = Json::parse(record);
    if (!all.contains("lineage")) return std::nullopt;
    const Json& json = all["lineage"];
    TableLineage lineage;
    lineage.reads = reads_of(json.at("reads"));
    for (const Json& column : json.at("columns"))
      lineage.columns.push_back({column.at("name").get<std::string>(), reads_of(column.at("made_of"))});
    lineage.rows = reads_of(json.at("rows"));
    lineage.unknown = json.value("unknown", "");
    return lineage;
  } catch (const Json::exception&) {
    return std::nullopt;  // damaged
  }
}

}  // namespace segue::runs

#include "runs/statistics_records.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "columns/value.h"
#include "quality/statistics.h"

namespace segue::runs {
namespace {

using Json = nlohmann::ordered_json;

Value text(std::string value) { return {TypeId::kVarchar, std::move(value)}; }
Value shown(const Value& value) { return value.null() ? Value{TypeId::kVarchar, {}} : text(to_string(value)); }
Value number(std::optional<uint64_t> value) {
  return value ? Value{TypeId::kBigint, static_cast<int64_t>(*value)} : Value{TypeId::kBigint, {}};
}

// Of one version: the first columns of all its rows.
struct Version {
  std::string table;
  int64_t version = 0;
  int64_t committed_at = 0;
  std::string run;
};

void add(Relation& relation, const Version& of, const std::vector<Value>& values) {
  segue::Batch row;
  row.rows = 1;
  row.columns = {constant_column(text(of.table)), constant_column({TypeId::kBigint, of.version}),
                 constant_column({TypeId::kTimestamp, of.committed_at}),
                 constant_column(of.run.empty() ? Value{TypeId::kVarchar, {}} : text(of.run))};
  for (const Value& value : values) row.columns.push_back(constant_column(value));
  relation.batches.push_back(std::move(row));
}

void add(Relation& relation, const Version& of, const quality::TableStatistics& statistics) {
  for (const quality::ColumnStatistics& column : statistics.columns) {
    std::vector<Value> values{
        text(column.name),
        text(to_string(column.type)),
        number(statistics.rows),
        number(column.nulls),
        number(column.distinct),
        column.distinct ? Value{TypeId::kBoolean, int64_t{column.estimated}} : Value{TypeId::kBoolean, {}},
        shown(column.min),
        shown(column.max)};
    for (double at : quality::kQuantiles) {
      auto quantile = std::ranges::find(column.quantiles, at, &quality::Quantile::at);
      values.push_back(quantile == column.quantiles.end() ? shown({}) : shown(quantile->value));
    }
    Json frequent = Json::array();
    for (const quality::FrequentValue& each : column.frequent)
      frequent.push_back({{"value", to_string(each.value)}, {"rows", each.rows}, {"at_most", each.rows + each.more}});
    values.push_back(column.frequent.empty() ? shown({}) : text(frequent.dump()));
    values.push_back(column.histogram.empty() ? shown({}) : text(Json(column.histogram).dump()));
    add(relation, of, values);
  }
}

// "2009-05-04T23:08:57.000Z", as Delta has it, to "2009-05-04 23:08:57", as SQL has it.
std::string moment(std::string text) {
  if (text.ends_with('Z')) text.pop_back();
  if (text.ends_with(".000")) text.resize(text.size() - 4);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

// What the log says of one column.
struct Bounds {
  std::optional<uint64_t> nulls = 0;
  std::optional<Json> min, max;
  bool unknown = false;  // of a file with values there are none
};

void add_file(Bounds& bounds, const Json& file, const std::string& column) {
  auto member = [&](const char* object) -> const Json* {
    if (!file.is_object() || !file.contains(object) || !file[object].is_object()) return nullptr;
    auto found = file[object].find(column);
    return found == file[object].end() || found->is_structured() ? nullptr : &*found;
  };
  const Json* nulls = member("nullCount");
  if (nulls == nullptr || !nulls->is_number_unsigned()) bounds.nulls.reset();
  if (bounds.nulls) *bounds.nulls += nulls->get<uint64_t>();
  const Json* min = member("minValues");
  const Json* max = member("maxValues");
  if (min == nullptr || max == nullptr) {
    bool empty = nulls != nullptr && file.contains("numRecords") && file["numRecords"] == *nulls;
    bounds.unknown = bounds.unknown || !empty;
    return;
  }
  if (!bounds.min || *min < *bounds.min) bounds.min = *min;
  if (!bounds.max || *bounds.max < *max) bounds.max = *max;
}

Value bound(const std::optional<Json>& json, const Type& type, bool unknown) {
  if (!json || unknown) return shown({});
  if (!json->is_string()) return text(json->dump());
  std::string value = json->get<std::string>();
  return text(type.id == TypeId::kTimestamp ? moment(value) : value);
}

void add_from_log(Relation& relation, const Version& of, const lake::TableState& table) {
  std::vector<Json> files;
  for (const lake::DataFile& file : table.files) files.push_back(Json::parse(file.statistics, nullptr, false));
  for (const Field& field : table.fields) {
    Bounds bounds;
    for (const Json& file : files) add_file(bounds, file, field.name);
    std::vector<Value> values{text(field.name),
                              text(to_string(field.type)),
                              number(table.rows),
                              number(bounds.nulls),
                              number({}),
                              Value{TypeId::kBoolean, {}},
                              bound(bounds.min, field.type, bounds.unknown),
                              bound(bounds.max, field.type, bounds.unknown)};
    values.resize(values.size() + std::size(quality::kQuantiles) + 2, shown({}));
    add(relation, of, values);
  }
}

}  // namespace

std::vector<Field> statistics_fields() {
  std::vector<Field> fields{
      {"table_name", TypeId::kVarchar}, {"version", TypeId::kBigint},      {"published_at", TypeId::kTimestamp},
      {"run", TypeId::kVarchar},        {"column_name", TypeId::kVarchar}, {"type", TypeId::kVarchar},
      {"rows", TypeId::kBigint},        {"nulls", TypeId::kBigint},        {"distinct_values", TypeId::kBigint},
      {"estimated", TypeId::kBoolean},  {"min", TypeId::kVarchar},         {"max", TypeId::kVarchar}};
  for (double at : quality::kQuantiles)
    fields.push_back({at == 0.5 ? "median" : fmt::format("p{}", static_cast<int>(at * 100 + 0.5)), TypeId::kVarchar});
  fields.push_back({"most_frequent", TypeId::kVarchar});
  fields.push_back({"histogram", TypeId::kVarchar});
  return fields;
}

Relation statistics_records(const lake::Lake& lake, const lake::TableName& table) {
  Relation relation{statistics_fields(), {}};
  int64_t newest = -1;
  for (const lake::KeptStatistics& kept : lake.all_statistics(table)) {
    std::optional<quality::TableStatistics> statistics = quality::parse_statistics(kept.text);
    if (!statistics) continue;
    add(relation, {table.full(), kept.version, kept.committed_at, kept.run}, *statistics);
    newest = kept.version;
  }
  std::optional<lake::TableState> state = lake.find(table);
  if (state && state->version > newest)
    add_from_log(relation, {table.full(), state->version, state->committed_at, state->run}, *state);
  return relation;
}

}  // namespace segue::runs

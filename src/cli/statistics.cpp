#include "cli/statistics.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/query_database.h"

namespace segue::cli {
namespace {

constexpr int kTop = 5;
constexpr int kBuckets = 16;

std::string sql_name(const std::string& name) {
  std::string out = "\"";
  for (char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

uint64_t number(const std::optional<std::string>& text) {
  uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

bool measurable(const Type& type) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger:
    case TypeId::kBigint:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTimestamp: return true;
    default: return false;
  }
}

// The column as a DOUBLE to be counted in steps.
std::string measure(const std::string& column, const Type& type) {
  bool time = type.id == TypeId::kDate || type.id == TypeId::kTimestamp;
  return time ? fmt::format("epoch({})", column) : fmt::format("CAST({} AS DOUBLE)", column);
}

// One pass over the table: rows, then nulls, distinct values, min and max of each column.
void count(TableStatistics& statistics, duckdb::Database& database, const std::string& name,
           const Cancellation& cancellation) {
  std::string sql = "SELECT count(*)";
  for (const auto& column : statistics.columns) {
    std::string c = sql_name(column.name);
    sql += fmt::format(", count(*) - count({})", c);
    sql += column.type.nested()
               ? ", NULL, NULL, NULL"
               : fmt::format(", count(DISTINCT {0}), CAST(min({0}) AS VARCHAR), CAST(max({0}) AS VARCHAR)", c);
  }
  TextRow row = text_rows(database, sql + " FROM " + name, cancellation).at(0);
  statistics.rows = number(row[0]);
  size_t at = 1;
  for (auto& column : statistics.columns) {
    column.nulls = number(row[at]);
    if (row[at + 1]) column.distinct = number(row[at + 1]);
    column.min = row[at + 2];
    column.max = row[at + 3];
    at += 4;
  }
}

void find_top(ColumnStatistics& column, duckdb::Database& database, const std::string& name,
              const Cancellation& cancellation) {
  std::string c = sql_name(column.name);
  std::string sql = fmt::format(
      "SELECT CAST({0} AS VARCHAR), count(*) AS n FROM {1} WHERE {0} IS NOT NULL GROUP BY {0} ORDER BY n DESC, {0} "
      "LIMIT {2}",
      c, name, kTop);
  for (const TextRow& row : text_rows(database, sql, cancellation))
    column.top.emplace_back(row[0].value_or(""), number(row[1]));
  // Values that come once are no more frequent than any other.
  if (!column.top.empty() && column.top.front().second <= 1) column.top.clear();
}

void find_shape(ColumnStatistics& column, duckdb::Database& database, const std::string& name,
                const Cancellation& cancellation) {
  std::string m = measure(sql_name(column.name), column.type);
  std::string sql = fmt::format(
      "WITH bounds AS (SELECT min({0}) AS low, max({0}) AS high FROM {1} WHERE isfinite({0})) "
      "SELECT least({2} - 1, CAST(floor(({0} - low) / (high - low) * {2}) AS BIGINT)) AS bucket, count(*) "
      "FROM {1}, bounds WHERE isfinite({0}) AND high > low GROUP BY bucket ORDER BY bucket",
      m, name, kBuckets);
  std::vector<TextRow> rows = text_rows(database, sql, cancellation);
  if (rows.empty()) return;
  column.histogram.assign(kBuckets, 0);
  for (const TextRow& row : rows) {
    auto bucket = static_cast<size_t>(number(row[0]));
    if (bucket < column.histogram.size()) column.histogram[bucket] = number(row[1]);
  }
}

}  // namespace

TableStatistics table_statistics(duckdb::Database& database, const std::string& name, const std::vector<Field>& fields,
                                 const Cancellation& cancellation) {
  TableStatistics statistics;
  for (const Field& field : fields) {
    ColumnStatistics column;
    column.name = field.name;
    column.type = field.type;
    statistics.columns.push_back(std::move(column));
  }
  count(statistics, database, name, cancellation);
  for (auto& column : statistics.columns) {
    // A column without two equal values has no most frequent one.
    bool repeats = column.distinct && *column.distinct != 0 && *column.distinct < statistics.rows - column.nulls;
    if (repeats) find_top(column, database, name, cancellation);
    if (measurable(column.type) && column.distinct.value_or(0) > 1) find_shape(column, database, name, cancellation);
  }
  return statistics;
}

nlohmann::ordered_json to_json(const TableStatistics& statistics) {
  auto columns = nlohmann::ordered_json::array();
  for (const auto& column : statistics.columns) {
    nlohmann::ordered_json json{{"name", column.name}, {"type", to_string(column.type)}, {"nulls", column.nulls}};
    if (column.distinct) json["distinct"] = *column.distinct;
    if (column.min) json["min"] = *column.min;
    if (column.max) json["max"] = *column.max;
    if (!column.top.empty()) {
      json["most_frequent"] = nlohmann::ordered_json::array();
      for (const auto& [value, times] : column.top)
        json["most_frequent"].push_back({{"value", value}, {"rows", times}});
    }
    if (!column.histogram.empty()) json["histogram"] = column.histogram;
    columns.push_back(std::move(json));
  }
  return columns;
}

}  // namespace segue::cli

#include "cli/statistics.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "cli/terminal/chart.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "columns/value.h"

namespace segue::cli {
namespace {

constexpr size_t kValueCells = 19;  // of a least or greatest value: a timestamp fits
constexpr size_t kFrequentCells = 40;

std::string value_text(const Value& value) { return value.null() ? "" : printable(to_string(value)); }

std::string distinct_text(const quality::ColumnStatistics& column) {
  if (!column.distinct) return "";
  return (column.estimated ? "~" : "") + count_text(*column.distinct);
}

std::string shape_of(const quality::ColumnStatistics& column) {
  return sparkline(std::vector<double>(column.histogram.begin(), column.histogram.end()));
}

// "12", "12 to 15" where it is not known exactly
std::string rows_text(const quality::FrequentValue& value) {
  if (value.more == 0) return count_text(value.rows);
  return fmt::format("{} to {}", count_text(value.rows), count_text(value.rows + value.more));
}

// Of small shares one digit more.
std::string share_text(uint64_t rows, uint64_t all) {
  double percent = 100 * static_cast<double>(rows) / static_cast<double>(all);
  if (percent < 0.05) return "< 0.1 %";
  return fmt::format("{:.{}f} %", percent, percent < 10 ? 1 : 0);
}

std::string quantile_name(double at) { return at == 0.5 ? "median" : fmt::format("{:.0f} %", at * 100); }

std::string quantiles_table(const quality::TableStatistics& statistics, const Look& look) {
  Table table;
  table.headings = {{"column", "", Align::kLeft, true}};
  for (double at : quality::kQuantiles) table.headings.push_back({quantile_name(at), "", Align::kRight, true});
  table.headings.push_back({"shape", "", Align::kLeft, true});
  for (const quality::ColumnStatistics& column : statistics.columns) {
    if (column.quantiles.empty()) continue;
    std::vector<Cell> row{{printable(column.name)}};
    for (const quality::Quantile& each : column.quantiles) row.push_back({cut(value_text(each.value), kValueCells)});
    row.push_back({shape_of(column), Tone::kCyan});
    table.rows.push_back(std::move(row));
  }
  return table.rows.empty() ? "" : draw(table, look, Frame::kOpen);
}

std::string frequent_table(const quality::TableStatistics& statistics, const Look& look) {
  Table table;
  table.headings = {{"column", "", Align::kLeft, true},
                    {"most frequent", "", Align::kLeft, false},
                    {"rows", "", Align::kRight, true},
                    {"share", "", Align::kRight, true}};
  for (const quality::ColumnStatistics& column : statistics.columns) {
    for (const quality::FrequentValue& each : column.frequent) {
      bool first = &each == &column.frequent.front();
      table.rows.push_back({{first ? printable(column.name) : ""},
                            {cut(value_text(each.value), kFrequentCells)},
                            {rows_text(each)},
                            {share_text(each.rows, statistics.rows), Tone::kDim}});
    }
  }
  return table.rows.empty() ? "" : draw(table, look, Frame::kOpen);
}

}  // namespace

std::string columns_table(const quality::TableStatistics& statistics,
                          const std::map<std::string, std::string>& comments, const Look& look) {
  Table table;
  table.headings = {{"column", "", Align::kLeft, true}, {"type", "", Align::kLeft, false},
                    {"nulls", "", Align::kRight, true}, {"distinct", "", Align::kRight, true},
                    {"min", "", Align::kLeft, true},    {"max", "", Align::kLeft, true},
                    {"shape", "", Align::kLeft, true},  {"most frequent (rows)", "", Align::kLeft, false}};
  if (!comments.empty()) table.headings.push_back({"comment", "", Align::kLeft, false});
  for (const quality::ColumnStatistics& column : statistics.columns) {
    std::string type = ascii::lower(to_string(column.type));
    std::string top;
    if (!column.frequent.empty())
      top = fmt::format("{} ({})", value_text(column.frequent[0].value), rows_text(column.frequent[0]));
    table.rows.push_back({{printable(column.name)},
                          {cut(type, 24), Tone::kDim},
                          {count_text(column.nulls), column.nulls == 0 ? Tone::kDim : Tone::kYellow},
                          {distinct_text(column)},
                          {cut(value_text(column.min), kValueCells)},
                          {cut(value_text(column.max), kValueCells)},
                          {shape_of(column), Tone::kCyan},
                          {top}});
    if (comments.empty()) continue;
    auto comment = comments.find(column.name);
    table.rows.back().push_back({comment == comments.end() ? "" : printable(comment->second)});
  }
  return draw(table, look, Frame::kOpen);
}

std::string spread_tables(const quality::TableStatistics& statistics, const Look& look) {
  std::string out;
  for (const std::string& table : {quantiles_table(statistics, look), frequent_table(statistics, look)})
    if (!table.empty()) out += "\n" + table;
  bool estimated = std::ranges::any_of(statistics.columns, &quality::ColumnStatistics::estimated);
  if (estimated)
    out += "\n" + paint(look, Tone::kDim, "~: an estimate, two times out of three within 1.2 % and seldom off by 3 %") +
           "\n";
  return out;
}

nlohmann::ordered_json to_json(const quality::TableStatistics& statistics,
                               const std::map<std::string, std::string>& comments) {
  auto columns = nlohmann::ordered_json::array();
  for (const quality::ColumnStatistics& column : statistics.columns) {
    nlohmann::ordered_json json{{"name", column.name}, {"type", to_string(column.type)}, {"nulls", column.nulls}};
    if (auto comment = comments.find(column.name); comment != comments.end()) json["comment"] = comment->second;
    if (column.distinct) json["distinct"] = *column.distinct;
    if (column.estimated) json["estimated"] = true;
    if (!column.min.null()) json["min"] = to_string(column.min);
    if (!column.max.null()) json["max"] = to_string(column.max);
    for (const quality::FrequentValue& each : column.frequent) {
      nlohmann::ordered_json value{{"value", to_string(each.value)}, {"rows", each.rows}};
      if (each.more != 0) value["at_most"] = each.rows + each.more;
      json["most_frequent"].push_back(std::move(value));
    }
    for (const quality::Quantile& each : column.quantiles)
      json["quantiles"].push_back({{"at", each.at}, {"value", to_string(each.value)}});
    if (!column.histogram.empty()) json["histogram"] = column.histogram;
    columns.push_back(std::move(json));
  }
  return columns;
}

}  // namespace segue::cli

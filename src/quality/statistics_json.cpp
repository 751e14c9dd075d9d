// {"format":1,"rows":3,"columns":[{"name":"artist","type":"VARCHAR","nulls":0,"distinct":2,"estimated":false,
//   "min":"Cake","max":"Muse","frequent":[["Muse",2,0]],"quantiles":[],"histogram":[],
//   "sketch":{"distinct":"0…","exact_distinct":2,"frequent":[["Muse",2,0],["Cake",1,0]],"others":0,"quantiles":[…]}}]}
//
// Values as they are computed with: dates in days, timestamps in microseconds, decimals without their point. Wide
// decimals, FLOAT and DOUBLE are texts; BLOB too, of hexadecimal digits. "sketch" is only there where rows may be added.
#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/whole_number.h"
#include "quality/statistics.h"

namespace segue::quality {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr size_t kKeptFrequent = 256;  // and buckets: what is kept of sketches stays small beside the rows
constexpr size_t kKeptBuckets = 1024;
constexpr uint64_t kMostRows = uint64_t{1} << 40;  // sums stay far from the end of 64 bits

// Thrown inside of parse_statistics(), which catches it with what nlohmann throws.
[[noreturn]] void damaged() { throw std::invalid_argument("no statistics"); }

Json print_value(const Value& value) {
  if (value.null()) return nullptr;
  if (auto number = std::get_if<int64_t>(&value.data)) return *number;
  if (auto wide = std::get_if<Int128>(&value.data)) return fmt::format("{}", *wide);
  if (auto real = std::get_if<double>(&value.data)) return fmt::format("{}", *real);
  const auto& text = std::get<std::string>(value.data);
  if (value.type.id != TypeId::kBlob) return text;
  std::string digits;
  for (unsigned char byte : text) digits += fmt::format("{:02x}", byte);
  return digits;
}

Int128 parse_wide(const std::string& text) {
  bool negative = text.starts_with('-');
  if (text.size() > 40 || text.size() == (negative ? 1 : 0)) damaged();
  Int128 value = 0;
  for (char digit : text.substr(negative ? 1 : 0)) {
    if (digit < '0' || digit > '9') damaged();
    value = value * 10 + (negative ? '0' - digit : digit - '0');
  }
  return value;
}

std::string parse_bytes(const std::string& digits) {
  std::string bytes;
  if (digits.size() % 2 != 0) damaged();
  for (size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    auto [end, error] = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    if (error != std::errc() || end != digits.data() + i + 2) damaged();
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

Value parse_value(const Json& json, const Type& type) {
  if (json.is_null()) return {};
  switch (type.id) {
    case TypeId::kFloat:
    case TypeId::kDouble: {
      const auto& text = json.get_ref<const std::string&>();
      char* end = nullptr;
      double value = std::strtod(text.c_str(), &end);
      if (text.empty() || end != text.c_str() + text.size()) damaged();
      return {type, value};
    }
    case TypeId::kVarchar: return {type, json.get<std::string>()};
    case TypeId::kBlob: return {type, parse_bytes(json.get<std::string>())};
    case TypeId::kList:
    case TypeId::kStruct: damaged();
    default:
      if (type.wide_decimal()) return {type, parse_wide(json.get<std::string>())};
      return {type, whole_number<int64_t>(json)};
  }
}

Json print_frequent(const std::vector<FrequentValue>& values) {
  Json list = Json::array();
  for (const FrequentValue& each : values) list.push_back({print_value(each.value), each.rows, each.more});
  return list;
}

std::vector<FrequentValue> parse_frequent(const Json& json, const Type& type) {
  std::vector<FrequentValue> values;
  for (const Json& each : json) {
    values.push_back(
        {parse_value(each.at(0), type), whole_number<uint64_t>(each.at(1)), whole_number<uint64_t>(each.at(2))});
    const FrequentValue& value = values.back();
    if (value.value.null() || value.rows > kMostRows || value.more > kMostRows) damaged();
  }
  return values;
}

Json print_sketch(const ColumnSketch& sketch) {
  if (sketch.type.nested()) return Json::object();
  std::vector<FrequentValue> kept = sketch.frequent;
  uint64_t others = sketch.others;
  for (size_t i = kKeptFrequent; i < kept.size(); ++i) others = std::max(others, kept[i].rows + kept[i].more);
  kept.resize(std::min(kept.size(), kKeptFrequent));
  Json json{{"distinct", sketch.distinct->print()},
            {"exact_distinct", sketch.exact_distinct ? Json(*sketch.exact_distinct) : Json()},
            {"frequent", print_frequent(kept)},
            {"others", others}};
  if (sketch.quantiles) json["quantiles"] = sketch.quantiles->print(kKeptBuckets);
  return json;
}

ColumnSketch parse_sketch(const Json& json, const ColumnStatistics& column, uint64_t rows) {
  ColumnSketch sketch;
  sketch.type = column.type;
  sketch.rows = rows;
  sketch.nulls = column.nulls;
  if (sketch.type.nested()) return sketch;
  sketch.min = column.min;
  sketch.max = column.max;
  sketch.distinct = DistinctSketch::parse(json.at("distinct").get_ref<const std::string&>());
  if (!json.at("exact_distinct").is_null()) sketch.exact_distinct = whole_number<uint64_t>(json.at("exact_distinct"));
  sketch.frequent = parse_frequent(json.at("frequent"), sketch.type);
  sketch.others = whole_number<uint64_t>(json.at("others"));
  if (measurable(sketch.type)) {
    bool whole = sketch.type.id != TypeId::kFloat && sketch.type.id != TypeId::kDouble;
    std::vector<int64_t> numbers;
    for (const Json& each : json.at("quantiles")) numbers.push_back(whole_number<int64_t>(each));
    sketch.quantiles = QuantileSketch::parse(whole, numbers);
    if (!sketch.quantiles) damaged();
  }
  if (!sketch.distinct) damaged();
  return sketch;
}

Json print_column(const ColumnStatistics& column) {
  Json quantiles = Json::array();
  for (const Quantile& each : column.quantiles) quantiles.push_back({each.at, print_value(each.value)});
  return Json{{"name", column.name},
              {"type", to_string(column.type)},
              {"nulls", column.nulls},
              {"distinct", column.distinct ? Json(*column.distinct) : Json()},
              {"estimated", column.estimated},
              {"min", print_value(column.min)},
              {"max", print_value(column.max)},
              {"frequent", print_frequent(column.frequent)},
              {"quantiles", std::move(quantiles)},
              {"histogram", column.histogram}};
}

ColumnStatistics parse_column(const Json& json) {
  ColumnStatistics column;
  column.name = json.at("name").get<std::string>();
  std::optional<Type> type = parse_type(json.at("type").get_ref<const std::string&>());
  if (!type || !lake_type(*type)) damaged();
  column.type = *type;
  column.nulls = whole_number<uint64_t>(json.at("nulls"));
  if (!json.at("distinct").is_null()) column.distinct = whole_number<uint64_t>(json.at("distinct"));
  column.estimated = json.at("estimated").get<bool>();
  column.min = parse_value(json.at("min"), column.type);
  column.max = parse_value(json.at("max"), column.type);
  column.frequent = parse_frequent(json.at("frequent"), column.type);
  for (const Json& each : json.at("quantiles")) {
    column.quantiles.push_back({each.at(0).get<double>(), parse_value(each.at(1), column.type)});
    if (column.quantiles.back().value.null()) damaged();
  }
  for (const Json& each : json.at("histogram")) column.histogram.push_back(whole_number<uint64_t>(each));
  return column;
}

}  // namespace

std::string print(const TableStatistics& statistics) {
  Json columns = Json::array();
  for (size_t i = 0; i < statistics.columns.size(); ++i) {
    columns.push_back(print_column(statistics.columns[i]));
    if (statistics.mergeable()) columns.back()["sketch"] = print_sketch(statistics.sketches[i]);
  }
  // Names of columns and texts are UTF-8; what another program made of them is not this one's matter.
  return Json{{"format", kFormat}, {"rows", statistics.rows}, {"columns", std::move(columns)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

std::optional<TableStatistics> parse_statistics(std::string_view text) {
  try {
    Json json = Json::parse(text);
    if (json.at("format") != kFormat) return std::nullopt;
    TableStatistics statistics;
    statistics.rows = whole_number<uint64_t>(json.at("rows"));
    if (statistics.rows > kMostRows) return std::nullopt;
    for (const Json& each : json.at("columns")) {
      const ColumnStatistics& column = statistics.columns.emplace_back(parse_column(each));
      if (column.nulls > statistics.rows) return std::nullopt;
      if (each.contains("sketch")) statistics.sketches.push_back(parse_sketch(each["sketch"], column, statistics.rows));
    }
    if (!statistics.mergeable()) statistics.sketches.clear();
    return statistics;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace segue::quality

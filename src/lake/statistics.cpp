#include "lake/statistics.h"

#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "base/error.h"

namespace segue::lake {
namespace {

constexpr size_t kTextBound = 32;  // characters, as Spark cuts them

// JSON texts of a column's bounds; nothing is unknown.
struct Bounds {
  std::optional<std::string> min, max;
};

// The least minimum and greatest maximum over all row groups, or nothing if one of them does not tell or there is no
// value.
template <class DType>
std::optional<std::pair<typename DType::c_type, typename DType::c_type>> extremes(const parquet::FileMetaData& footer,
                                                                                  int leaf) {
  std::optional<std::pair<typename DType::c_type, typename DType::c_type>> result;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    auto chunk = footer.RowGroup(group)->ColumnChunk(leaf);
    auto statistics = std::dynamic_pointer_cast<parquet::TypedStatistics<DType>>(chunk->statistics());
    if (!statistics) return std::nullopt;
    if (!statistics->HasMinMax()) {
      if (statistics->HasNullCount() && statistics->null_count() == chunk->num_values()) continue;  // all NULL
      return std::nullopt;
    }
    if (!result) result = std::pair(statistics->min(), statistics->max());
    result->first = std::min(result->first, statistics->min());
    result->second = std::max(result->second, statistics->max());
  }
  return result;
}

// Of strings, as bytes; copied, since the footer's memory is the statistics object's.
std::optional<std::pair<std::string, std::string>> text_extremes(const parquet::FileMetaData& footer, int leaf) {
  std::optional<std::pair<std::string, std::string>> result;
  auto text = [](const parquet::ByteArray& value) {
    return std::string(reinterpret_cast<const char*>(value.ptr), value.len);
  };
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    auto chunk = footer.RowGroup(group)->ColumnChunk(leaf);
    auto statistics = std::dynamic_pointer_cast<parquet::TypedStatistics<parquet::ByteArrayType>>(chunk->statistics());
    if (!statistics) return std::nullopt;
    if (!statistics->HasMinMax()) {
      if (statistics->HasNullCount() && statistics->null_count() == chunk->num_values()) continue;
      return std::nullopt;
    }
    std::string min = text(statistics->min()), max = text(statistics->max());
    if (!result) result = std::pair(min, max);
    if (min < result->first) result->first = min;  // char_traits compares as unsigned bytes
    if (max > result->second) result->second = max;
  }
  return result;
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Byte length of the first `count` characters of UTF-8 text, or npos if it has no more than these.
size_t prefix_bytes(const std::string& text, size_t count) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && characters++ == count) return i;
  }
  return std::string::npos;
}

Bounds text_bounds(const std::pair<std::string, std::string>& extremes) {
  static const std::string kLast = "\xF4\x8F\xBF\xBF";  // U+10FFFF
  Bounds bounds;
  size_t cut = prefix_bytes(extremes.first, kTextBound);
  bounds.min = quoted(extremes.first.substr(0, cut));
  cut = prefix_bytes(extremes.second, kTextBound);
  if (cut == std::string::npos)
    bounds.max = quoted(extremes.second);
  else if (extremes.second.compare(cut, kLast.size(), kLast) != 0)
    bounds.max = quoted(extremes.second.substr(0, cut) + kLast);
  return bounds;
}

std::optional<std::string> date_text(int32_t days) {
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  int year = static_cast<int>(date.year());
  if (days < -719162 || days > 2932896) return std::nullopt;  // years 1 to 9999
  return fmt::format("\"{:04}-{:02}-{:02}\"", year, static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<std::string> timestamp_text(int64_t micros, bool up) {
  int64_t millis = micros / 1000 - (micros % 1000 < 0);
  if (up && micros % 1000 != 0) ++millis;
  int64_t days = millis / 86'400'000 - (millis % 86'400'000 < 0);
  if (days < -719162 || days > 2932896) return std::nullopt;
  int64_t rest = millis - days * 86'400'000;
  std::string date = *date_text(static_cast<int32_t>(days));
  date.pop_back();
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z\"", date, rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60,
                     rest % 1000);
}

std::string decimal_text(Int128 value, uint8_t scale) {
  if (scale == 0) return fmt::format("{}", value);
  bool negative = value < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  unsigned __int128 unit = 1;
  for (uint8_t digit = 0; digit < scale; ++digit) unit *= 10;
  return fmt::format("{}{}.{:0{}}", negative ? "-" : "", rest / unit, rest % unit, static_cast<int>(scale));
}

Int128 big_endian(const std::string& bytes) {
  unsigned __int128 value =
      !bytes.empty() && static_cast<signed char>(bytes[0]) < 0 ? ~static_cast<unsigned __int128>(0) : 0;
  for (char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<Int128>(value);
}

std::optional<Int128> smaller(std::optional<Int128> a, Int128 b) { return a && *a < b ? *a : b; }

// Wide decimals are fixed-length big-endian bytes, whose order as bytes is not that of the numbers: compare them as
// numbers.
Bounds wide_decimal_bounds(const Type& type, const parquet::FileMetaData& footer, int leaf) {
  std::optional<Int128> min, negated_max;
  auto bytes = static_cast<size_t>(footer.schema()->Column(leaf)->type_length());
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    auto chunk = footer.RowGroup(group)->ColumnChunk(leaf);
    auto statistics = std::dynamic_pointer_cast<parquet::TypedStatistics<parquet::FLBAType>>(chunk->statistics());
    if (!statistics) return {};
    if (!statistics->HasMinMax()) {
      if (statistics->HasNullCount() && statistics->null_count() == chunk->num_values()) continue;
      return {};
    }
    min = smaller(min, big_endian(std::string(reinterpret_cast<const char*>(statistics->min().ptr), bytes)));
    negated_max =
        smaller(negated_max, -big_endian(std::string(reinterpret_cast<const char*>(statistics->max().ptr), bytes)));
  }
  if (!min) return {};
  return {decimal_text(*min, type.scale), decimal_text(-*negated_max, type.scale)};
}

template <class DType>
Bounds integer_bounds(const parquet::FileMetaData& footer, int leaf, uint8_t scale = 0) {
  auto found = extremes<DType>(footer, leaf);
  if (!found) return {};
  return {decimal_text(found->first, scale), decimal_text(found->second, scale)};
}

template <class DType>
Bounds floating_bounds(const parquet::FileMetaData& footer, int leaf) {
  auto found = extremes<DType>(footer, leaf);
  Bounds bounds;
  if (!found) return bounds;
  if (std::isfinite(found->first)) bounds.min = nlohmann::json(static_cast<double>(found->first)).dump();
  if (std::isfinite(found->second)) bounds.max = nlohmann::json(static_cast<double>(found->second)).dump();
  return bounds;
}

Bounds bounds_of(const Type& type, const parquet::FileMetaData& footer, int leaf, bool nan) {
  switch (type.id) {
    case TypeId::kTinyint:
    case TypeId::kSmallint:
    case TypeId::kInteger: return integer_bounds<parquet::Int32Type>(footer, leaf);
    case TypeId::kBigint: return integer_bounds<parquet::Int64Type>(footer, leaf);
    case TypeId::kFloat: return nan ? Bounds{} : floating_bounds<parquet::FloatType>(footer, leaf);
    case TypeId::kDouble: return nan ? Bounds{} : floating_bounds<parquet::DoubleType>(footer, leaf);
    case TypeId::kDecimal:
      if (type.width <= 9) return integer_bounds<parquet::Int32Type>(footer, leaf, type.scale);
      if (type.width <= 18) return integer_bounds<parquet::Int64Type>(footer, leaf, type.scale);
      return wide_decimal_bounds(type, footer, leaf);
    case TypeId::kVarchar: {
      auto found = text_extremes(footer, leaf);
      return found ? text_bounds(*found) : Bounds{};
    }
    case TypeId::kDate: {
      auto found = extremes<parquet::Int32Type>(footer, leaf);
      return found ? Bounds{date_text(found->first), date_text(found->second)} : Bounds{};
    }
    case TypeId::kTimestamp: {
      auto found = extremes<parquet::Int64Type>(footer, leaf);
      return found ? Bounds{timestamp_text(found->first, false), timestamp_text(found->second, true)} : Bounds{};
    }
    default: return {};
  }
}

int leaves(const Type& type) {
  if (type.id == TypeId::kList) return leaves(type.element());
  if (type.id != TypeId::kStruct) return 1;
  int count = 0;
  for (const Field& field : type.fields) count += leaves(field.type);
  return count;
}

// The members of the three objects, as JSON texts.
struct Objects {
  std::string min, max, nulls;
};

void add_member(std::string& object, const std::string& name, const std::string& json) {
  if (!object.empty()) object += ',';
  object += quoted(name) + ':' + json;
}

// `outer` is the facts of the top-level column that the fields are inside of, or null at the top.
Objects collect(const std::vector<Field>& fields, const parquet::FileMetaData& footer, int leaf,
                const std::vector<ColumnFacts>& facts, const ColumnFacts* outer) {
  Objects objects;
  for (size_t column = 0; column < fields.size(); ++column) {
    const Field& field = fields[column];
    const ColumnFacts& fact = outer ? *outer : facts[column];
    if (field.type.id == TypeId::kStruct) {
      Objects inner = collect(field.type.fields, footer, leaf, facts, &fact);
      if (!inner.min.empty()) add_member(objects.min, field.name, "{" + inner.min + "}");
      if (!inner.max.empty()) add_member(objects.max, field.name, "{" + inner.max + "}");
      if (!inner.nulls.empty()) add_member(objects.nulls, field.name, "{" + inner.nulls + "}");
    } else if (field.type.id == TypeId::kList) {
      if (!outer) add_member(objects.nulls, field.name, std::to_string(fact.null_lists));
    } else {
      Bounds bounds = bounds_of(field.type, footer, leaf, fact.nan);
      if (bounds.min) add_member(objects.min, field.name, *bounds.min);
      if (bounds.max) add_member(objects.max, field.name, *bounds.max);
      int64_t nulls = 0;
      bool known = true;
      for (int group = 0; group < footer.num_row_groups(); ++group) {
        auto statistics = footer.RowGroup(group)->ColumnChunk(leaf)->statistics();
        known = known && statistics && statistics->HasNullCount();
        if (known) nulls += statistics->null_count();
      }
      if (known) add_member(objects.nulls, field.name, std::to_string(nulls));
    }
    leaf += leaves(field.type);
  }
  return objects;
}

}  // namespace

std::string delta_statistics(const std::vector<Field>& fields, const parquet::FileMetaData& footer,
                             const std::vector<ColumnFacts>& facts) {
  SEGUE_ASSERT(facts.size() == fields.size());
  Objects objects = collect(fields, footer, 0, facts, nullptr);
  return fmt::format(R"({{"numRecords":{},"minValues":{{{}}},"maxValues":{{{}}},"nullCount":{{{}}}}})",
                     footer.num_rows(), objects.min, objects.max, objects.nulls);
}

}  // namespace segue::lake

#include "lake/partition.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "columns/value.h"
#include "formats/partitions.h"

namespace segue::lake {
namespace {

constexpr size_t kFolderBytes = 255;  // of a name, on all file systems in use

// As Hive does; what is not ASCII stays as it is.
std::string escaped(const std::string& text) {
  std::string result;
  for (unsigned char c : text) {
    bool special = c < 0x20 || c == 0x7F || std::strchr("\"#%'*/:=?\\{[]^", c) != nullptr;
    if (special)
      result += fmt::format("%{:02X}", c);
    else
      result += static_cast<char>(c);
  }
  return result;
}

// Delta's text of a value.
std::optional<std::string> partition_text(const Field& field, const Value& value) {
  if (value.null()) return std::nullopt;
  std::string text = to_string(value);
  if (field.type.id == TypeId::kTimestamp) {
    // "2018-11-01 10:00:00" in UTC: said so, or readers take it for their own zone's.
    std::replace(text.begin(), text.end(), ' ', 'T');
    if (text.find('.') == std::string::npos) text += ".000000";
    text.resize(std::string("2018-11-01T10:00:00.000000").size(), '0');
    return text + 'Z';
  }
  if (text.empty() || text == formats::kNullPartition)
    fail(ErrorCode::kData,
         fmt::format("column {} has the value '{}', which readers of partitions take for NULL", field.name, text),
         fmt::format("write NULL itself: nullif({}, '{}')", field.name, text));
  return text;
}

// The bytes of a value, so that equal values have equal keys.
void append_key(std::string& key, const Column& column, size_t row) {
  bool valid = column.is_valid(row);
  key += valid ? '1' : '0';
  if (!valid) return;
  if (column.type.text()) {
    std::string_view text = column.text(row);
    uint64_t size = text.size();
    key.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
  } else {
    size_t width = value_bytes(column.type);
    key.append(static_cast<const char*>(column.values) + row * column.stride * width, width);
  }
}

}  // namespace

std::string why_no_partition(const Type& type) {
  if (type.nested() || type.id == TypeId::kBlob) return fmt::format("a {} is no single value", to_string(type));
  if (type.id == TypeId::kFloat || type.id == TypeId::kDouble)
    return fmt::format("a {} has no exact text", to_string(type));
  return "";
}

std::vector<Partition> split_partitions(const Relation& rows, const std::vector<size_t>& columns) {
  std::vector<Partition> partitions;
  std::unordered_map<std::string, size_t> known;
  std::string key, last_key;
  size_t last = 0;
  auto add = [&](const Batch& batch, size_t row) {
    if (partitions.size() == kPartitions) {
      std::vector<std::string> names;
      for (size_t column : columns) names.push_back(rows.fields[column].name);
      fail(ErrorCode::kLimit, fmt::format("more than {} partitions by {}", kPartitions, fmt::join(names, ", ")),
           "partition by columns that have fewer values");
    }
    Partition partition;
    for (size_t column : columns) {
      const Field& field = rows.fields[column];
      std::optional<std::string> text = partition_text(field, value_at(batch.columns[column], row));
      std::string folder = field.name + '=' + (text ? escaped(*text) : std::string(formats::kNullPartition));
      if (folder.size() > kFolderBytes)
        fail(ErrorCode::kData,
             fmt::format("column {} has a value of {} bytes, too long for the name of a folder: '{}…'", field.name,
                         text->size(), text->substr(0, 40)),
             "partition by something shorter");
      partition.folder += (partition.folder.empty() ? "" : "/") + folder;
      partition.values[field.name] = std::move(text);
    }
    partitions.push_back(std::move(partition));
  };
  for (const Batch& batch : rows.batches) {
    SEGUE_ASSERT(batch.rows <= UINT32_MAX);
    for (size_t row = 0; row < batch.rows; ++row) {
      key.clear();
      for (size_t column : columns) append_key(key, batch.columns[column], row);
      if (key != last_key || partitions.empty()) {  // most data comes in runs
        auto [found, fresh] = known.try_emplace(key, partitions.size());
        if (fresh) add(batch, row);
        last = found->second;
        last_key = key;
      }
      Partition& partition = partitions[last];
      ++partition.rows;
      if (!partition.ranges.empty() && partition.ranges.back().batch == &batch && partition.ranges.back().end == row)
        ++partition.ranges.back().end;
      else
        partition.ranges.push_back({&batch, static_cast<uint32_t>(row), static_cast<uint32_t>(row + 1)});
    }
  }
  return partitions;
}

bool in_its_folder(const std::string& path, const PartitionValues& values) {
  return std::all_of(values.begin(), values.end(), [&](const auto& entry) {
    for (size_t begin = 0, end = 0; (end = path.find('/', begin)) != std::string::npos; begin = end + 1) {
      std::string folder = path.substr(begin, end - begin);
      size_t equals = folder.find('=');
      if (equals == std::string::npos || formats::percent_decoded(folder.substr(0, equals)) != entry.first) continue;
      std::string value = folder.substr(equals + 1);
      return entry.second ? formats::percent_decoded(value) == *entry.second : value == formats::kNullPartition;
    }
    return false;
  });
}

}  // namespace segue::lake

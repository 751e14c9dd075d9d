#include "lake/delta_log.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace segue::lake {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRunTag = "segue.run";

Json partition_values(const DataFile& file) {
  Json values = Json::object();
  for (const auto& [name, value] : file.partition) values[name] = value ? Json(*value) : Json(nullptr);
  return values;
}

// Paths in the log are percent-encoded, relative to the table's folder.
std::string encode_path(const std::string& path) {
  std::string encoded;
  for (unsigned char c : path) {
    bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == '=' || c == '~' || c == ':';
    if (plain)
      encoded += static_cast<char>(c);
    else
      encoded += fmt::format("%{:02X}", c);
  }
  return encoded;
}

std::string decode_path(const std::string& path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    unsigned value = 0;
    if (path[i] == '%' && i + 2 < path.size() &&
        std::from_chars(path.data() + i + 1, path.data() + i + 3, value, 16).ptr == path.data() + i + 3) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += path[i];
    }
  }
  return decoded;
}

Json print_commit(const CommitInfo& commit) {
  Json info;
  info["timestamp"] = commit.timestamp;
  info["operation"] = commit.operation;
  info["operationParameters"] = commit.parameters;
  info["isolationLevel"] = "Serializable";
  info["isBlindAppend"] = false;
  info["engineInfo"] = commit.engine;
  info["txnId"] = commit.id;
  if (!commit.run.empty()) info["tags"] = {{kRunTag, commit.run}};
  return info;
}

Json print_metadata(const Metadata& metadata) {
  Json data;
  data["id"] = metadata.id;
  data["name"] = metadata.name;
  data["format"] = {{"provider", "parquet"}, {"options", Json::object()}};
  data["schemaString"] = metadata.schema;
  data["partitionColumns"] = metadata.partition_columns;
  data["configuration"] = metadata.configuration;
  data["createdTime"] = metadata.created;
  return data;
}

Json print_add(const DataFile& file) {
  Json add;
  add["path"] = encode_path(file.path);
  add["partitionValues"] = partition_values(file);
  add["size"] = file.bytes;
  add["modificationTime"] = file.modified;
  add["dataChange"] = true;
  if (!file.statistics.empty()) add["stats"] = file.statistics;
  if (!file.tags.empty()) add["tags"] = file.tags;
  return add;
}

Json print_remove(const DataFile& file, int64_t timestamp) {
  Json remove;
  remove["path"] = encode_path(file.path);
  remove["deletionTimestamp"] = timestamp;
  remove["dataChange"] = true;
  remove["extendedFileMetadata"] = true;
  remove["partitionValues"] = partition_values(file);
  remove["size"] = file.bytes;
  return remove;
}

// The value under key, or a fallback if it is missing or null.
template <class T>
T value_or(const Json& object, const char* key, T fallback) {
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? fallback : found->template get<T>();
}

CommitInfo parse_commit(const Json& info) {
  CommitInfo commit;
  constexpr int64_t kMost = INT64_MAX / 1000;  // what microseconds can say
  commit.timestamp = std::clamp(value_or<int64_t>(info, "timestamp", 0), -kMost, kMost);
  commit.operation = value_or<std::string>(info, "operation", "");
  commit.engine = value_or<std::string>(info, "engineInfo", "");
  commit.id = value_or<std::string>(info, "txnId", "");
  if (auto tags = info.find("tags"); tags != info.end() && tags->is_object())
    commit.run = value_or<std::string>(*tags, kRunTag, "");
  return commit;
}

Metadata parse_metadata(const Json& data) {
  Metadata metadata;
  metadata.id = data.at("id").get<std::string>();
  metadata.name = value_or<std::string>(data, "name", "");
  metadata.schema = data.at("schemaString").get<std::string>();
  metadata.partition_columns = value_or<std::vector<std::string>>(data, "partitionColumns", {});
  metadata.configuration = value_or<std::map<std::string, std::string>>(data, "configuration", {});
  metadata.created = value_or<int64_t>(data, "createdTime", 0);
  return metadata;
}

DataFile parse_file(const Json& action) {
  DataFile file;
  file.path = decode_path(action.at("path").get<std::string>());
  file.bytes = value_or<uint64_t>(action, "size", 0);
  file.modified = value_or<int64_t>(action, "modificationTime", 0);
  file.statistics = value_or<std::string>(action, "stats", "");
  if (auto values = action.find("partitionValues"); values != action.end() && values->is_object())
    for (const auto& [name, value] : values->items())
      file.partition[name] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  if (auto tags = action.find("tags"); tags != action.end() && tags->is_object())
    for (const auto& [name, value] : tags->items())
      if (value.is_string()) file.tags[name] = value.get<std::string>();
  if (!file.statistics.empty()) {
    Json statistics = Json::parse(file.statistics);
    if (auto rows = statistics.find("numRecords"); rows != statistics.end()) file.rows = rows->get<uint64_t>();
  }
  return file;
}

// The versions in a log's folder, ascending, and whether a checkpoint stands for those that are gone.
struct Listing {
  std::vector<int64_t> versions;
  bool checkpoint = false;
};

Listing list_versions(const storage::Store& store, const std::string& table_folder) {
  Listing listing;
  for (const storage::Listed& listed : store.list(table_folder + "/_delta_log")) {
    const std::string& name = listed.name;
    if (name == "_last_checkpoint") listing.checkpoint = true;
    if (name.size() != 25 || !name.ends_with(".json")) continue;
    int64_t version = 0;
    auto parsed = std::from_chars(name.data(), name.data() + 20, version);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + 20) listing.versions.push_back(version);
  }
  return listing;  // names have a fixed width, so their order is that of the versions
}

}  // namespace

std::string print_entry(const Entry& entry) {
  std::string text;
  auto add_line = [&](const char* action, Json value) {
    Json line;
    line[action] = std::move(value);
    text += line.dump(-1, ' ', false, Json::error_handler_t::replace);
    text += '\n';
  };
  if (entry.commit) add_line("commitInfo", print_commit(*entry.commit));
  if (entry.protocol)
    add_line("protocol", {{"minReaderVersion", entry.protocol->reader}, {"minWriterVersion", entry.protocol->writer}});
  if (entry.metadata) add_line("metaData", print_metadata(*entry.metadata));
  for (const DataFile& file : entry.removes)
    add_line("remove", print_remove(file, entry.commit ? entry.commit->timestamp : 0));
  for (const DataFile& file : entry.adds) add_line("add", print_add(file));
  return text;
}

Entry parse_entry(const std::string& text, const std::string& file) {
  Entry entry;
  size_t line_number = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    ++line_number;
    if (end > begin) {
      try {
        Json line =
            Json::parse(text.begin() + static_cast<ptrdiff_t>(begin), text.begin() + static_cast<ptrdiff_t>(end));
        if (auto found = line.find("commitInfo"); found != line.end()) entry.commit = parse_commit(*found);
        if (auto found = line.find("protocol"); found != line.end())
          entry.protocol = Protocol{found->at("minReaderVersion").get<int>(), found->at("minWriterVersion").get<int>()};
        if (auto found = line.find("metaData"); found != line.end()) entry.metadata = parse_metadata(*found);
        if (auto found = line.find("remove"); found != line.end()) entry.removes.push_back(parse_file(*found));
        if (auto found = line.find("add"); found != line.end()) entry.adds.push_back(parse_file(*found));
      } catch (const nlohmann::json::exception& error) {
        Error damage;
        damage.code = ErrorCode::kIo;
        damage.message = fmt::format("the table's log is damaged: {}", error.what());
        damage.place = Place{file, line_number, 0, 0};
        damage.hint = "restore this file from a backup; the data files are not touched by this";
        throw Failure(std::move(damage));
      }
    }
    begin = end + 1;
  }
  return entry;
}

std::string entry_path(const std::string& table_folder, int64_t version) {
  return fmt::format("{}/_delta_log/{:020}.json", table_folder, version);
}

Snapshot read_log(const storage::Store& store, const std::string& table_folder, std::optional<int64_t> version) {
  Snapshot snapshot;
  Listing listing = list_versions(store, table_folder);
  if (listing.versions.empty()) return snapshot;
  std::string log = store.address(table_folder + "/_delta_log");
  if (listing.versions.front() != 0)
    fail(ErrorCode::kIo,
         fmt::format("the log in {} begins with version {}: {}", log, listing.versions.front(),
                     listing.checkpoint
                         ? "another program replaced the older part by a checkpoint, which Segue does not read"
                         : "older entries are missing"),
         "let other programs keep the log of Segue's tables whole (delta.logRetentionDuration)");
  int64_t last = version.value_or(listing.versions.back());
  if (last < 0 || last > listing.versions.back()) return snapshot;

  // Files in the order in which they were added; a removed one leaves a hole that is closed at the end.
  std::vector<std::optional<DataFile>> files;
  std::unordered_map<std::string, size_t> places;
  for (int64_t next = 0; next <= last; ++next) {
    std::string path = entry_path(table_folder, next);
    std::optional<std::string> text = store.read(path);
    if (!text)
      fail(ErrorCode::kIo, fmt::format("version {} is missing from the log in {}", next, log),
           "restore the file from a backup");
    Entry entry = parse_entry(*text, store.address(path));
    if (entry.protocol) snapshot.protocol = *entry.protocol;
    if (snapshot.protocol.reader > 1)
      fail(ErrorCode::kIo,
           fmt::format("{} asks for Delta reader version {}; Segue reads version 1", store.address(table_folder),
                       snapshot.protocol.reader),
           "the table was changed by a program that uses newer features, such as deletion vectors or column mapping");
    if (entry.metadata) snapshot.metadata = *entry.metadata;
    snapshot.commit = entry.commit.value_or(CommitInfo{});
    for (const DataFile& file : entry.removes) {
      auto place = places.find(file.path);
      if (place == places.end()) continue;
      files[place->second].reset();
      places.erase(place);
    }
    for (DataFile& file : entry.adds) {
      auto [place, added] = places.try_emplace(file.path, files.size());
      if (added)
        files.emplace_back(std::move(file));
      else
        files[place->second] = std::move(file);
    }
  }
  snapshot.version = last;
  for (std::optional<DataFile>& file : files)
    if (file) snapshot.files.push_back(std::move(*file));
  return snapshot;
}

}  // namespace segue::lake

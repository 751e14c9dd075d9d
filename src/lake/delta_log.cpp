#include "lake/delta_log.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <type_traits>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/whole_number.h"
#include "lake/checkpoint.h"

namespace segue::lake {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRunTag = "segue.run";

Json partition_values(const DataFile& file) {
  Json values = Json::object();
  for (const auto& [name, value] : file.partition) values[name] = value ? Json(*value) : Json(nullptr);
  return values;
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
  if (!metadata.description.empty()) data["description"] = metadata.description;
  data["format"] = {{"provider", "parquet"}, {"options", Json::object()}};
  data["schemaString"] = metadata.schema;
  data["partitionColumns"] = metadata.partition_columns;
  data["configuration"] = metadata.configuration;
  data["createdTime"] = metadata.created;
  return data;
}

Json print_add(const DataFile& file, bool data_change) {
  Json add;
  add["path"] = encode_path(file.path);
  add["partitionValues"] = partition_values(file);
  add["size"] = file.bytes;
  add["modificationTime"] = file.modified;
  add["dataChange"] = data_change;
  if (!file.statistics.empty()) add["stats"] = file.statistics;
  if (!file.tags.empty()) add["tags"] = file.tags;
  return add;
}

Json print_remove(const DataFile& file, int64_t timestamp, bool data_change) {
  Json remove;
  remove["path"] = encode_path(file.path);
  remove["deletionTimestamp"] = timestamp;
  remove["dataChange"] = data_change;
  remove["extendedFileMetadata"] = true;
  remove["partitionValues"] = partition_values(file);
  remove["size"] = file.bytes;
  return remove;
}

// The value under key, or a fallback if it is missing or null.
template <class T>
T value_or(const Json& object, const char* key, T fallback) {
  auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  if constexpr (std::is_integral_v<T>)
    return whole_number<T>(*found);
  else
    return found->template get<T>();
}

CommitInfo parse_commit(const Json& info) {
  CommitInfo commit;
  constexpr int64_t kMost = INT64_MAX / 1000;  // what microseconds can say
  commit.timestamp = std::clamp(value_or<int64_t>(info, "timestamp", 0), -kMost, kMost);
  commit.operation = value_or<std::string>(info, "operation", "");
  if (auto parameters = info.find("operationParameters"); parameters != info.end() && parameters->is_object())
    for (const auto& [name, value] : parameters->items())
      commit.parameters[name] = value.is_string() ? value.get<std::string>() : value.dump();
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
  metadata.description = value_or<std::string>(data, "description", "");
  metadata.schema = data.at("schemaString").get<std::string>();
  metadata.partition_columns = value_or<std::vector<std::string>>(data, "partitionColumns", {});
  metadata.configuration = value_or<std::map<std::string, std::string>>(data, "configuration", {});
  metadata.created = value_or<int64_t>(data, "createdTime", 0);
  return metadata;
}

Transaction parse_transaction(const Json& data) {
  Transaction transaction{data.at("appId").get<std::string>(), whole_number<int64_t>(data.at("version")), {}};
  if (auto updated = data.find("lastUpdated"); updated != data.end() && updated->is_number_integer())
    transaction.updated = updated->get<int64_t>();
  return transaction;
}

DataFile parse_file(const Json& action) {
  DataFile file;
  file.path = decode_path(action.at("path").get<std::string>());
  file.bytes = value_or<uint64_t>(action, "size", 0);
  file.modified = value_or<int64_t>(action, "modificationTime", 0);
  file.removed = value_or<int64_t>(action, "deletionTimestamp", 0);
  file.statistics = value_or<std::string>(action, "stats", "");
  if (auto values = action.find("partitionValues"); values != action.end() && values->is_object())
    for (const auto& [name, value] : values->items())
      file.partition[name] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  if (auto tags = action.find("tags"); tags != action.end() && tags->is_object())
    for (const auto& [name, value] : tags->items())
      if (value.is_string()) file.tags[name] = value.get<std::string>();
  file.rows = rows_of_statistics(file.statistics);
  return file;
}

// What a log's folder holds, ascending.
struct Listing {
  std::vector<int64_t> versions;  // that have an entry
  std::vector<Checkpoint> checkpoints;

  int64_t newest() const {
    return std::max(versions.empty() ? -1 : versions.back(), checkpoints.empty() ? -1 : checkpoints.back().version);
  }
};

Listing list_log(const storage::Store& store, const std::string& table_folder) {
  Listing listing;
  std::vector<std::string> names;
  for (storage::Listed& listed : store.list(table_folder + "/_delta_log")) {
    const std::string& name = listed.name;
    int64_t version = 0;
    if (name.size() == 25 && name.ends_with(".json")) {
      auto parsed = std::from_chars(name.data(), name.data() + 20, version);
      if (parsed.ec == std::errc() && parsed.ptr == name.data() + 20) listing.versions.push_back(version);
    } else {
      names.push_back(std::move(listed.name));
    }
  }
  listing.checkpoints = find_checkpoints(names);
  return listing;  // names have a fixed width, so their order is that of the versions
}

// The table while its log is replayed.
class Replay {
 public:
  explicit Replay(std::string address) : address_(std::move(address)) {}

  void apply(int64_t version, Entry entry) {
    state_.version = version;
    if (entry.protocol) state_.protocol = *entry.protocol;
    if (state_.protocol.reader > 1)
      fail(ErrorCode::kIo,
           fmt::format("{} asks for Delta reader version {}; Segue reads version 1", address_, state_.protocol.reader),
           "the table was changed by a program that uses newer features, such as deletion vectors or column mapping");
    if (entry.metadata) state_.metadata = *entry.metadata;
    state_.commit = entry.commit.value_or(CommitInfo{});
    for (const Transaction& transaction : entry.transactions)
      state_.transactions[transaction.application] = transaction;
    for (DataFile& file : entry.removes) {
      auto place = places_.find(file.path);
      if (place != places_.end()) {
        files_[place->second].reset();
        places_.erase(place);
      }
      std::string path = file.path;
      state_.removed.insert_or_assign(std::move(path), std::move(file));
    }
    for (DataFile& file : entry.adds) {
      state_.removed.erase(file.path);
      auto [place, added] = places_.try_emplace(file.path, files_.size());
      if (added)
        files_.emplace_back(std::move(file));
      else
        files_[place->second] = std::move(file);
    }
  }

  Snapshot finish() {
    for (std::optional<DataFile>& file : files_)
      if (file) state_.files.push_back(std::move(*file));
    return std::move(state_);
  }

 private:
  std::string address_;
  Snapshot state_;
  // In the order in which they were added; a removed one leaves a hole that is closed at the end.
  std::vector<std::optional<DataFile>> files_;
  std::unordered_map<std::string, size_t> places_;
};

// Calls use(version, Entry&&) for each of these, in order; several are read at a time.
template <class Use>
void read_entries(const storage::Store& store, const std::string& table_folder, const std::vector<int64_t>& versions,
                  Use use) {
  constexpr size_t kAtOnce = 64;
  for (size_t begin = 0; begin < versions.size(); begin += kAtOnce) {
    size_t end = std::min(begin + kAtOnce, versions.size());
    std::vector<std::string> paths;
    for (size_t i = begin; i < end; ++i) paths.push_back(entry_path(table_folder, versions[i]));
    std::vector<std::optional<std::string>> texts = store.read_all(paths);
    for (size_t i = begin; i < end; ++i) {
      std::optional<std::string>& text = texts[i - begin];
      if (!text)
        fail(ErrorCode::kIo,
             fmt::format("version {} is missing from the log in {}", versions[i],
                         store.address(table_folder + "/_delta_log")),
             "restore the file from a backup");
      use(versions[i], parse_entry(*text, store.address(paths[i - begin])));
      text.reset();
    }
  }
}

}  // namespace

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

std::optional<uint64_t> rows_of_statistics(const std::string& statistics) {
  Json parsed = Json::parse(statistics, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  auto rows = parsed.find("numRecords");
  return rows != parsed.end() && rows->is_number_unsigned() ? std::optional(rows->get<uint64_t>()) : std::nullopt;
}

std::string print_entry(const Entry& entry) {
  std::string text;
  auto add_line = [&](const char* action, Json value) {
    Json line;
    line[action] = std::move(value);
    text += line.dump(-1, ' ', false, Json::error_handler_t::replace);
    text += '\n';
  };
  // Of this operation Delta demands that no row changes: readers of changes pass over it.
  bool data_change = !entry.commit || entry.commit->operation != "OPTIMIZE";
  if (entry.commit) add_line("commitInfo", print_commit(*entry.commit));
  if (entry.protocol)
    add_line("protocol", {{"minReaderVersion", entry.protocol->reader}, {"minWriterVersion", entry.protocol->writer}});
  if (entry.metadata) add_line("metaData", print_metadata(*entry.metadata));
  for (const Transaction& transaction : entry.transactions) {
    Json txn{{"appId", transaction.application}, {"version", transaction.version}};
    if (transaction.updated) txn["lastUpdated"] = *transaction.updated;
    add_line("txn", std::move(txn));
  }
  for (const DataFile& file : entry.removes)
    add_line("remove", print_remove(file, entry.commit ? entry.commit->timestamp : file.removed, data_change));
  for (const DataFile& file : entry.adds) add_line("add", print_add(file, data_change));
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
          entry.protocol = Protocol{whole_number<int>(found->at("minReaderVersion")),
                                    whole_number<int>(found->at("minWriterVersion"))};
        if (auto found = line.find("metaData"); found != line.end()) entry.metadata = parse_metadata(*found);
        if (auto found = line.find("txn"); found != line.end()) entry.transactions.push_back(parse_transaction(*found));
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

int64_t newest_version(const storage::Store& store, const std::string& table_folder) {
  return list_log(store, table_folder).newest();
}

Snapshot read_log(const storage::Store& store, const std::string& table_folder, std::optional<int64_t> version) {
  Listing listing = list_log(store, table_folder);
  int64_t last = version.value_or(listing.newest());
  if (last < 0 || last > listing.newest()) return {};
  Replay replay(store.address(table_folder));
  int64_t next = 0;
  std::string broken;  // why checkpoints cannot be read
  auto has_entry = [&](int64_t v) { return std::binary_search(listing.versions.begin(), listing.versions.end(), v); };
  for (auto checkpoint = listing.checkpoints.rbegin(); checkpoint != listing.checkpoints.rend() && next == 0;
       ++checkpoint) {
    if (checkpoint->version > last) continue;
    try {
      Entry state = read_checkpoint(store, table_folder, *checkpoint);
      if (checkpoint->version == last && has_entry(last))
        read_entries(store, table_folder, {last},
                     [&](int64_t, Entry&& entry) { state.commit = std::move(entry.commit); });
      replay.apply(checkpoint->version, std::move(state));
      next = checkpoint->version + 1;
    } catch (const Failure& failure) {
      broken = "; " + failure.error().message;
    }
  }
  if (next == 0 && !has_entry(0)) {
    if (version && broken.empty()) return {};  // other programs remove what is old from a log
    fail(ErrorCode::kIo,
         fmt::format("the log in {} does not reach back to its beginning, or to a checkpoint that can be read{}",
                     store.address(table_folder + "/_delta_log"), broken),
         "restore the log from a backup");
  }
  std::vector<int64_t> behind(static_cast<size_t>(std::max<int64_t>(last + 1 - next, 0)));
  std::iota(behind.begin(), behind.end(), next);
  read_entries(store, table_folder, behind, [&](int64_t each, Entry&& entry) { replay.apply(each, std::move(entry)); });
  return replay.finish();
}

void each_entry(const storage::Store& store, const std::string& table_folder,
                const std::function<void(int64_t version, const Entry& entry)>& use) {
  read_entries(store, table_folder, list_log(store, table_folder).versions, use);
}

}  // namespace segue::lake

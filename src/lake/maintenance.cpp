#include "lake/maintenance.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/data_files.h"
#include "lake/file_set.h"
#include "lake/recovery.h"
#include "lake/replaced_files.h"

namespace segue::lake {
namespace {

int64_t now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The lock, with what dead runs left finished or cleared.
std::unique_ptr<storage::Lock> take_over(storage::Store& store, const std::string& pipeline,
                                         const MaintenanceOptions& options) {
  std::unique_ptr<storage::Lock> lock = lock_pipeline(store, pipeline, options.by);
  recover_pipeline(store, pipeline, *lock, options.record_recovered);
  return lock;
}

bool same(const Metadata& a, const Metadata& b) {
  return a.schema == b.schema && a.description == b.description && a.partition_columns == b.partition_columns &&
         a.configuration == b.configuration;
}

// What is there of `files` and not of `others`, by path.
std::vector<DataFile> without(const std::vector<DataFile>& files, const std::vector<DataFile>& others) {
  std::set<std::string> paths;
  for (const DataFile& file : others) paths.insert(file.path);
  std::vector<DataFile> left;
  for (const DataFile& file : files)
    if (!paths.contains(file.path)) left.push_back(file);
  return left;
}

std::set<int64_t> readable_versions(const Lake& lake, const TableName& name) {
  std::set<int64_t> versions;
  for (const VersionSummary& version : lake.history(name))
    if (version.readable) versions.insert(version.version);
  return versions;
}

// Versions that have one of these files.
std::vector<int64_t> versions_with(const storage::Store& store, const std::string& folder,
                                   const std::set<std::string>& files, const std::set<int64_t>& among) {
  std::set<std::string> held;  // of these files, by the version that is looked at
  std::vector<int64_t> versions;
  each_entry(store, folder, [&](int64_t version, const Entry& entry) {
    for (const DataFile& file : entry.removes) held.erase(file.path);
    for (const DataFile& file : entry.adds)
      if (files.contains(file.path)) held.insert(file.path);
    if (!held.empty() && among.contains(version)) versions.push_back(version);
  });
  return versions;
}

// Records of batches that none of these versions is at, and that are old enough to be no run's that is at work.
std::vector<storage::Listed> unused_batches(const storage::Store& store, const TableName& name,
                                            const std::set<int64_t>& versions, int64_t now) {
  std::set<int64_t> used;
  int64_t batch = 0;
  each_entry(store, name.folder(), [&](int64_t version, const Entry& entry) {
    for (const Transaction& transaction : entry.transactions)
      if (transaction.application == name.full()) batch = transaction.version;
    if (versions.contains(version)) used.insert(batch);
  });
  std::vector<storage::Listed> unused;
  std::string folder = batch_path(name, 0);
  for (const storage::Listed& file : store.list(folder.substr(0, folder.rfind('/'))))
    if (now - file.modified >= kOrphanMillis && !used.contains(std::strtoll(file.name.c_str(), nullptr, 10)))
      unused.push_back(file);
  return unused;
}

// Statistics of versions that are none of these, and of no version at all if they are old enough to be no run's that is
// at work. Paths below the lake.
std::vector<std::string> unused_statistics(const storage::Store& store, const TableName& name,
                                           const std::set<int64_t>& versions, int64_t now) {
  std::set<std::string> known, used;
  FileSet files;
  each_entry(store, name.folder(), [&](int64_t version, const Entry& entry) {
    for (const DataFile& file : entry.removes) files.remove(file.path);
    for (const DataFile& file : entry.adds) files.add(file.path);
    std::string path = statistics_path(name, files);
    known.insert(path);
    if (versions.contains(version)) used.insert(path);
  });
  std::vector<std::string> unused;
  for (const storage::Listed& file : store.list(statistics_folder(name))) {
    std::string path = statistics_folder(name) + "/" + file.name;
    bool may_go = known.contains(path) || now - file.modified >= kOrphanMillis;
    if (may_go && !used.contains(path)) unused.push_back(path);
  }
  return unused;
}

Vacuumed vacuum_table(Lake& lake, const TableName& name, int64_t keep_millis, bool dry_run,
                      const MaintenanceOptions& options, storage::Lock& lock) {
  storage::Store& store = lake.store();
  std::string folder = name.folder();
  Vacuumed result{name, {}, 0, {}};
  // Listed before the log is read: what is committed in between is in the log, and what is written is not listed.
  DataFiles there(store, folder);
  Snapshot snapshot = read_log(store, folder);
  if (snapshot.version < 0) return result;
  std::set<std::string> current;
  for (const DataFile& file : snapshot.files) current.insert(file.path);
  std::map<std::string, int64_t> removed = removal_times(store, folder, snapshot);
  int64_t now = now_millis();
  for (const auto& [path, file] : there.files()) {
    if (current.contains(path)) continue;
    auto known = removed.find(path);
    bool old = known != removed.end() ? now - known->second >= keep_millis
                                      : now - file.modified >= std::max(keep_millis, kOrphanMillis);
    if (!old) continue;
    result.removed.push_back(path);
    result.bytes += file.bytes;
  }
  // What a process left that died while it wrote a checkpoint.
  for (const storage::Listed& listed : store.list(folder + "/_delta_log")) {
    if (!listed.name.starts_with('.') || !listed.name.ends_with(".tmp") || now - listed.modified < kOrphanMillis)
      continue;
    result.removed.push_back("_delta_log/" + listed.name);
    result.bytes += listed.bytes;
  }
  std::set<std::string> gone(result.removed.begin(), result.removed.end());
  std::set<int64_t> readable = readable_versions(lake, name);
  if (!gone.empty()) result.lost = versions_with(store, folder, gone, readable);
  for (int64_t version : result.lost) readable.erase(version);
  for (const storage::Listed& batch : unused_batches(store, name, readable, now)) {
    result.removed.push_back("_segue/batches/" + batch.name);
    result.bytes += batch.bytes;
  }
  std::sort(result.removed.begin(), result.removed.end());
  if (dry_run) return result;
  lock.check();
  for (const std::string& path : result.removed) {
    if (options.cancellation != nullptr) options.cancellation->check();
    store.remove(folder + "/" + path);
  }
  // Not counted: they tell of rows that are gone, and go with them.
  for (const std::string& path : unused_statistics(store, name, readable, now)) store.remove(path);
  return result;
}

}  // namespace

PublishedTable rollback(Lake& lake, const TableName& name, int64_t to, const MaintenanceOptions& options) {
  storage::Store& store = lake.store();
  std::string folder = name.folder();
  std::unique_ptr<storage::Lock> lock = take_over(store, name.pipeline, options);
  lake.at_version(name, to);  // it is there, with all its files
  Snapshot target = read_log(store, folder, to);
  Snapshot newest = read_log(store, folder);
  if (newest.version == to)
    fail(ErrorCode::kUsage, fmt::format("{} is at version {} already", name.full(), to),
         fmt::format("`segue show {} --history` lists its versions", name.full()));
  refuse_protocol(newest, store.address(folder));

  Entry entry;
  entry.commit =
      CommitInfo{now_millis(), "RESTORE", {{"version", std::to_string(to)}}, options.engine, storage::unique_id(), ""};
  if (!same(newest.metadata, target.metadata)) {
    entry.metadata = target.metadata;
    entry.metadata->id = newest.metadata.id;
  }
  entry.removes = without(newest.files, target.files);
  entry.adds = without(target.files, newest.files);
  set_batch(entry, newest, name, batch_of(target, name));
  if (!entry.removes.empty()) refuse_append_only(newest, store.address(folder));
  if (options.cancellation != nullptr) options.cancellation->check();
  lock->check();
  int64_t version = newest.version + 1;
  if (!store.put_if_absent(entry_path(folder, version), print_entry(entry)))
    fail(ErrorCode::kConflict, fmt::format("{} was changed by another program just now", name.full()),
         "nothing was done; look at its history, then try again");
  checkpoint_if_due(store, folder, version);
  remove_replaced(store, name);
  TableState state = lake.find(name, version).value();
  return {name, version, state.rows.value_or(0), state.bytes, state.files.size()};
}

std::vector<Vacuumed> vacuum(Lake& lake, const std::vector<TableName>& tables, int64_t keep_millis, bool dry_run,
                             const MaintenanceOptions& options) {
  std::vector<Vacuumed> results;
  if (tables.empty()) return results;
  std::unique_ptr<storage::Lock> lock = take_over(lake.store(), tables.front().pipeline, options);
  for (const TableName& name : tables) {
    SEGUE_ASSERT(name.pipeline == tables.front().pipeline);
    results.push_back(vacuum_table(lake, name, keep_millis, dry_run, options, *lock));
  }
  return results;
}

}  // namespace segue::lake

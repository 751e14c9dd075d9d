#include "lake/commit.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::lake {
namespace {

bool replaces(const TableChange& change, const DataFile& file) {
  if (change.files) return std::find(change.files->begin(), change.files->end(), file.path) != change.files->end();
  if (!change.parts) return true;
  auto tag = file.tags.find(kPartTag);
  return tag != file.tags.end() &&
         std::find(change.parts->begin(), change.parts->end(), tag->second) != change.parts->end();
}

// The change's own version if it is among base + 1 …, else nothing.
std::optional<int64_t> find_own(const storage::Store& store, const TableChange& change, int64_t newest) {
  for (int64_t version = change.base + 1; version <= newest; ++version) {
    std::string path = entry_path(change.name.folder(), version);
    std::optional<std::string> text = store.read(path);
    if (!text) continue;
    Entry entry = parse_entry(*text, store.address(path));
    if (entry.commit && entry.commit->id == change.commit.id) return version;
  }
  return std::nullopt;
}

PublishedTable describe_snapshot(const TableName& name, const Snapshot& snapshot) {
  PublishedTable table{name, snapshot.version, 0, 0, snapshot.files.size()};
  for (const DataFile& file : snapshot.files) {
    table.rows += file.rows.value_or(0);
    table.bytes += file.bytes;
  }
  return table;
}

}  // namespace

void refuse_protocol(const Snapshot& snapshot, const std::string& address) {
  if (snapshot.protocol.writer > 2)
    fail(ErrorCode::kIo,
         fmt::format("{} asks for Delta writer version {}; Segue writes version 2", address, snapshot.protocol.writer),
         "the table was changed by a program that uses newer features; publish under another step name, or remove the "
         "table");
}

void refuse_append_only(const Snapshot& snapshot, const std::string& address) {
  auto append_only = snapshot.metadata.configuration.find("delta.appendOnly");
  if (append_only != snapshot.metadata.configuration.end() && append_only->second == "true")
    fail(ErrorCode::kIo,
         fmt::format("{} is set to append only (delta.appendOnly), so its rows cannot be replaced", address),
         "unset the property, or publish under another step name");
}

bool keeps_only_newest(const Snapshot& snapshot) {
  auto found = snapshot.metadata.configuration.find(kOnlyNewest);
  return found != snapshot.metadata.configuration.end() && found->second == "true";
}

int64_t batch_of(const Snapshot& snapshot, const TableName& name) {
  auto transaction = snapshot.transactions.find(name.full());
  return transaction == snapshot.transactions.end() ? 0 : transaction->second.version;
}

void set_batch(Entry& entry, const Snapshot& snapshot, const TableName& name, int64_t batch) {
  if (batch_of(snapshot, name) == batch) return;
  entry.transactions.push_back({name.full(), batch, entry.commit->timestamp});
}

Entry make_entry(const TableChange& change, const Snapshot& snapshot, const std::string& address) {
  refuse_protocol(snapshot, address);
  if (!change.files || !change.files->empty()) refuse_append_only(snapshot, address);
  Entry entry;
  entry.commit = change.commit;
  bool fresh = snapshot.version < 0;
  if (fresh) entry.protocol = Protocol{};
  if (fresh || snapshot.metadata.schema != change.schema ||
      snapshot.metadata.partition_columns != change.partition_by || keeps_only_newest(snapshot) != change.only_newest ||
      snapshot.metadata.description != change.description) {
    Metadata metadata = snapshot.metadata;  // keeps its id and its configuration
    if (fresh) {
      metadata.id = storage::unique_id();
      metadata.name = change.name.full();
      metadata.created = change.commit.timestamp;
    }
    metadata.schema = change.schema;
    metadata.description = change.description;
    metadata.partition_columns = change.partition_by;
    metadata.configuration.erase(kOnlyNewest);
    if (change.only_newest) metadata.configuration[kOnlyNewest] = "true";
    entry.metadata = std::move(metadata);
  }
  for (const DataFile& file : snapshot.files)
    if (replaces(change, file)) entry.removes.push_back(file);
  if (change.files && entry.removes.size() != change.files->size())
    fail(ErrorCode::kConflict, fmt::format("{} was changed by another program just now", change.name.full()),
         "run again");
  entry.adds = change.adds;
  set_batch(entry, snapshot, change.name, change.batch);
  return entry;
}

PublishedTable describe(const TableChange& change, const Snapshot& snapshot, const Entry& entry) {
  Snapshot next = snapshot;
  next.version = snapshot.version + 1;
  std::set<std::string> removed;
  for (const DataFile& file : entry.removes) removed.insert(file.path);
  std::erase_if(next.files, [&](const DataFile& file) { return removed.count(file.path) != 0; });
  next.files.insert(next.files.end(), entry.adds.begin(), entry.adds.end());
  return describe_snapshot(change.name, next);
}

PublishedTable commit_change(storage::Store& store, const TableChange& change) {
  std::string folder = change.name.folder();
  for (int attempt = 0; attempt < kCommitAttempts; ++attempt) {
    Snapshot snapshot = read_log(store, folder);
    if (std::optional<int64_t> own = find_own(store, change, snapshot.version))
      return describe_snapshot(change.name, read_log(store, folder, *own));
    Entry entry = make_entry(change, snapshot, store.address(folder));
    if (store.put_if_absent(entry_path(folder, snapshot.version + 1), print_entry(entry)))
      return describe(change, snapshot, entry);
  }
  fail(ErrorCode::kConflict,
       fmt::format("{} is being changed by another program all the time: {} attempts to commit failed",
                   change.name.full(), kCommitAttempts),
       "stop the other program, then run again");
}

}  // namespace segue::lake

// The commit of one table: what a run decided, carried out against whatever the table's log is by then.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/delta_log.h"
#include "lake/publication.h"
#include "storage/store.h"

namespace segue::lake {

// What a table's new version shall be.
struct TableChange {
  TableName name;
  int64_t base = -1;                           // the version that the run saw; -1: no table
  std::string schema;                          // Delta's schemaString
  std::string description;                     // of the table, for people
  std::vector<std::string> partition_by = {};  // columns of it
  // The new files replace all others; or those of these parts (DataFile::tags[kPartTag]); or just these files
  // (DataFile::path), all of which the table must have.
  std::optional<std::vector<std::string>> parts;
  std::optional<std::vector<std::string>> files = {};
  int64_t batch = 0;         // TableState::batch of the new version
  bool only_newest = false;  // files that the new version has not are removed as soon as it is there
  CommitInfo commit;
  std::vector<DataFile> adds;
};

inline constexpr const char* kPartTag = "segue.part";

// Of a table's configuration: "true" if TableChange::only_newest.
inline constexpr const char* kOnlyNewest = "segue.onlyNewest";
bool keeps_only_newest(const Snapshot& snapshot);

// Throw Failure(kIo) if the table is of a protocol that we do not write, or if none of its rows may be removed.
void refuse_protocol(const Snapshot& snapshot, const std::string& address);
void refuse_append_only(const Snapshot& snapshot, const std::string& address);

// The batch that a table is at (TableState::batch), and what an entry says to set it: Delta's `txn` of an application
// that has the table's name.
int64_t batch_of(const Snapshot& snapshot, const TableName& name);
void set_batch(Entry& entry, const Snapshot& snapshot, const TableName& name, int64_t batch);

// The entry that brings `snapshot` to the state that is wanted. Throws Failure: kIo if the table's protocol or
// configuration forbids it, kConflict if it has not the files that are to be replaced.
Entry make_entry(const TableChange& change, const Snapshot& snapshot, const std::string& address);

// What the table holds once `entry` is committed on top of `snapshot`.
PublishedTable describe(const TableChange& change, const Snapshot& snapshot, const Entry& entry);

// Commits the change on top of whatever was committed by then; as long as others are faster, again. Durable only after
// Store::sync of entry_path(version). If the change is in the log already, by its commit id, nothing is written: so it
// may be repeated after a crash or a lost answer. Throws Failure(kConflict) after kCommitAttempts.
PublishedTable commit_change(storage::Store& store, const TableChange& change);

inline constexpr int kCommitAttempts = 15;

}  // namespace segue::lake

// A checkpoint: the state of a table at a version as one Parquet file, so that a reader replays only the log behind it
// (PROTOCOL.md, "Checkpoints", in the classic form).
//
//   <table>/_delta_log/00000000000000000010.checkpoint.parquet   a row an action: one of the columns txn, add, remove,
//                                                                metaData and protocol is not NULL
//   <table>/_delta_log/_last_checkpoint                          {"version":10,"size":42}: where other programs begin
//
// The log stays whole beside it: a checkpoint that is missing or broken costs time, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/delta_log.h"
#include "storage/store.h"

namespace segue::lake {

inline constexpr int64_t kCheckpointEvery = 10;  // versions
// Removed files are told of for so long: other programs' vacuum must know them.
inline constexpr int64_t kTombstoneMillis = int64_t{30} * 24 * 3600 * 1000;

// The file, or files, of one checkpoint.
struct Checkpoint {
  int64_t version = 0;
  std::vector<std::string> names;  // in the log's folder
};

// The checkpoints that are complete among these names of a log's folder, ascending.
std::vector<Checkpoint> find_checkpoints(const std::vector<std::string>& names);

// The state that it holds, as one entry without commitInfo. Throws Failure(kIo) if it cannot be read.
Entry read_checkpoint(const storage::Store& store, const std::string& table_folder, const Checkpoint& checkpoint);

// Writes the state of a snapshot; `now` (ms since 1970) says which removed files are still told of. Throws
// Failure(kIo).
void write_checkpoint(storage::Store& store, const std::string& table_folder, const Snapshot& snapshot, int64_t now);

// After `version` was committed: writes a checkpoint if one is due. Never throws: a table is whole without it.
void checkpoint_if_due(storage::Store& store, const std::string& table_folder, int64_t version) noexcept;

}  // namespace segue::lake

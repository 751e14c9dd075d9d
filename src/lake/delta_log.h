// The log of a table: Delta Lake's transaction protocol, reader version 1, writer version 2
// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Actions" and "Action Reconciliation").
//
// <table>/_delta_log/00000000000000000007.json is version 7: one JSON object a line, each one action:
//   commitInfo  {"timestamp":ms,"operation":"WRITE","engineInfo":"Segue/0.1.0","txnId":"…","tags":{"segue.run":"…"}, …}
//               always first
//   protocol    {"minReaderVersion":1,"minWriterVersion":2}
//               first version
//   metaData    {"id":"…","format":{"provider":"parquet","options":{}},"schemaString":"…","partitionColumns":[],
//               "configuration":{},"createdTime":ms}
//               first version, and when the columns change
//   remove      {"path":"…","deletionTimestamp":ms,"dataChange":true, …}
//               one for each file that is no longer part of the table
//   add         {"path":"…","partitionValues":{},"size":bytes,"modificationTime":ms,"dataChange":true,"stats":"{…}"}
// A version is valid if and only if the file has its whole name; there is nothing to repair. The table at version n is
// what the actions of 0 … n leave: the last protocol and metaData, and every added path that was not removed later.
//
// Every tenth version has a checkpoint beside it, which stands for the entries up to its own: see checkpoint.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/table.h"
#include "storage/store.h"

namespace segue::lake {

struct CommitInfo {
  int64_t timestamp = 0;                          // ms since 1970
  std::string operation;                          // "WRITE", …
  std::map<std::string, std::string> parameters;  // of the operation; values that are no text as JSON
  std::string engine;
  std::string id;  // unique to this commit: whoever finds the version taken sees whether it was by himself
  std::string run;
};

struct Protocol {
  int reader = 1;
  int writer = 2;
};

// How far an application has come that writes its batches exactly once.
struct Transaction {
  std::string application;
  int64_t version = 0;
  std::optional<int64_t> updated;  // ms since 1970
};

struct Metadata {
  std::string id;
  std::string name;
  std::string description;  // for people
  std::string schema;       // Delta's schemaString
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  int64_t created = 0;  // ms since 1970
};

// One version's actions.
struct Entry {
  std::optional<CommitInfo> commit;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Transaction> transactions;
  std::vector<DataFile> removes;
  std::vector<DataFile> adds;
};

// The whole file, ending in a line feed.
std::string print_entry(const Entry& entry);
// `file` is for messages. Unknown actions are left out. Throws Failure(kIo), located.
Entry parse_entry(const std::string& text, const std::string& file);

// The state of a table's log.
struct Snapshot {
  int64_t version = -1;  // -1: no table
  Protocol protocol;
  Metadata metadata;
  CommitInfo commit;  // of the last version
  std::vector<DataFile> files;
  std::map<std::string, DataFile> removed;  // by path: files of versions before this one
  std::map<std::string, Transaction> transactions;
};

// Paths in the log are percent-encoded, relative to the table's folder.
std::string encode_path(const std::string& path);
std::string decode_path(const std::string& path);

// numRecords of a file's statistics, if they tell it.
std::optional<uint64_t> rows_of_statistics(const std::string& statistics);

// "<table folder>/_delta_log/00000000000000000007.json"
std::string entry_path(const std::string& table_folder, int64_t version);

// The number of the last version in a table's log, or -1; reads names only.
int64_t newest_version(const storage::Store& store, const std::string& table_folder);

// Replays the log up to `version`, or to its end, from the newest checkpoint that can be read. A version that is not
// there (never was, is gone, or is still to come) gives version == -1.
Snapshot read_log(const storage::Store& store, const std::string& table_folder, std::optional<int64_t> version = {});

// Calls use for each entry that the log has, from the first on. Throws what use throws, and Failure(kIo), located.
void each_entry(const storage::Store& store, const std::string& table_folder,
                const std::function<void(int64_t version, const Entry& entry)>& use);

// Columns as Delta's schemaString and back. to_schema REQUIRES lake types; from_schema throws Failure(kIo) for types
// that Segue has not.
std::string to_schema(const std::vector<Field>& fields);
std::vector<Field> from_schema(const std::string& schema, const std::string& table);
// The same schema with comments on some of its columns, by their names; and what comments a schema has. REQUIRES: it is
// one that can be read.
std::string with_comments(const std::string& schema, const std::map<std::string, std::string>& comments);
std::map<std::string, std::string> comments_of(const std::string& schema);

}  // namespace segue::lake

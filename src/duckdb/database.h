// Ad-hoc SQL over published tables and sources.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/cancellation.h"
#include "columns/type.h"
#include "duckdb/table_function.h"

namespace segue::duckdb {

// A table's Parquet files, of one published version. Columns that a file lacks are NULL; TIMESTAMP is read as UTC
// whatever the file says.
struct ParquetTable {
  std::string name;  // "lastfm.top_songs": a schema and a table; or just a table
  std::vector<Field> fields;
  std::vector<std::filesystem::path> files;  // absolute; none: an empty table
  // Columns whose values are in the folders that the files lie in, as Hive names them; the files lack them.
  std::vector<std::string> partition_by = {};
  std::string file_column = {};  // a last column of this name tells the file of each row; empty: none does
  // Reads the table instead of `files`, which DuckDB cannot open itself: has the columns of `fields`, perhaps with other
  // types that are cast to theirs, and the file_column.
  std::shared_ptr<TableSource> source = {};
};

// Anything else, by way of a TableSource.
struct ReadTable {
  std::string name;
  std::shared_ptr<TableSource> source;
};

// What `FROM name AT (…)` asks for.
struct VersionChoice {
  bool timestamp = false;
  int64_t value = 0;  // a version; or a moment, in µs since 1970 UTC: the version that was the newest then
};

struct TableVersion {
  int64_t version = 0;
  ParquetTable table;
};

// `name` is as the query spells it, without quotes. Throws Failure if there is no such table or version, or if it
// cannot be read any more.
using FindVersion = std::function<TableVersion(const std::string& name, const VersionChoice& choice)>;

struct DatabaseOptions {
  size_t threads = 1;
  uint64_t memory = 0;                     // bytes; 0: as DuckDB chooses
  std::filesystem::path temporary_folder;  // where it spills; empty: nowhere
  FindVersion find_version = {};           // without it, no table has versions
  // All that lies below these may be read too: the files of versions that find_version will name.
  std::vector<std::filesystem::path> readable_folders = {};
};

// The rows of a query, as they come. Destroyed before its Database. Not thread-safe.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  // The result's columns as SQL spells their types ("BIGINT", "INTERVAL", "ENUM('a', 'b')"): more than lake types.
  virtual const std::vector<std::pair<std::string, std::string>>& columns() const = 0;
  // The next rows, or null at the end. Throws Failure as Database::query does.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
};

// One result after the other. Destroyed before its Database. Not thread-safe.
class Answers {
 public:
  virtual ~Answers() = default;
  // Begins the next query and returns its rows; null when there is none left. Ends those of the one before. Throws
  // Failure as Database::answers does.
  virtual std::unique_ptr<ResultStream> next() = 0;
};

// An in-memory DuckDB with a view for each table, locked down: it reads the tables' files and nothing else, writes
// nothing to disk. Statements that are no queries are refused.
class Database {
 public:
  // Throws Failure: kIo if a file cannot be read, kUsage if two tables have one name.
  Database(const std::vector<ParquetTable>& parquet, const std::vector<ReadTable>& sources,
           const DatabaseOptions& options = {});
  ~Database();

  // The answers of all queries of a text, in its order (`FROM t AT (VERSION => …)` may stand in them). Cancelling makes
  // this, Answers::next or ResultStream::next throw kCancelled within a second; cancellation outlives them. Throws
  // Failure: kUsage for mistakes in the SQL and for statements that are no queries, the Place holding line and column
  // in the text (file "<sql>"), kData for what goes wrong while it runs.
  std::unique_ptr<Answers> answers(const std::string& asked, const Cancellation& cancellation);

  // The rows of the one query that the text is. As answers().
  std::unique_ptr<ResultStream> query(const std::string& asked, const Cancellation& cancellation);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segue::duckdb

// The one place that says what a DuckDB of ours may do and by which rules it computes: binder, engine and ad-hoc SQL
// open theirs here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/cancellation.h"
#include "base/error.h"
#include "duckdb/handle.h"

namespace segue::duckdb {

struct InstanceOptions {
  size_t threads = 1;
  uint64_t memory = 0;                                       // bytes; 0: as DuckDB chooses
  std::filesystem::path temporary_folder;                    // where it spills; empty: nowhere
  std::vector<std::filesystem::path> readable_files;         // what it may open,
  std::vector<std::filesystem::path> readable_folders = {};  // and all below these
};

// Positions that DuckDB does not know.
inline constexpr uint64_t kNoPosition = ~uint64_t{0};

// What DuckDB says is wrong.
struct DuckdbError {
  std::string type;  // "Parser", "Binder", "Conversion", "Out of Memory", "INTERRUPT", …
  std::string message;
  uint64_t position = kNoPosition;  // in the text of the statement
  bool code_points = false;         // what the position counts; else bytes
  nlohmann::json details;           // all of it, as DuckDB writes errors in JSON; null if it did not
};

// An in-memory database with one connection, locked down: no files but those named, no network, no extensions, and
// settings that statements cannot change. session_number is there. Not thread-safe. Never a static object (nor anything
// that holds one): DuckDB uses thread-local memory as it closes, and that of the main thread is gone by then.
class Instance {
 public:
  // Throws Failure(kInternal) if DuckDB does not start.
  explicit Instance(const InstanceOptions& options = {});

  duckdb_connection connection() const { return connection_.get(); }

  // Runs a statement of ours that cannot fail but by a bug or a broken file. Throws Failure(code).
  void execute(const std::string& sql, ErrorCode code = ErrorCode::kInternal);

  // The error of a result or prepared statement that failed, taken apart.
  static DuckdbError parse_error(const char* text);

 private:
  void allow(const char* setting, const std::vector<std::filesystem::path>& paths);

  DatabaseHandle database_;
  Connection connection_;
};

// Interrupts a connection while `cancellation` is requested, from a thread of its own, until it is destroyed.
class Interrupter {
 public:
  Interrupter(duckdb_connection connection, const Cancellation& cancellation);
  ~Interrupter();
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
};

// What a query cannot compute: a value without an answer. kData.
class QueryFailure : public Failure {
 public:
  QueryFailure(Error error, uint64_t position) : Failure(std::move(error)), position_(position) {}
  // A byte of the query's text, or kNoPosition.
  uint64_t position() const { return position_; }

 private:
  uint64_t position_;
};

// The Failure for an error while a query ran: kCancelled, kLimit (memory), kIo, a QueryFailure or
// kInternal.
[[noreturn]] void fail_run(const DuckdbError& error, const Cancellation& cancellation);

}  // namespace segue::duckdb

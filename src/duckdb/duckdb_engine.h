// DuckDB as an engine: computes what the native engine cannot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/cancellation.h"
#include "columns/column.h"

namespace segue::duckdb {

struct EngineOptions {
  size_t threads = 1;
  uint64_t memory = 0;                     // bytes that DuckDB may use; 0: as DuckDB chooses
  std::filesystem::path temporary_folder;  // where it spills when memory is short; empty: it fails instead
};

// One locked-down DuckDB for the steps of a run. run() is called from one thread at a time.
class Engine {
 public:
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // Runs one SELECT (BoundQuery::text) over the inputs, which it calls by these names, and returns its rows in the
  // result's order. Input columns may be coded, constant or of any batch size. VARCHAR columns of the result are
  // uncoded. Throws Failure: kData with DuckDB's message, kLimit when memory does not suffice, kCancelled within a
  // second of cancellation.
  Relation run(const std::string& text, const std::map<std::string, const Relation*>& inputs,
               const Cancellation& cancellation);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segue::duckdb

// Our rows as tables of DuckDB: columns are asked for by need, morsels are read in parallel, and a table can be read
// any number of times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <duckdb.h>

#include "columns/column.h"
#include "columns/type.h"

namespace segue::duckdb {

// One reading of a table. Threads call read() at the same time, each for its own worker and for different morsels.
class Reading {
 public:
  virtual ~Reading() = default;
  virtual size_t morsels() const = 0;
  // Emits the morsel's rows in order, columns as asked for. `worker` < the `workers` of TableSource::open. Throws
  // Failure.
  virtual void read(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) = 0;
};

// Where rows come from. Outlives the database that reads it.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const std::vector<Field>& fields() const = 0;
  // How many rows there are, if that is known without reading: plans of joins get better by it.
  virtual std::optional<uint64_t> rows() const { return std::nullopt; }
  // Begins a reading of some columns (indices into fields(); maybe none: then only the rows count). Throws Failure.
  virtual std::unique_ptr<Reading> open(const std::vector<size_t>& columns, size_t workers) = 0;
};

// A relation as a source; it outlives the source.
std::unique_ptr<TableSource> make_table_source(const Relation& relation);

// The DuckDB function segue_table(i): the rows of source i. Sources may be set and cleared between queries.
class TableFunction {
 public:
  // Registers it. The connection's queries end before this does. Throws Failure(kInternal).
  TableFunction(duckdb_connection connection, size_t workers);
  ~TableFunction();
  TableFunction(TableFunction&&) noexcept;
  TableFunction& operator=(TableFunction&&) noexcept;

  // The index that segue_table() takes for a source, which outlives its use. strings_stay: memory of its strings lives
  // until the query has ended, so that DuckDB may point into it.
  size_t add(TableSource& source, bool strings_stay);
  void clear();

  // What a source threw while the last query ran, if anything; rethrows it once. DuckDB itself only passes messages on.
  void rethrow();

  struct Registry;  // implementation

 private:
  std::unique_ptr<Registry> registry_;
};

}  // namespace segue::duckdb

// Our rows as tables of DuckDB: columns are asked for by need, morsels are read in parallel, and a table can be read any number of times.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "columns/column.h"
#include "columns/type.h"

namespace segue::duckdb {

// One reading of a table. Threads call read() at the same time, each for its own worker and for different morsels.
class Reading {
 public:
  virtual ~Reading() = default;
  virtual size_t morsels() const = 0;
  // Emits the morsel's rows in order, columns as asked for. `worker` < the `workers` of TableSource::open. Throws Failure.
  virtual void read(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) = 0;
};

// Where rows come from. Outlives the database that reads it.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const std::vector<Field>& fields() const = 0;
  // Begins a reading of some columns (indices into fields(); maybe none: then only the rows count). Throws Failure.
  virtual std::unique_ptr<Reading> open(const std::vector<size_t>& columns, size_t workers) = 0;
};

// A relation as a source; it outlives the source.
std::unique_ptr<TableSource> make_table_source(const Relation& relation);

}  // namespace segue::duckdb

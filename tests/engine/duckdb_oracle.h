// DuckDB as the judge of kernels: values in, SQL, values out. Raw values both ways, so that nothing is lost on the way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <duckdb.h>

#include "columns/value.h"

namespace segue::test {

// Columns of equal length.
using Table = std::vector<std::vector<Value>>;

struct Outcome {
  std::string error;          // empty if the query ran
  Type type;                  // of the first column
  std::vector<Value> values;  // of the first column
};

class DuckdbOracle {
 public:
  DuckdbOracle();
  ~DuckdbOracle();
  DuckdbOracle(const DuckdbOracle&) = delete;
  DuckdbOracle& operator=(const DuckdbOracle&) = delete;

  // Makes the table t with the columns id (0, 1, …), c0, c1, … of these types.
  void load(const std::vector<Type>& types, const Table& columns);

  // The first column of a query's result.
  Outcome query(const std::string& sql);

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

}  // namespace segue::test

// Rows for the tests of the lake.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"
#include "columns/value.h"

namespace segue::lake {

// An empty folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Value integer(int64_t value, Type type = TypeId::kBigint);
Value real(double value, Type type = TypeId::kDouble);
Value text(const std::string& value, Type type = TypeId::kVarchar);
Value null(Type type);
Value list(Type element, std::vector<Value> values);
Value structure(std::vector<Field> fields, std::vector<Value> values);
// "2009-05-04 23:08:57.123456"
Value timestamp(int64_t micros);

// A batch a row, of constant columns.
Relation relation(std::vector<Field> fields, const std::vector<std::vector<Value>>& rows);

// Columns as an engine makes them.
template <class T>
Column fixed_column(Type type, const std::vector<T>& values, const std::vector<uint8_t>& valid = {}) {
  struct Memory {
    std::vector<T> values;
    std::vector<uint8_t> valid;
  };
  auto memory = std::make_shared<Memory>(Memory{values, valid});
  Column column;
  column.type = std::move(type);
  column.values = memory->values.data();
  column.valid = memory->valid.empty() ? nullptr : memory->valid.data();
  column.owner = memory;
  return column;
}
// NULL where there is nothing.
Column coded_column(const std::shared_ptr<Dictionary>& dictionary,
                    const std::vector<std::optional<std::string>>& values);
Column text_column(const std::vector<std::optional<std::string>>& values);
Column list_column(const std::vector<uint64_t>& offsets, Column elements, const std::vector<uint8_t>& valid = {});
Column struct_column(std::vector<Field> fields, std::vector<Column> children, const std::vector<uint8_t>& valid = {});

// All rows as text, a line each, values apart by '|', read back from a table's Parquet files in order.
std::vector<std::string> read_rows(const std::vector<std::string>& files);
// The same of rows in memory.
std::vector<std::string> print_rows(const Relation& rows);

}  // namespace segue::lake

// Small relations to hand to DuckDB, and their rows as text.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/memory.h"
#include "columns/column.h"
#include "columns/value.h"

namespace segue::duckdb {

// A relation of BIGINT and TIMESTAMP columns, in batches of batch_rows.
inline Relation make_relation(std::vector<Field> fields, size_t rows,
                              const std::function<std::optional<int64_t>(size_t, size_t)>& value,
                              size_t batch_rows = 1000) {
  Relation relation;
  relation.fields = std::move(fields);
  for (size_t begin = 0; begin < rows; begin += batch_rows) {
    Batch batch;
    batch.rows = std::min(batch_rows, rows - begin);
    for (size_t c = 0; c < relation.fields.size(); ++c) {
      struct Storage {
        std::vector<int64_t> values;
        std::vector<uint8_t> valid;
      };
      auto storage = std::make_shared<Storage>();
      for (size_t i = 0; i < batch.rows; ++i) {
        std::optional<int64_t> one = value(begin + i, c);
        storage->values.push_back(one.value_or(0));
        storage->valid.push_back(one.has_value());
      }
      Column column;
      column.type = relation.fields[c].type;
      column.values = storage->values.data();
      column.valid = storage->valid.data();
      column.owner = storage;
      batch.columns.push_back(std::move(column));
    }
    relation.batches.push_back(std::move(batch));
  }
  return relation;
}

// A relation of any values, one batch.
inline Relation make_relation(std::vector<Field> fields, const std::vector<std::vector<Value>>& rows) {
  Relation relation;
  Batch batch;
  batch.rows = rows.size();
  for (size_t c = 0; c < fields.size(); ++c) {
    // A list of all values is a column of them.
    Value list{Type::list(fields[c].type), std::vector<Value>()};
    for (const auto& row : rows) std::get<std::vector<Value>>(list.data).push_back(row[c]);
    Column constant = constant_column(list);
    Column column = constant.children[0];
    batch.columns.push_back(std::move(column));
  }
  relation.fields = std::move(fields);
  relation.batches.push_back(std::move(batch));
  return relation;
}

inline std::vector<std::optional<int64_t>> integers(const Relation& relation, size_t column) {
  std::vector<std::optional<int64_t>> result;
  for (const Batch& batch : relation.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      Value value = value_at(batch.columns[column], row);
      result.push_back(value.null() ? std::nullopt : std::optional(std::get<int64_t>(value.data)));
    }
  }
  return result;
}

// "a|b\n" a row.
inline std::string rows_text(const Relation& relation) {
  std::string text;
  for (const Batch& batch : relation.batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      for (size_t c = 0; c < batch.columns.size(); ++c) {
        if (c != 0) text += '|';
        text += to_string(value_at(batch.columns[c], row));
      }
      text += '\n';
    }
  }
  return text;
}

}  // namespace segue::duckdb

// Columns and batches: what flows between operators.
//
// A Column is a view: copying one is cheap and shares the memory, which `owner` keeps alive. A Column that has been
// handed on is never written again. Layout by type:
//   fixed width     values = T[rows]                                 valid = uint8_t[rows] or null (all are valid)
//   VARCHAR, coded  values = uint32_t[rows], codes of `dictionary`   code 0 is NULL, valid is null
//   VARCHAR, BLOB   values = std::string_view[rows]                  valid as above
//   LIST            values = uint64_t[rows + 1], of children[0]      valid as above (a NULL list is an empty range)
//   STRUCT          values = null; children[i] has `rows` rows       valid as above
// A constant column (stride 0) stands for any number of rows with one value (valid and values have one entry; of LIST
// two offsets; of STRUCT children are constant too). Element i is at index i * stride. What is stored where valid[i]
// is 0 is unspecified but readable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "columns/dictionary.h"
#include "columns/type.h"

namespace segue {

struct Column {
  Type type;
  const void* values = nullptr;
  const uint8_t* valid = nullptr;
  size_t stride = 1;
  std::shared_ptr<Dictionary> dictionary;  // set for coded VARCHAR only
  std::vector<Column> children;
  std::shared_ptr<const void> owner;  // keeps values, valid and the bytes of strings alive

  bool constant() const { return stride == 0; }
  bool coded() const { return dictionary != nullptr; }
  template <class T>
  const T* as() const {
    return static_cast<const T*>(values);
  }
  bool is_valid(size_t row) const {
    size_t i = row * stride;
    return dictionary ? as<uint32_t>()[i] != 0 : valid == nullptr || valid[i] != 0;
  }
  // REQUIRES: text() type and is_valid(row).
  std::string_view text(size_t row) const {
    size_t i = row * stride;
    return dictionary ? dictionary->text(as<uint32_t>()[i]) : as<std::string_view>()[i];
  }
  // Rows [offset, …) of this column; shares the memory.
  Column slice(size_t offset) const;
};

struct Batch {
  size_t rows = 0;
  std::vector<Column> columns;
  // Where batches come from an ordered source: position in it (morsel number). Batches of equal sequence come from one
  // thread, in order.
  uint64_t sequence = 0;
  // Of a partitioned source: first row of each partition in the batch (so it begins with 0); the batch holds whole
  // partitions. Else empty.
  std::vector<uint32_t> partitions;
};

// Rows in memory: batches in order. All have the same number and types of columns as `fields`; VARCHAR may be coded in
// one batch and not in another.
struct Relation {
  std::vector<Field> fields;
  std::vector<Batch> batches;
  size_t rows() const;
};

}  // namespace segue

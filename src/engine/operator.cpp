#include "engine/operator.h"

#include <algorithm>

#include "engine/expressions/gather.h"

namespace segue::engine {

namespace {

size_t bytes_of(const Column& column, size_t rows) {
  if (column.constant()) rows = 1;
  switch (column.type.id) {
    case TypeId::kStruct: {
      size_t bytes = 0;
      for (const Column& child : column.children) bytes += bytes_of(child, rows);
      return bytes;
    }
    case TypeId::kList: {
      const auto* offsets = column.as<uint64_t>();
      return (rows + 1) * sizeof(uint64_t) + bytes_of(column.children[0], offsets[rows] - offsets[0]);
    }
    case TypeId::kVarchar:
    case TypeId::kBlob: return rows * (column.coded() ? sizeof(uint32_t) : sizeof(std::string_view));
    default: return rows * value_bytes(column.type);
  }
}

}  // namespace

size_t bytes_of(const std::vector<Batch>& batches) {
  size_t bytes = 0;
  for (const Batch& batch : batches) {
    for (const Column& column : batch.columns) bytes += bytes_of(column, batch.rows);
  }
  return bytes;
}

size_t Collector::bytes() const {
  size_t bytes = 0;
  for (const auto& some : batches_) bytes += bytes_of(some);
  return bytes;
}

std::vector<Batch> Collector::take() {
  std::vector<Batch> all;
  for (auto& some : batches_) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
    some.clear();
  }
  std::stable_sort(all.begin(), all.end(), [](const Batch& a, const Batch& b) { return a.sequence < b.sequence; });
  return all;
}

namespace {

Column concat_column(const std::vector<Type>& types, const std::vector<Batch>& batches, size_t column) {
  std::vector<Piece> pieces;
  for (const Batch& batch : batches) pieces.push_back({&batch.columns[column], batch.rows});
  return concat(types[column], pieces);
}

}  // namespace

std::vector<Column> concat_batches(const std::vector<Type>& types, const std::vector<Batch>& batches) {
  std::vector<Column> columns;
  for (size_t c = 0; c < types.size(); ++c) columns.push_back(concat_column(types, batches, c));
  return columns;
}

std::vector<Column> concat_batches(const std::vector<Type>& types, const std::vector<Batch>& batches,
                                   Workers& workers) {
  std::vector<Column> columns(types.size());
  workers.for_each(types.size(), [&](size_t, size_t c) { columns[c] = concat_column(types, batches, c); });
  return columns;
}

}  // namespace segue::engine

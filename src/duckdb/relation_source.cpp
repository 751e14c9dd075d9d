#include <algorithm>

#include "base/error.h"
#include "duckdb/table_function.h"

namespace segue::duckdb {

namespace {

// Rows that one thread takes at a time: what DuckDB takes of its own tables.
constexpr size_t kMorselRows = 122'880;

// Rows [begin, begin + rows) of a batch.
struct Part {
  const Batch* batch = nullptr;
  size_t begin = 0;
  size_t rows = 0;
};

class RelationReading : public Reading {
 public:
  RelationReading(const std::vector<Part>& parts, std::vector<size_t> columns)
      : parts_(parts), columns_(std::move(columns)) {}
  size_t morsels() const override { return parts_.size(); }
  void read(size_t, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    const Part& part = parts_[morsel];
    Batch batch;
    batch.rows = part.rows;
    batch.sequence = morsel;
    for (size_t column : columns_) batch.columns.push_back(part.batch->columns[column].slice(part.begin));
    emit(std::move(batch));
  }

 private:
  const std::vector<Part>& parts_;
  std::vector<size_t> columns_;
};

class RelationSource : public TableSource {
 public:
  explicit RelationSource(const Relation& relation) : relation_(relation) {
    for (const Batch& batch : relation.batches) {
      SEGUE_ASSERT(batch.columns.size() == relation.fields.size());
      for (size_t begin = 0; begin < batch.rows; begin += kMorselRows) {
        parts_.push_back({&batch, begin, std::min(kMorselRows, batch.rows - begin)});
      }
    }
  }
  const std::vector<Field>& fields() const override { return relation_.fields; }
  std::optional<uint64_t> rows() const override { return relation_.rows(); }
  std::unique_ptr<Reading> open(const std::vector<size_t>& columns, size_t) override {
    return std::make_unique<RelationReading>(parts_, columns);
  }

 private:
  const Relation& relation_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<TableSource> make_table_source(const Relation& relation) {
  return std::make_unique<RelationSource>(relation);
}

}  // namespace segue::duckdb

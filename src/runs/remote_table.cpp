#include "runs/remote_table.h"

#include <atomic>
#include <optional>
#include <utility>

#include "columns/value.h"
#include "runs/table_source.h"

namespace segue::runs {
namespace {

// What a query reads of it.
class RemoteReading : public duckdb::Reading {
 public:
  // `addresses`: of the files, where they are the column before which `file_at` others stand; else empty.
  RemoteReading(std::unique_ptr<formats::Scanner> scanner, std::vector<std::string> addresses, size_t file_at)
      : scanner_(std::move(scanner)),
        addresses_(std::move(addresses)),
        file_at_(static_cast<ptrdiff_t>(file_at)),
        left_(scanner_->morsels()) {
    if (left_ == 0) scanner_->finish();
  }
  size_t morsels() const override { return scanner_->morsels(); }
  void read(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    scanner_->scan(worker, morsel, [&](Batch&& batch) {
      if (!addresses_.empty())
        batch.columns.insert(batch.columns.begin() + file_at_,
                             constant_column({TypeId::kVarchar, addresses_.at(scanner_->file(morsel))}));
      emit(std::move(batch));
    });
    // Whoever reads the last morsel says what was wrong with the rows of all.
    if (left_.fetch_sub(1) == 1) scanner_->finish();
  }

 private:
  std::unique_ptr<formats::Scanner> scanner_;
  const std::vector<std::string> addresses_;
  const ptrdiff_t file_at_;
  std::atomic<size_t> left_;
};

class RemoteTable : public duckdb::TableSource {
 public:
  RemoteTable(lake::TableState table, const std::string& file_column, const Cancellation& cancellation)
      : table_(std::move(table)), fields_(table_.fields), cancellation_(cancellation) {
    if (!file_column.empty()) fields_.push_back({file_column, TypeId::kVarchar});
  }
  const std::vector<Field>& fields() const override { return fields_; }
  std::optional<uint64_t> rows() const override { return table_.rows; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t workers) override {
    std::vector<size_t> of_table;
    std::vector<std::string> addresses;
    size_t file_at = 0;
    for (size_t column : columns) {
      if (column < table_.fields.size()) {
        of_table.push_back(column);
      } else {
        addresses = table_.file_addresses();
        file_at = of_table.size();
      }
    }
    return std::make_unique<RemoteReading>(open_table(table_, of_table, workers, cancellation_, nullptr),
                                           std::move(addresses), file_at);
  }

 private:
  const lake::TableState table_;
  std::vector<Field> fields_;
  const Cancellation& cancellation_;
};

}  // namespace

std::shared_ptr<duckdb::TableSource> make_remote_table(const lake::TableState& table, const std::string& file_column,
                                                       const Cancellation& cancellation) {
  return std::make_shared<RemoteTable>(table, file_column, cancellation);
}

}  // namespace segue::runs

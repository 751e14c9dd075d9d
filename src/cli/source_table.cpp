#include "cli/source_table.h"

#include <atomic>

#include "formats/scanner.h"
#include "runs/sources.h"

namespace segue::cli {
namespace {

class SourceReading : public duckdb::Reading {
 public:
  SourceReading(std::unique_ptr<runs::BadRowsOfSources> bad_rows, std::unique_ptr<formats::Scanner> scanner)
      : bad_rows_(std::move(bad_rows)), scanner_(std::move(scanner)), left_(scanner_->morsels()) {
    if (left_ == 0) scanner_->finish();
  }
  size_t morsels() const override { return scanner_->morsels(); }
  void read(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    scanner_->scan(worker, morsel, emit);
    // Whoever reads the last morsel says what was wrong with the rows of all.
    if (left_.fetch_sub(1) == 1) scanner_->finish();
  }

 private:
  std::unique_ptr<runs::BadRowsOfSources> bad_rows_;  // outlives the scanner
  std::unique_ptr<formats::Scanner> scanner_;
  std::atomic<size_t> left_;
};

class SourceTable : public duckdb::TableSource {
 public:
  SourceTable(const definition::Source& source, const Cancellation& cancellation)
      : source_(source), cancellation_(cancellation) {}
  const std::vector<Field>& fields() const override { return source_.columns; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t workers) override {
    auto bad_rows = std::make_unique<runs::BadRowsOfSources>();
    auto scanner = runs::open_source({&source_, columns}, columns, workers, cancellation_, nullptr, *bad_rows);
    return std::make_unique<SourceReading>(std::move(bad_rows), std::move(scanner));
  }

 private:
  definition::Source source_;
  const Cancellation& cancellation_;
};

}  // namespace

std::shared_ptr<duckdb::TableSource> make_source_table(const definition::Source& source,
                                                       const Cancellation& cancellation) {
  return std::make_shared<SourceTable>(source, cancellation);
}

}  // namespace segue::cli

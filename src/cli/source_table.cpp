#include "cli/source_table.h"

#include <atomic>
#include <mutex>

#include "formats/scanner.h"
#include "runs/prepare.h"
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
  SourceTable(std::shared_ptr<const definition::Pipeline> pipeline, const std::string& source,
              runs::FindColumns find_columns, const Cancellation& cancellation)
      : pipeline_(std::move(pipeline)),
        source_(*pipeline_->source(source)),
        find_columns_(std::move(find_columns)),
        cancellation_(cancellation) {}
  const std::vector<Field>& fields() const override { return source_.columns; }
  std::unique_ptr<duckdb::Reading> open(const std::vector<size_t>& columns, size_t workers) override {
    std::call_once(once_, [this] { prepare(); });
    auto bad_rows = std::make_unique<runs::BadRowsOfSources>();
    auto scanner = runs::open_source(prepared_, runs::files_of(source_, cancellation_), columns, workers, cancellation_,
                                     nullptr, *bad_rows);
    return std::make_unique<SourceReading>(std::move(bad_rows), std::move(scanner));
  }

 private:
  // The columns whose values make a row bad in a run. Where the SQL of steps has mistakes nobody knows: then it is
  // those that a query reads. All files are read, whatever the steps need.
  void prepare() {
    prepared_.source = &source_;
    for (size_t i = source_.columns.size() - source_.partitions; i < source_.columns.size(); ++i)
      prepared_.told.push_back(i);
    try {
      runs::PrepareOptions options;
      options.find_columns = find_columns_;
      auto prepared = runs::prepare(*pipeline_, options);
      for (const runs::PreparedSource& source : prepared->sources)
        if (source.source->name == source_.name) prepared_.used = source.used;
    } catch (const Failure&) {
    }
  }

  std::shared_ptr<const definition::Pipeline> pipeline_;
  const definition::Source& source_;
  const runs::FindColumns find_columns_;
  const Cancellation& cancellation_;
  std::once_flag once_;
  runs::PreparedSource prepared_;
};

}  // namespace

std::shared_ptr<duckdb::TableSource> make_source_table(std::shared_ptr<const definition::Pipeline> pipeline,
                                                       const std::string& source, runs::FindColumns find_columns,
                                                       const Cancellation& cancellation) {
  return std::make_shared<SourceTable>(std::move(pipeline), source, std::move(find_columns), cancellation);
}

}  // namespace segue::cli

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>

#include "base/error.h"
#include "base/limits.h"
#include "cli/output/writers.h"

namespace segue::cli {
namespace {

void require(const arrow::Status& status) {
  if (!status.ok()) fail(ErrorCode::kIo, "could not write Parquet: " + status.message());
}

// A Sink as Arrow's stream. A Failure of the sink passes through Arrow as an exception.
class SinkStream : public arrow::io::OutputStream {
 public:
  explicit SinkStream(Sink sink) : sink_(std::move(sink)) {}
  arrow::Status Write(const void* data, int64_t bytes) override {
    sink_(std::string_view(static_cast<const char*>(data), static_cast<size_t>(bytes)));
    written_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return written_; }
  bool closed() const override { return closed_; }

 private:
  Sink sink_;
  int64_t written_ = 0;
  bool closed_ = false;
};

class ParquetWriter : public ResultWriter {
 public:
  explicit ParquetWriter(Sink sink) : stream_(std::make_shared<SinkStream>(std::move(sink))) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    auto properties = parquet::WriterProperties::Builder()
                          .compression(parquet::Compression::ZSTD)
                          ->max_row_group_length(static_cast<int64_t>(limits::kRowGroupRows))
                          ->build();
    auto opened = parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), stream_, properties);
    require(opened.status());
    writer_ = std::move(*opened);
  }

  void write(const arrow::RecordBatch& batch) override { require(writer_->WriteRecordBatch(batch)); }

  void finish() override {
    require(writer_->Close());
    require(stream_->Close());
  }

 private:
  std::shared_ptr<SinkStream> stream_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_parquet_writer(Sink sink) {
  return std::make_unique<ParquetWriter>(std::move(sink));
}

}  // namespace segue::cli

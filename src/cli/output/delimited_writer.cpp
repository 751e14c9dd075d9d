#include <arrow/api.h>

#include "cli/output/value_text.h"
#include "cli/output/writers.h"

namespace segue::cli {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 16;

class DelimitedWriter : public ResultWriter {
 public:
  DelimitedWriter(const ResultOptions& options, char delimiter, Sink sink)
      : header_(options.header), delimiter_(delimiter), sink_(std::move(sink)) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    if (!header_) return;
    for (int i = 0; i < schema->num_fields(); ++i) {
      if (i != 0) out_ += delimiter_;
      append_field(schema->field(i)->name());
    }
    out_ += '\n';
  }

  void write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      for (int i = 0; i < batch.num_columns(); ++i) {
        if (i != 0) out_ += delimiter_;
        const arrow::Array& array = *batch.column(i);
        if (array.IsNull(row)) continue;
        field_.clear();
        array.num_fields() > 0 ? append_json(array, row, field_) : append_text(array, row, field_);
        append_field(field_);
      }
      out_ += '\n';
      if (out_.size() >= kFlushBytes) flush();
    }
  }

  void finish() override { flush(); }

 private:
  void append_field(std::string_view field) {
    bool quoted = field.empty() || field.find_first_of("\"\r\n") != std::string_view::npos ||
                  field.find(delimiter_) != std::string_view::npos;
    if (!quoted) {
      out_ += field;
      return;
    }
    out_ += '"';
    for (char c : field) {
      if (c == '"') out_ += '"';
      out_ += c;
    }
    out_ += '"';
  }

  void flush() {
    sink_(out_);
    out_.clear();
  }

  bool header_;
  char delimiter_;
  Sink sink_;
  std::string out_;
  std::string field_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_delimited_writer(const ResultOptions& options, char delimiter, Sink sink) {
  return std::make_unique<DelimitedWriter>(options, delimiter, std::move(sink));
}

}  // namespace segue::cli

#include <arrow/api.h>

#include "cli/output/value_text.h"
#include "cli/output/writers.h"

namespace segue::cli {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 16;

// An array with one object a line: as good to read as to stream.
class JsonWriter : public ResultWriter {
 public:
  explicit JsonWriter(Sink sink) : sink_(std::move(sink)) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    for (const auto& field : schema->fields()) names_.push_back(json_string(field->name()) + ":");
    out_ = "[";
  }

  void write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      out_ += first_ ? "\n{" : ",\n{";
      first_ = false;
      for (int i = 0; i < batch.num_columns(); ++i) {
        if (i != 0) out_ += ',';
        out_ += names_[static_cast<size_t>(i)];
        append_json(*batch.column(i), row, out_);
      }
      out_ += '}';
      if (out_.size() >= kFlushBytes) flush();
    }
  }

  void finish() override {
    out_ += first_ ? "]\n" : "\n]\n";
    flush();
  }

 private:
  void flush() {
    sink_(out_);
    out_.clear();
  }

  Sink sink_;
  std::vector<std::string> names_;
  std::string out_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<ResultWriter> make_json_writer(Sink sink) { return std::make_unique<JsonWriter>(std::move(sink)); }

}  // namespace segue::cli

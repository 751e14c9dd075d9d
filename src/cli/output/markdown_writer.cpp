#include <arrow/api.h>

#include "cli/output/value_text.h"
#include "cli/output/writers.h"
#include "cli/terminal/quantity.h"

namespace segue::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : printable(text)) {
    if (c == '|' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

class MarkdownWriter : public ResultWriter {
 public:
  MarkdownWriter(const ResultOptions& options, Sink sink) : bound_(options.rows), sink_(std::move(sink)) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    std::string names = "|";
    std::string rule = "|";
    for (const auto& field : schema->fields()) {
      names += " " + escaped(field->name()) + " |";
      rule += align_of(*field->type()) == Align::kRight ? " ---: |" : " --- |";
    }
    sink_(names + "\n" + rule + "\n");
  }

  void write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (++rows_ > bound_ && bound_ != 0) continue;
      std::string line = "|";
      for (const auto& column : batch.columns()) {
        std::string text;
        if (!column->IsNull(row)) append_text(*column, row, text);
        line += " " + escaped(text) + " |";
      }
      sink_(line + "\n");
    }
  }

  void finish() override {
    if (bound_ != 0 && rows_ > bound_) sink_("\n" + count_text(bound_) + " of " + count_text(rows_, "row") + "\n");
  }

 private:
  size_t bound_;
  Sink sink_;
  uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<ResultWriter> make_markdown_writer(const ResultOptions& options, Sink sink) {
  return std::make_unique<MarkdownWriter>(options, std::move(sink));
}

}  // namespace segue::cli

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output/value_text.h"
#include "cli/output/writers.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"

namespace segue::cli {
namespace {

// A cell longer than any terminal is wide: what is behind can't be seen in a box anyway.
constexpr size_t kCellBytes = 4096;

class BoxWriter : public ResultWriter {
 public:
  BoxWriter(const ResultOptions& options, Sink sink) : options_(options), sink_(std::move(sink)) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    for (const auto& field : schema->fields()) {
      const arrow::DataType& type = *field->type();
      std::string name = type_text(type);
      // The parts of a struct would widen its column for nothing: SHOW and DESCRIBE have them.
      if (type.num_fields() > 0) name = cut(name, 24);
      table_.headings.push_back({printable(field->name()), name, align_of(type), is_short(type)});
    }
  }

  void write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows() && (options_.rows == 0 || table_.rows.size() < options_.rows); ++row) {
      std::vector<Cell> cells;
      for (int column = 0; column < batch.num_columns(); ++column) cells.push_back(cell(*batch.column(column), row));
      table_.rows.push_back(std::move(cells));
    }
    rows_ += static_cast<uint64_t>(batch.num_rows());
  }

  void finish() override {
    Cuts cuts;
    sink_(draw(table_, options_.look, Frame::kBox, &cuts));
    sink_(paint(options_.look, Tone::kDim, footer(cuts)) + "\n");
  }

 private:
  static Cell cell(const arrow::Array& array, int64_t row) {
    if (array.IsNull(row)) return {"NULL", Tone::kDim};
    std::string text;
    append_text(array, row, text);
    if (text.size() > kCellBytes) text.resize(kCellBytes);
    return {printable(text)};
  }

  std::string footer(const Cuts& cuts) const {
    std::vector<std::string> parts;
    size_t shown = table_.rows.size();
    parts.push_back(shown < rows_
                        ? fmt::format("{} of {} (--rows 0 shows all)", count_text(shown), count_text(rows_, "row"))
                        : count_text(rows_, "row"));
    if (!cuts.hidden.empty())
      parts.push_back(fmt::format("hidden: {}", cut(fmt::format("{}", fmt::join(cuts.hidden, ", ")), 60)));
    if (cuts.values != 0) parts.push_back(count_text(cuts.values, "value") + " cut");
    if (!cuts.hidden.empty() || cuts.values != 0) parts.push_back("--output csv gives everything");
    return fmt::format("{}", fmt::join(parts, " · "));
  }

  ResultOptions options_;
  Sink sink_;
  Table table_;
  uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<ResultWriter> make_box_writer(const ResultOptions& options, Sink sink) {
  return std::make_unique<BoxWriter>(options, std::move(sink));
}

}  // namespace segue::cli

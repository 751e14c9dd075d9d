#include <arrow/api.h>
#include <arrow/util/decimal.h>

#include "base/error.h"
#include "cli/output/value_text.h"
#include "cli/output/writers.h"
#include "cli/terminal/chart.h"
#include "cli/terminal/quantity.h"

namespace segue::cli {
namespace {

class ChartWriter : public ResultWriter {
 public:
  ChartWriter(const ResultOptions& options, Sink sink) : options_(options), sink_(std::move(sink)) {}

  void begin(const std::shared_ptr<arrow::Schema>& schema) override {
    for (int i = 0; i < schema->num_fields(); ++i)
      if (is_number(*schema->field(i)->type())) number_ = i;
    if (number_ < 0)
      fail(ErrorCode::kUsage, "a chart needs a column of numbers",
           "put a count or a sum last: SELECT artist, count(*) …");
  }

  void write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      ++rows_;
      if (options_.rows != 0 && bars_.size() >= options_.rows) continue;
      const arrow::Array& numbers = *batch.column(number_);
      Bar bar;
      for (int i = 0; i < number_; ++i) {
        std::string text;
        append_text(*batch.column(i), row, text);
        bar.label += (i == 0 ? "" : " · ") + printable(text);
      }
      std::string number;
      if (!numbers.IsNull(row)) append_text(numbers, row, number);
      bar.value = number.empty() ? 0 : std::strtod(number.c_str(), nullptr);
      bars_.push_back(std::move(bar));
    }
  }

  void finish() override {
    sink_(bar_chart(bars_, options_.look));
    if (bars_.size() < rows_)
      sink_(paint(options_.look, Tone::kDim, count_text(bars_.size()) + " of " + count_text(rows_, "row")) + "\n");
  }

 private:
  ResultOptions options_;
  Sink sink_;
  int number_ = -1;
  std::vector<Bar> bars_;
  uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<ResultWriter> make_chart_writer(const ResultOptions& options, Sink sink) {
  return std::make_unique<ChartWriter>(options, std::move(sink));
}

}  // namespace segue::cli

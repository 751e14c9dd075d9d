// Results of a query, row batch by row batch, in the format that was asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "cli/terminal/look.h"

namespace segue::cli {

enum class OutputFormat { kBox, kCsv, kTsv, kJson, kMarkdown, kParquet, kChart };

// The names of --output, in the order of the enum.
const std::vector<std::string>& output_format_names();
std::optional<OutputFormat> output_format(std::string_view name);
// The format that a file's ending stands for.
std::optional<OutputFormat> output_format_of_file(std::string_view path);

// Where the bytes go. May throw Failure.
using Sink = std::function<void(std::string_view bytes)>;

struct ResultOptions {
  Look look;
  size_t rows = 40;    // a box, chart or markdown table shows this many and says how many more there are; 0: all
  bool header = true;  // csv, tsv
};

// Calls in this order: begin, write for every batch, finish. One thread.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void begin(const std::shared_ptr<arrow::Schema>& schema) = 0;
  virtual void write(const arrow::RecordBatch& batch) = 0;
  virtual void finish() = 0;
};

// box: a drawn table and a line that says what was left out. csv, tsv: RFC 4180 with \n, empty for NULL, "" for the
// empty string, nested values as JSON. json: an array of objects. markdown: a GitHub table. parquet: one file, zstd.
// chart: a bar a row, of the last number column, labelled with the columns before it; throws Failure(kUsage) if there
// is none.
std::unique_ptr<ResultWriter> make_result_writer(OutputFormat format, const ResultOptions& options, Sink sink);

}  // namespace segue::cli

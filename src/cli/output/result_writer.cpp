#include "cli/output/result_writer.h"

#include <algorithm>

#include "cli/output/writers.h"

namespace segue::cli {

const std::vector<std::string>& output_format_names() {
  static const std::vector<std::string> names = {"box", "csv", "tsv", "json", "markdown", "parquet", "chart"};
  return names;
}

std::optional<OutputFormat> output_format(std::string_view name) {
  const auto& names = output_format_names();
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<OutputFormat>(found - names.begin());
}

std::optional<OutputFormat> output_format_of_file(std::string_view path) {
  size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view ending = path.substr(dot + 1);
  if (ending == "md") return OutputFormat::kMarkdown;
  if (ending == "txt") return OutputFormat::kBox;
  auto format = output_format(ending);
  if (format == OutputFormat::kBox || format == OutputFormat::kChart) return std::nullopt;
  return format;
}

std::unique_ptr<ResultWriter> make_result_writer(OutputFormat format, const ResultOptions& options, Sink sink) {
  switch (format) {
    case OutputFormat::kBox: return make_box_writer(options, std::move(sink));
    case OutputFormat::kCsv: return make_delimited_writer(options, ',', std::move(sink));
    case OutputFormat::kTsv: return make_delimited_writer(options, '\t', std::move(sink));
    case OutputFormat::kJson: return make_json_writer(std::move(sink));
    case OutputFormat::kMarkdown: return make_markdown_writer(options, std::move(sink));
    case OutputFormat::kParquet: return make_parquet_writer(std::move(sink));
    case OutputFormat::kChart: return make_chart_writer(options, std::move(sink));
  }
  return nullptr;
}

}  // namespace segue::cli

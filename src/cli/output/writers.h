// The makers behind make_result_writer, one a file.
#pragma once

#include <memory>

#include "cli/output/result_writer.h"

namespace segue::cli {

std::unique_ptr<ResultWriter> make_box_writer(const ResultOptions& options, Sink sink);
std::unique_ptr<ResultWriter> make_delimited_writer(const ResultOptions& options, char delimiter, Sink sink);
std::unique_ptr<ResultWriter> make_json_writer(Sink sink);
std::unique_ptr<ResultWriter> make_markdown_writer(const ResultOptions& options, Sink sink);
std::unique_ptr<ResultWriter> make_parquet_writer(Sink sink);
std::unique_ptr<ResultWriter> make_chart_writer(const ResultOptions& options, Sink sink);

}  // namespace segue::cli

// Files that are compiled in: the page of a report, and Chart.js.
#pragma once

#include <string_view>

namespace segue::cli {

std::string_view report_page_file();
std::string_view report_charts_file();

}  // namespace segue::cli

// What there is to know of a pipeline's tables, as one page.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace segue::cli {

// An HTML file that needs nothing else: scripts and data are in it. What `data` holds is written where it is made, in
// commands/export.cpp; the page (report/page.html) shows what it finds there.
std::string report_page(const nlohmann::ordered_json& data);

}  // namespace segue::cli

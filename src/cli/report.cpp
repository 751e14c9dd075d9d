#include "cli/report.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/report_files.h"

namespace segue::cli {
namespace {

void replace_once(std::string& page, std::string_view mark, std::string_view text) {
  size_t at = page.find(mark);
  SEGUE_ASSERT(at != std::string::npos);
  page.replace(at, mark.size(), text);
}

}  // namespace

std::string report_page(const nlohmann::ordered_json& data) {
  std::string page(report_page_file());
  // Within a script nothing may look like its end; in JSON, `<` can only be part of a string.
  std::string json = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  for (size_t at = 0; (at = json.find('<', at)) != std::string::npos; at += 6) json.replace(at, 1, "\\u003c");
  // The data last: in it the other mark may stand.
  replace_once(page, "/*CHARTS*/", report_charts_file());
  replace_once(page, "/*DATA*/", json);
  return page;
}

}  // namespace segue::cli

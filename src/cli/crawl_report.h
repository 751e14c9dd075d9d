// What a crawl found, for people and for programs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/terminal/look.h"
#include "crawl/compare.h"
#include "crawl/crawl.h"

namespace segue::cli {

// A path as it is to be shown and written.
using ShownPath = std::function<std::string(const std::string&)>;

// The columns of a source with their votes, the reasons, the exceptions.
std::string explain(const crawl::FoundSource& found, const ShownPath& shown, const Look& look);
// Files that are no source's.
std::string explain(const std::vector<crawl::Exception>& others, const ShownPath& shown, const Look& look);
// One line a change, `+`, `-`, `~` or a space first.
std::string explain(const std::vector<crawl::Change>& changes, const ShownPath& shown, const Look& look);

nlohmann::ordered_json to_json(const crawl::FoundSource& found, const ShownPath& shown);
nlohmann::ordered_json to_json(const crawl::Exception& exception);
nlohmann::ordered_json to_json(const crawl::Change& change);

}  // namespace segue::cli

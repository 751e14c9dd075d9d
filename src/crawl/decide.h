// A group of files to the definition of a source.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crawl/crawl.h"
#include "crawl/grouping.h"

namespace segue::crawl {

// Looks at these files anew with what is given: where most of a group are cut otherwise than some.
using LookAgain = std::function<void(const std::vector<uint32_t>& files, const Given& given)>;

// Decides for one group; takes the evidence out of its looks. `root` is above all files.
FoundSource decide(const Group& group, std::vector<Look>& looks, const std::string& root, const Options& options,
                   const LookAgain& look_again);

}  // namespace segue::crawl

// Which files are one source.
//
// Folders whose names are values (`year=2018`, `11`, `A`) part a source, folders whose names are words part sources.
// Within a folder, and all that are parted from it by values, files are of one source that have the same ending and
//   - names of one shape (`plays-1.tsv`, `plays-2.tsv`), or
//   - the same named columns: equal first rows, at least half of their keys in common, the same columns of Parquet.
// Most files of a group decide what it is; others in it are its exceptions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crawl/crawl.h"
#include "crawl/look.h"

namespace segue::crawl {

struct Group {
  std::vector<uint32_t> files;  // of the looks, ascending; each has rows
  std::string why;
};

// Groups in the order of their first files.
std::vector<Group> group_files(const std::vector<Look>& looks, const std::string& root, Together together);

}  // namespace segue::crawl

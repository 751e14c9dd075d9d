#include "lake/data_files.h"

#include <string_view>

namespace segue::lake {
namespace {

// Whether a name on the way to the file is hidden; those of partitions are not, whatever they begin with.
bool hidden(std::string_view path) {
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string_view name = path.substr(begin, end - begin);
    bool partition = end != path.size() && name.find('=') != std::string_view::npos;
    if ((name.starts_with('_') || name.starts_with('.')) && !partition) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

DataFiles::DataFiles(const storage::Store& store, const std::string& table_folder) {
  for (const storage::Listed& listed : store.list_all(table_folder))
    if (!hidden(listed.name)) files_[listed.name] = {listed.bytes, listed.modified};
}

bool DataFiles::has(const std::string& path) const {
  return path.starts_with('/') || path.find("://") != std::string::npos || files_.contains(path);
}

}  // namespace segue::lake

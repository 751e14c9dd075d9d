#include "lake/data_files.h"

namespace segue::lake {

DataFiles::DataFiles(const storage::Store& store, const std::string& table_folder) { list(store, table_folder, ""); }

bool DataFiles::has(const std::string& path) const {
  return path.starts_with('/') || path.find("://") != std::string::npos || files_.contains(path);
}

void DataFiles::list(const storage::Store& store, const std::string& table_folder, const std::string& below) {
  for (const storage::Listed& listed : store.list(below.empty() ? table_folder : table_folder + "/" + below)) {
    bool partition = listed.folder && listed.name.find('=') != std::string::npos;
    if ((listed.name.starts_with('_') || listed.name.starts_with('.')) && !partition) continue;
    std::string path = below.empty() ? listed.name : below + "/" + listed.name;
    if (listed.folder)
      list(store, table_folder, path);
    else
      files_[path] = {listed.bytes, listed.modified};
  }
}

}  // namespace segue::lake

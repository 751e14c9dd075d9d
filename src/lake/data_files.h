// The files that lie in a table's folder, whatever its log says of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "storage/store.h"

namespace segue::lake {

// As they were when this was made. Hidden files and folders (those that begin with '_' or '.', as the log's does) are
// left out, but for folders of partitions.
class DataFiles {
 public:
  struct File {
    uint64_t bytes = 0;
    int64_t modified = 0;  // ms since 1970
  };

  DataFiles(const storage::Store& store, const std::string& table_folder);

  // By path, relative to the table's folder.
  const std::map<std::string, File>& files() const { return files_; }
  // True too for a path that lies outside of the folder, which other programs may name.
  bool has(const std::string& path) const;

 private:
  std::map<std::string, File> files_;
};

}  // namespace segue::lake

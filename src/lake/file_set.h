// Which files make a version, as one short name.
//
// What is kept beside a table of the rows it has (Lake::statistics) has this name, and so belongs to every version of
// the same files and to no other: a version that is brought back has it again, and one that another program made, or of
// which rows were deleted, has none.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lake/table.h"

namespace segue::lake {

class FileSet {
 public:
  FileSet() = default;
  explicit FileSet(const std::vector<DataFile>& files);

  // Paths of DataFile; one that is there already, or is not, changes nothing.
  void add(const std::string& path);
  void remove(const std::string& path);

  // 32 hexadecimal digits: the sum of the paths' XXH3 hashes, in any order.
  std::string name() const;

 private:
  std::set<std::string> paths_;
  unsigned __int128 sum_ = 0;
};

// "<table>/_segue/statistics/", and the file there of a version that has these files.
std::string statistics_folder(const TableName& table);
std::string statistics_path(const TableName& table, const FileSet& files);

}  // namespace segue::lake

// Folders that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace segue::generate {

// Filled under a temporary name beside their place; publish() gives them their names. Without publish() the destructor
// removes all.
class NewFolders {
 public:
  // `names`: folders of `parent`. Throws Failure: kUsage if one is there and `replace` is not given, kIo.
  NewFolders(std::filesystem::path parent, std::vector<std::string> names, bool replace);
  ~NewFolders();
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;

  // A file's place, with its folders made. Throws Failure(kIo).
  std::filesystem::path file(const std::filesystem::path& path) const;

  // Renames; what is replaced is gone then. Throws Failure(kIo).
  void publish();

 private:
  const std::filesystem::path parent_;
  const std::vector<std::string> names_;
  const bool replace_;
  std::filesystem::path temporary_;
};

}  // namespace segue::generate

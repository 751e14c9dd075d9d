// A file that appears whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace segue::generate {

// Written under a temporary name beside its place; publish() gives it its name. Without publish() the destructor
// removes it.
class NewFile {
 public:
  // Throws Failure: kUsage if the place is taken and `replace` is not given, kIo if the folder is missing or can't be
  // written to.
  NewFile(std::filesystem::path path, bool replace);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Any thread. Throws Failure(kIo), also when the disk is full.
  void write(uint64_t offset, std::string_view bytes);

  // Renames. Throws Failure(kIo), or kUsage if someone took the place meanwhile. Does not wait for the disk: what a
  // power cut loses can be made again.
  void publish();

 private:
  [[noreturn]] void fail_write(int error) const;

  const std::filesystem::path path_;
  const bool replace_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace segue::generate

#include "generate/new_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::generate {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_at(const fs::path& path, const std::string& what) {
  throw Failure(
      Error{ErrorCode::kIo, fmt::format("{} can't be written: {}", path.string(), what), {path.string(), 0, 0, 0}, {}});
}

}  // namespace

NewFolders::NewFolders(fs::path parent, std::vector<std::string> names, bool replace)
    : parent_(std::move(parent)), names_(std::move(names)), replace_(replace) {
  for (const std::string& name : names_) {
    std::error_code error;
    fs::path place = parent_ / name;
    if (!replace_ && fs::exists(fs::symlink_status(place, error))) {
      throw Failure(Error{ErrorCode::kUsage,
                          fmt::format("{} is there already", place.string()),
                          {place.string(), 0, 0, 0},
                          "choose another folder, or replace it with --force"});
    }
  }
  std::string made = (parent_ / ".generated.XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) fail_at(parent_, std::strerror(errno));
  temporary_ = made;
  for (const std::string& name : names_) {
    std::error_code error;
    fs::create_directory(temporary_ / name, error);
    if (error) fail_at(parent_ / name, error.message());
  }
}

NewFolders::~NewFolders() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

fs::path NewFolders::file(const fs::path& path) const {
  std::error_code error;
  fs::path file = temporary_ / path;
  fs::create_directories(file.parent_path(), error);
  if (error) fail_at(parent_ / path, error.message());
  return file;
}

void NewFolders::publish() {
  for (const std::string& name : names_) {
    std::error_code error;
    fs::path place = parent_ / name;
    if (replace_) fs::remove_all(place, error);
    if (!error) fs::rename(temporary_ / name, place, error);
    if (error) fail_at(place, error.message());
  }
}

}  // namespace segue::generate

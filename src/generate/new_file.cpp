#include "generate/new_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace segue::generate {
namespace {

[[noreturn]] void fail_at(const std::filesystem::path& path, ErrorCode code, std::string message, std::string hint) {
  throw Failure(Error{code, std::move(message), {path.string(), 0, 0, 0}, std::move(hint)});
}

[[noreturn]] void fail_taken(const std::filesystem::path& path) {
  fail_at(path, ErrorCode::kUsage, fmt::format("{} is there already", path.string()),
          "choose another name, or replace it with --force");
}

}  // namespace

NewFile::NewFile(std::filesystem::path path, bool replace) : path_(std::move(path)), replace_(replace) {
  std::error_code error;
  if (std::filesystem::is_directory(path_, error)) {
    fail_at(path_, ErrorCode::kUsage, fmt::format("{} is a folder", path_.string()),
            fmt::format("name a file in it: {}", (path_ / "plays.tsv").string()));
  }
  if (!replace_ && std::filesystem::exists(std::filesystem::symlink_status(path_, error))) fail_taken(path_);
  std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  temporary_ = (folder / fmt::format(".{}.XXXXXX", path_.filename().string())).string();
  descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (descriptor_ >= 0) {
    ::fchmod(descriptor_, 0644);
    return;
  }
  int reason = errno;
  fail_at(path_, ErrorCode::kIo, fmt::format("{} can't be written: {}", path_.string(), std::strerror(reason)),
          reason == ENOENT ? fmt::format("make the folder first: mkdir -p {}", folder.string()) : "");
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::fail_write(int error) const {
  bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail_at(path_, ErrorCode::kIo,
          full ? fmt::format("no room for {}: {}", path_.string(), std::strerror(error))
               : fmt::format("{} can't be written: {}", path_.string(), std::strerror(error)),
          full ? "make room, choose another disk, or ask for fewer rows" : "");
}

void NewFile::write(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_write(errno);
    offset += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void NewFile::publish() {
  int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) fail_write(errno);  // network file systems tell only here that there was no room
  if (!replace_ && ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) fail_taken(path_);
    // Not every file system can refuse to replace in one step; there, look first.
    std::error_code error;
    if (errno != EINVAL && errno != ENOSYS) fail_write(errno);
    if (std::filesystem::exists(std::filesystem::symlink_status(path_, error))) fail_taken(path_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_write(errno);
  }
  if (replace_ && ::rename(temporary_.c_str(), path_.c_str()) != 0) fail_write(errno);
  temporary_.clear();
}

}  // namespace segue::generate

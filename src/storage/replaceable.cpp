// What can be known of a rename() before it is done: statx() tells what a file is, and which flags keep it as it is.
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store.h"

namespace segue::storage {
namespace {

// Nothing if there is no such file, or it cannot be asked.
std::optional<struct statx> look_at(const std::string& path) {
  struct statx found = {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, &found) != 0)
    return std::nullopt;
  return found;
}

// False too where the file system does not tell.
bool has(const struct statx& file, uint64_t attribute) {
  return (file.stx_attributes & file.stx_attributes_mask & attribute) != 0;
}

}  // namespace

std::optional<std::string> why_not_replaceable(const std::string& path) {
  std::optional<struct statx> file = look_at(path);
  if (!file) return std::nullopt;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return "it is a folder";
  if (!S_ISREG(file->stx_mode) && !S_ISLNK(file->stx_mode)) return "it is no file but a device, a pipe or a socket";
  if (has(*file, STATX_ATTR_MOUNT_ROOT)) return "it is a mount point";
  if (has(*file, STATX_ATTR_IMMUTABLE) || has(*file, STATX_ATTR_APPEND))
    return "it is protected against changes (see lsattr)";
  std::string parent = std::filesystem::path(path).parent_path().string();
  std::optional<struct statx> folder = look_at(parent.empty() ? "." : parent + "/.");
  if (!folder) return std::nullopt;
  if (has(*folder, STATX_ATTR_IMMUTABLE) || has(*folder, STATX_ATTR_APPEND))
    return "its folder is protected against changes (see lsattr)";
  // As in /tmp: there, only who owns the file or the folder replaces it.
  uid_t user = ::geteuid();
  if ((folder->stx_mode & S_ISVTX) != 0 && user != 0 && user != file->stx_uid && user != folder->stx_uid)
    return "it belongs to another user";
  return std::nullopt;
}

}  // namespace segue::storage

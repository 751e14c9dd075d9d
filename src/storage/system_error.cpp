#include "storage/system_error.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::storage {

void fail_io(const char* doing, const std::string& path, int error) {
  std::string hint;
  if (error == ENOSPC || error == EDQUOT)
    hint = "free some space, or put the lake on another disk (`lake:` in segue.yaml), then run again";
  if (error == EFBIG) hint = "this system limits how large a file may grow: see `ulimit -f`";
  if (error == EMFILE) hint = "this system limits how many files may be open: see `ulimit -n`";
  if (error == EACCES || error == EPERM || error == EROFS) hint = "check who may write there";
  fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error)), hint);
}

}  // namespace segue::storage

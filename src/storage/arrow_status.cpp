#include "storage/arrow_status.h"

#include <cerrno>

#include <arrow/util/io_util.h>
#include <fmt/format.h>

#include "base/error.h"
#include "storage/system_error.h"

namespace segue::storage {

void check(const arrow::Status& status, const char* doing, const std::string& path) {
  if (status.ok()) return;
  if (int error = arrow::internal::ErrnoFromStatus(status); error != 0) fail_io(doing, path, error);
  if (status.IsCancelled()) fail(ErrorCode::kCancelled, "stopped");
  if (status.IsOutOfMemory()) fail(ErrorCode::kLimit, fmt::format("no memory left to {} {}", doing, path));
  fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", doing, path, status.message()));
}

}  // namespace segue::storage

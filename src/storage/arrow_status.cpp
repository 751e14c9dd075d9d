#include "storage/arrow_status.h"

#include <cerrno>

#include <arrow/util/io_util.h>
#include <fmt/format.h>

#include "storage/system_error.h"

namespace segue::storage {
namespace {

class Carried : public arrow::StatusDetail {
 public:
  explicit Carried(Failure failure) : failure_(std::move(failure)) {}
  const char* type_id() const override { return "segue::storage::Carried"; }
  std::string ToString() const override { return failure_.what(); }
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

}  // namespace

arrow::Status carried(const Failure& failure) {
  return {arrow::StatusCode::IOError, failure.what(), std::make_shared<Carried>(failure)};
}

void rethrow_carried(const arrow::Status& status) {
  if (const auto* detail = dynamic_cast<const Carried*>(status.detail().get())) throw Failure(detail->failure());
}

void check(const arrow::Status& status, const char* doing, const std::string& path) {
  if (status.ok()) return;
  rethrow_carried(status);
  if (int error = arrow::internal::ErrnoFromStatus(status); error != 0) fail_io(doing, path, error);
  if (status.IsCancelled()) fail(ErrorCode::kCancelled, "stopped");
  if (status.IsOutOfMemory()) fail(ErrorCode::kLimit, fmt::format("no memory left to {} {}", doing, path));
  fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", doing, path, status.message()));
}

}  // namespace segue::storage

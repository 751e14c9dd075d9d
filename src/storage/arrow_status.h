// Arrow's errors as ours.
#pragma once

#include <string>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/error.h"

namespace segue::storage {

// The status with which code below Arrow hands a failure up through it; check() throws the failure again.
arrow::Status carried(const Failure& failure);

// Throws it if the status is one of these.
void rethrow_carried(const arrow::Status& status);

// Throws Failure(kIo) "cannot <doing> <path>: <reason>" with a hint where the reason has one, unless status is OK.
void check(const arrow::Status& status, const char* doing, const std::string& path);

template <class T>
T check(arrow::Result<T>&& result, const char* doing, const std::string& path) {
  check(result.status(), doing, path);
  return std::move(result).ValueUnsafe();
}

}  // namespace segue::storage

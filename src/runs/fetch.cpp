#include "runs/fetch.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace segue::runs {

storage::Downloaded fetch_source(const definition::Source& source, const Cancellation& cancellation,
                                 Progress* progress) {
  SEGUE_ASSERT(!source.url.empty());
  try {
    return storage::download({source.url, source.path, source.md5, source.sha256}, {}, &cancellation, progress);
  } catch (const Failure& failure) {
    Error error = failure.error();
    if (error.code == ErrorCode::kCancelled || error.place.known()) throw;
    error.message = fmt::format("source `{}`: {}", source.name, error.message);
    error.place = error.code == ErrorCode::kData ? source.checksum_place : source.path_place;
    throw Failure(std::move(error));
  }
}

}  // namespace segue::runs

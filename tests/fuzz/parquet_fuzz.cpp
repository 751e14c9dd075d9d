// Parquet: the file.
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/parquet.h"
#include "formats/scan_helpers.h"
#include "fuzz/fuzz.h"

namespace segue::formats {

std::unique_ptr<Scanner> open_source(const ParquetSource& source, size_t workers, const Cancellation& cancellation,
                                     Progress* progress = nullptr) {
  return open_parquet(source, workers, cancellation, progress);
}

}  // namespace segue::formats

namespace segue::fuzz {

void run(std::string_view input) {
  MemoryFile file(input);
  auto source = formats::source_of<formats::ParquetSource>({file.path()}, {{"n", TypeId::kBigint},
                                                                           {"s", TypeId::kVarchar},
                                                                           {"d", Type::decimal(20, 2)},
                                                                           {"l", Type::list(TypeId::kVarchar)}});
  try {
    formats::scan(source);
  } catch (const Failure& failure) {
    EXPECT_TRUE(failure.error().code == ErrorCode::kData || of_packing(failure)) << failure.what();
    EXPECT_EQ(failure.error().place.file, file.path());
  }
}

}  // namespace segue::fuzz

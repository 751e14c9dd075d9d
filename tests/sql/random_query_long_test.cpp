// 100,000 random queries, other ones each time: a failure tells its seed. SEGUE_SEED=… repeats it.
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "sql/random_queries.h"

namespace segue::test {
namespace {

class ManyRandomQueries : public testing::TestWithParam<uint64_t> {};

TEST_P(ManyRandomQueries, GiveTheRowsThatDuckdbGives) {
  const char* given = std::getenv("SEGUE_SEED");
  uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  compare_random_queries(seed, 5000);
}

INSTANTIATE_TEST_SUITE_P(Parts, ManyRandomQueries, testing::Range<uint64_t>(0, 20));

}  // namespace
}  // namespace segue::test

// 2,000 random queries, always the same ones.
#include <gtest/gtest.h>

#include "sql/random_queries.h"

namespace segue::test {
namespace {

class RandomQueries : public testing::TestWithParam<uint64_t> {};

TEST_P(RandomQueries, GiveTheRowsThatDuckdbGives) { compare_random_queries(GetParam() * 1000, 500); }

INSTANTIATE_TEST_SUITE_P(Seeds, RandomQueries, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace segue::test

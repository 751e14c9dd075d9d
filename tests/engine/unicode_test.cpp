// Case and spaces of every code point there is, as DuckDB has them.
#include <gtest/gtest.h>

#include "engine/duckdb_oracle.h"
#include "engine/expressions/utf8.h"

namespace segue::test {
namespace {

std::string one_text(DuckdbOracle& oracle, const std::string& expression) {
  Outcome outcome = oracle.query("SELECT string_agg(" + expression +
                                 ", '' ORDER BY i) FROM range(1, 1114112) t(i) WHERE i NOT BETWEEN 55296 AND 57343");
  EXPECT_EQ(outcome.error, "");
  return outcome.values.empty() ? "" : std::get<std::string>(outcome.values[0].data);
}

TEST(Unicode, CaseOfEveryCodePoint) {
  DuckdbOracle oracle;
  std::string all = one_text(oracle, "chr(i::INTEGER)");
  engine::TextArena arena;
  EXPECT_TRUE(engine::lower_case(all, arena) == one_text(oracle, "lower(chr(i::INTEGER))"));
  EXPECT_TRUE(engine::upper_case(all, arena) == one_text(oracle, "upper(chr(i::INTEGER))"));
}

TEST(Unicode, SpacesThatTrimTakes) {
  DuckdbOracle oracle;
  Outcome spaces = oracle.query(
      "SELECT i::BIGINT FROM range(1, 1114112) t(i) WHERE i NOT BETWEEN 55296 AND 57343 AND trim(chr(i::INTEGER)) = "
      "''");
  ASSERT_FALSE(spaces.values.empty());
  size_t found = 0;
  for (uint32_t point = 1; point < 0x110000; ++point) found += engine::is_space(point);
  EXPECT_EQ(found, spaces.values.size());
  for (const Value& value : spaces.values)
    EXPECT_TRUE(engine::is_space(static_cast<uint32_t>(std::get<int64_t>(value.data))));
}

}  // namespace
}  // namespace segue::test

#include "base/quantity.h"

#include <gtest/gtest.h>

namespace segue {
namespace {

TEST(ParseBytes, TakesNumbersWithUnits) {
  EXPECT_EQ(parse_bytes("4 GiB"), uint64_t{4} << 30);
  EXPECT_EQ(parse_bytes("512MiB"), uint64_t{512} << 20);
  EXPECT_EQ(parse_bytes(" 1.5 gb "), 1'500'000'000u);
  EXPECT_EQ(parse_bytes("800 kB"), 800'000u);
  EXPECT_EQ(parse_bytes("2g"), uint64_t{2} << 30);
  EXPECT_EQ(parse_bytes("64 B"), 64u);
  EXPECT_EQ(parse_bytes("0 B"), 0u);
  EXPECT_EQ(parse_bytes("1 TiB"), uint64_t{1} << 40);
}

TEST(ParseBytes, RefusesTheRest) {
  for (const char* text : {"", "4", "GiB", "-1 GiB", "+1 GiB", "inf GiB", "nan B", "1e3 B", "4 GiB more", "4 giga",
                           "99999999999 TiB", "0x10 B", "."}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(FormatBytes, TakesTheUnitThatFits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes((uint64_t{1} << 20) - 1), "1.0 MiB");
  EXPECT_EQ(format_bytes(uint64_t{3} << 29), "1.5 GiB");
  EXPECT_EQ(format_bytes(~uint64_t{0}), "16.0 EiB");
}

}  // namespace
}  // namespace segue

// What each type may look like as text. The expected values are what DuckDB 1.5 casts to, where it accepts the text
// too.
#include "formats/values.h"

#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include "formats/calendar.h"

namespace segue::formats {
namespace {

template <class T, class Parse>
std::optional<T> read(const Parse& parse, std::string_view text) {
  T value{};
  return parse(text, value) == Parsed::kOk ? std::optional<T>(value) : std::nullopt;
}

std::optional<int64_t> timestamp(std::string_view text) { return read<int64_t>(parse_timestamp, text); }

TEST(Values, Timestamps) {
  constexpr int64_t kDay = days_from_civil(2009, 5, 4) * 86400, kTime = 23 * 3600 + 8 * 60 + 57;
  auto at = [](int64_t seconds, int64_t micros = 0) { return std::optional(seconds * 1000000 + micros); };
  for (const char* text :
       {"2009-05-04T23:08:57Z", "2009-05-04 23:08:57", "2009/05/04 23:08:57", " 2009-05-04  23:08:57 ",
        "2009-05-04 23:8:57", "2009-5-4T23:08:57", "2009-05-04T23:08:57.", "2009-05-04T23:08:57.000000",
        "2009-05-04T23:08:57 UTC", "2009-05-04T23:08:57+00", "2009-05-05T01:38:57+02:30", "2009-05-05T01:38:57+0230",
        "2009-05-05T01:38:57 +02:30", "2009-05-04T13:08:57-10", "2009-05-04T23:08:27-00:00:30"}) {
    EXPECT_EQ(timestamp(text), at(kDay + kTime)) << text;
  }
  EXPECT_EQ(timestamp("2009-05-04"), at(kDay));
  EXPECT_EQ(timestamp("2009-05-04 23:08"), at(kDay + 23 * 3600 + 8 * 60));
  EXPECT_EQ(timestamp("2009-05-04 24:00:00"), at(kDay + 86400));
  EXPECT_EQ(timestamp("2009-05-04T23:08:57.25Z"), at(kDay + kTime, 250000));
  EXPECT_EQ(timestamp("2009-05-04T23:08:57.123456789Z"), at(kDay + kTime, 123456));
  EXPECT_EQ(timestamp("2009-05-04T23:08:57.000001"), at(kDay + kTime, 1));
  EXPECT_EQ(timestamp("1969-12-31T23:59:59Z"), at(-1));
  EXPECT_EQ(timestamp("0001-01-01"), at(days_from_civil(1, 1, 1) * 86400));
  EXPECT_EQ(timestamp("290000-12-31"), at(days_from_civil(290000, 12, 31) * 86400));
  for (const char* text : {"",
                           "yesterday",
                           "2009-05-04 23",
                           "2009-05-04T",
                           "2009-05-04Z",
                           "2009-02-29",
                           "2009-13-01",
                           "2009-00-01",
                           "2009-01-00",
                           "2009-05-04 25:00:00",
                           "2009-05-04 24:00:01",
                           "2009-05-04 23:60:00",
                           "2009-05-04 23:59:60",
                           "99-05-04",
                           "0000-01-01",
                           "-0001-01-01",
                           "290001-01-01",
                           "2009-05/04",
                           "2009-05-04T23:08:57+2",
                           "2009-05-04T23:08:57+19",
                           "2009-05-04T23:08:57 Europe/Berlin",
                           "2009-05-04T23:08:57Zx",
                           "20090504",
                           "infinity",
                           "epoch"}) {
    EXPECT_EQ(timestamp(text), std::nullopt) << text;
  }
}

TEST(Values, Dates) {
  auto date = [](std::string_view text) { return read<int32_t>(parse_date, text); };
  EXPECT_EQ(date("1970-01-01"), 0);
  EXPECT_EQ(date(" 2000/2/29 "), days_from_civil(2000, 2, 29));
  EXPECT_EQ(date("1900-02-29"), std::nullopt);
  EXPECT_EQ(date("2009-05-04 10:00:00"), std::nullopt);
}

TEST(Values, Integers) {
  auto integer = [](std::string_view text, int64_t least, int64_t most) {
    return read<int64_t>([&](std::string_view from, int64_t& value) { return parse_integer(from, least, most, value); },
                         text);
  };
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  for (auto [text, value] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"0", 0},
                                                              {"-0", 0},
                                                              {"+7", 7},
                                                              {" 12 ", 12},
                                                              {"007", 7},
                                                              {"9223372036854775807", kMost},
                                                              {"-9223372036854775808", kLeast},
                                                              {"000000000000000000000000001", 1}}) {
    EXPECT_EQ(integer(text, kLeast, kMost), value) << text;
  }
  for (const char* text : {"", " ", "-", "+", "--1", "1.0", "1e3", "1_000", "0x1f", "1 2", "9223372036854775808",
                           "-9223372036854775809", "99999999999999999999999"}) {
    EXPECT_EQ(integer(text, kLeast, kMost), std::nullopt) << text;
  }
  EXPECT_EQ(integer("127", -128, 127), 127);
  EXPECT_EQ(integer("-128", -128, 127), -128);
  EXPECT_EQ(integer("128", -128, 127), std::nullopt);
  EXPECT_EQ(integer("-129", -128, 127), std::nullopt);
}

TEST(Values, FloatingPoint) {
  auto number = [](std::string_view text) { return read<double>(parse_double, text); };
  for (auto [text, value] : std::initializer_list<std::pair<const char*, double>>{{"1", 1},
                                                                                  {"+1", 1},
                                                                                  {" -2.5 ", -2.5},
                                                                                  {"1.", 1},
                                                                                  {".5", 0.5},
                                                                                  {"1E5", 1e5},
                                                                                  {"1e-400", 0},
                                                                                  {"0.1", 0.1},
                                                                                  {"inf", INFINITY},
                                                                                  {"-Infinity", -INFINITY},
                                                                                  {"+INF", INFINITY}}) {
    EXPECT_EQ(number(text), value) << text;
  }
  EXPECT_TRUE(std::isnan(*number("NaN")));
  EXPECT_TRUE(std::isnan(*number("-nan")));
  for (const char* text : {"", "-", "+-1", "1d", "0x10", "1e", "infin", "1e400", "1,5", "1_000", "nan(1)", "."})
    EXPECT_EQ(number(text), std::nullopt) << text;
  EXPECT_EQ(read<float>(parse_float, "16777217"), 16777216.0f);
  EXPECT_EQ(read<float>(parse_float, "1e39"), std::nullopt);
}

TEST(Values, Decimals) {
  auto decimal = [](std::string_view text, uint8_t width, uint8_t scale) {
    return read<Int128>([&](std::string_view from, Int128& value) { return parse_decimal(from, width, scale, value); },
                        text);
  };
  for (auto [text, value] : std::initializer_list<std::pair<const char*, int>>{{"1", 100},
                                                                               {"1.005", 101},
                                                                               {"1.004", 100},
                                                                               {"-1.005", -101},
                                                                               {"999.99", 99999},
                                                                               {"1e2", 10000},
                                                                               {"1.5e-1", 15},
                                                                               {" +1 ", 100},
                                                                               {".5", 50},
                                                                               {"1.", 100},
                                                                               {"1e-9", 0},
                                                                               {"0.005", 1},
                                                                               {"0.0049", 0},
                                                                               {"0e99999", 0},
                                                                               {"00012.30", 1230}}) {
    EXPECT_EQ(decimal(text, 5, 2), Int128{value}) << text;
  }
  for (const char* text : {"", "-", ".", "1000", "999.995", "1e3", "1x", "1.2.3", "inf", "e5", "1e", "1e99999999"})
    EXPECT_EQ(decimal(text, 5, 2), std::nullopt) << text;
  Int128 most = 1;
  for (int i = 0; i < 38; ++i) most *= 10;
  EXPECT_EQ(decimal("99999999999999999999999999999999999999", 38, 0), most - 1);
  EXPECT_EQ(decimal("100000000000000000000000000000000000000", 38, 0), std::nullopt);
  // Digits that count for the scale pass 128 bits.
  EXPECT_EQ(decimal("99999999999999999999999999999999999999", 38, 10), std::nullopt);
  EXPECT_EQ(decimal("40000000000000000000000000000000000000", 38, 1), std::nullopt);
}

TEST(Values, Booleans) {
  auto boolean = [](std::string_view text) { return read<uint8_t>(parse_boolean, text); };
  for (const char* text : {"true", "T", "1", "yes", "Y", " TRUE "}) EXPECT_EQ(boolean(text), 1) << text;
  for (const char* text : {"false", "F", "0", "no", "N"}) EXPECT_EQ(boolean(text), 0) << text;
  for (const char* text : {"", "2", "on", "off", "tru"}) EXPECT_EQ(boolean(text), std::nullopt) << text;
}

TEST(Calendar, MonthsAreThoseOfTheFormula) {
  int64_t day = days_from_civil(kFirstYear, 1, 1);
  for (size_t i = 0; i < kMonths.size(); ++i) {
    ASSERT_EQ(kMonths[i].first_day, day);
    day += kMonths[i].days;
  }
  EXPECT_EQ(day, days_from_civil(kFirstYear + kYears, 1, 1));
}

}  // namespace
}  // namespace segue::formats

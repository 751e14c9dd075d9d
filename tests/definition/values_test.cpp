#include "definition/values.h"

#include <gtest/gtest.h>

namespace segue::definition {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;

TEST(ParseInterval, TakesNumbersWithUnits) {
  EXPECT_EQ(parse_interval("20 minutes"), (Interval{0, 0, 20 * kMinute}));
  EXPECT_EQ(parse_interval("1 hour 30 minutes"), (Interval{0, 0, 90 * kMinute}));
  EXPECT_EQ(parse_interval("90 s"), (Interval{0, 0, 90 * kSecond}));
  EXPECT_EQ(parse_interval("90s"), (Interval{0, 0, 90 * kSecond}));
  EXPECT_EQ(parse_interval(" 1h, 30min "), (Interval{0, 0, 90 * kMinute}));
  EXPECT_EQ(parse_interval("2 weeks 3 Days"), (Interval{0, 17, 0}));
  EXPECT_EQ(parse_interval("1 year 2 months"), (Interval{14, 0, 0}));
  EXPECT_EQ(parse_interval("250 ms"), (Interval{0, 0, 250'000}));
  EXPECT_EQ(parse_interval("7 µs"), (Interval{0, 0, 7}));
  EXPECT_EQ(parse_interval("0 seconds"), (Interval{0, 0, 0}));
}

TEST(ParseInterval, KeepsMonthsDaysAndMicrosecondsApart) {
  EXPECT_EQ(parse_interval("1 month 1 day 1 s"), (Interval{1, 1, kSecond}));
  EXPECT_EQ(parse_interval("24 hours"), (Interval{0, 0, 24 * kHour})) << "not a day";
}

TEST(ParseInterval, TakesFractionsOfTimesAndSigns) {
  EXPECT_EQ(parse_interval("1.5 hours"), (Interval{0, 0, 90 * kMinute}));
  EXPECT_EQ(parse_interval("0.000001 s"), (Interval{0, 0, 1}));
  EXPECT_EQ(parse_interval("-5 minutes"), (Interval{0, 0, -5 * kMinute}));
  EXPECT_EQ(parse_interval("-1.5 s"), (Interval{0, 0, -1'500'000}));
  EXPECT_EQ(parse_interval("1 day -1 hour"), (Interval{0, 1, -kHour}));
}

TEST(ParseInterval, TakesAClock) {
  EXPECT_EQ(parse_interval("00:20:00"), (Interval{0, 0, 20 * kMinute}));
  EXPECT_EQ(parse_interval("1 day 01:30"), (Interval{0, 1, 90 * kMinute}));
  EXPECT_EQ(parse_interval("-00:00:01.5"), (Interval{0, 0, -1'500'000}));
}

TEST(ParseInterval, RefusesTheRest) {
  for (const char* text : {"",
                           " ",
                           "20",
                           "minutes",
                           "20 minute s",
                           "20 lightyears",
                           "1.5 months",
                           "1.5 days",
                           "0.0000001 s",
                           "0.5 us",
                           "1,5 hours",
                           "1 hour,",
                           "--1 s",
                           "1e3 s",
                           "99999999999999999999 s",
                           "9999999999 months",
                           "300000000 hours 9999999999999 hours",
                           "00:60:00",
                           "00:00:60",
                           "1:30",
                           "01:30 1 day",
                           "∞ s"}) {
    EXPECT_EQ(parse_interval(text), std::nullopt) << text;
  }
}

TEST(ParseDate, CountsDays) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("2009-05-04"), 14368);
  EXPECT_EQ(parse_date("1969-12-31"), -1);
  EXPECT_EQ(parse_date("2000-02-29"), 11016);
  EXPECT_EQ(parse_date("9999-12-31"), 2932896);
  EXPECT_EQ(parse_date("0001-01-01"), -719162);
}

TEST(ParseDate, RefusesWhatIsNoDay) {
  for (const char* text : {"", "2009-02-29", "1900-02-29", "2009-13-01", "2009-00-01", "2009-01-00", "0000-01-01",
                           "2009-1-1", "20090504", "2009-05-04 x", "2009-05-04T00:00", "12009-01-01", "-2009-01-01"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(ParseTimestamp, IsUtc) {
  int64_t day = int64_t{14368} * 24 * kHour;
  int64_t time = 23 * kHour + 8 * kMinute + 57 * kSecond;
  EXPECT_EQ(parse_timestamp("2009-05-04T23:08:57Z"), day + time);
  EXPECT_EQ(parse_timestamp("2009-05-04 23:08:57"), day + time);
  EXPECT_EQ(parse_timestamp("2009-05-05T01:08:57+02:00"), day + time);
  EXPECT_EQ(parse_timestamp("2009-05-04T18:38:57-0430"), day + time);
  EXPECT_EQ(parse_timestamp("2009-05-05 01:08:57 +02"), day + time);
  EXPECT_EQ(parse_timestamp("2009-05-04T23:08:57.25Z"), day + time + 250'000);
  EXPECT_EQ(parse_timestamp("2009-05-04"), day);
  EXPECT_EQ(parse_timestamp("2009-05-04 00:00"), day);
}

TEST(ParseTimestamp, RefusesTheRest) {
  for (const char* text :
       {"", "yesterday", "2009-05-04T", "2009-05-04T24:00", "2009-05-04T23", "2009-05-04T23:60", "2009-05-04T23:08:57.",
        "2009-05-04T23:08:57.1234567", "2009-05-04T23:08:57ZZ", "2009-05-04T23:08:57+", "2009-05-04T23:08:57+16",
        "2009-05-04T23:08:57+02:60", "2009-05-04T23:08:57 CET"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(ParseValue, HasTheTypesOfColumns) {
  EXPECT_EQ(parse_value(ParamType::kInteger, "-12"), (Value{TypeId::kBigint, int64_t{-12}}));
  EXPECT_EQ(parse_value(ParamType::kInteger, "+12"), (Value{TypeId::kBigint, int64_t{12}}));
  EXPECT_EQ(parse_value(ParamType::kDouble, "0.5"), (Value{TypeId::kDouble, 0.5}));
  EXPECT_EQ(parse_value(ParamType::kDouble, "1e3"), (Value{TypeId::kDouble, 1000.0}));
  EXPECT_EQ(parse_value(ParamType::kBoolean, "TRUE"), (Value{TypeId::kBoolean, int64_t{1}}));
  EXPECT_EQ(parse_value(ParamType::kBoolean, "false"), (Value{TypeId::kBoolean, int64_t{0}}));
  EXPECT_EQ(parse_value(ParamType::kVarchar, " as it is "), (Value{TypeId::kVarchar, std::string(" as it is ")}));
  EXPECT_EQ(parse_value(ParamType::kDate, "1970-01-02"), (Value{TypeId::kDate, int64_t{1}}));
  EXPECT_EQ(parse_value(ParamType::kTimestamp, "1970-01-01T00:00:01Z"), (Value{TypeId::kTimestamp, kSecond}));
  EXPECT_EQ(parse_value(ParamType::kInterval, "1 month"), (Value{TypeId::kInterval, Interval{1, 0, 0}}));
}

TEST(ParseValue, RefusesWhatIsNone) {
  EXPECT_EQ(parse_value(ParamType::kInteger, "9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kInteger, "1.0"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kInteger, "+-1"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kDouble, "nan"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kDouble, "inf"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kBoolean, "yes"), std::nullopt);
  EXPECT_EQ(parse_value(ParamType::kPath, ""), std::nullopt);
}

TEST(ParseValue, TakesTheExampleOfEachType) {
  for (ParamType type : {ParamType::kPath, ParamType::kInterval, ParamType::kInteger, ParamType::kDouble,
                         ParamType::kBoolean, ParamType::kVarchar, ParamType::kDate, ParamType::kTimestamp}) {
    EXPECT_TRUE(parse_value(type, example_of(type))) << to_string(type);
  }
}

}  // namespace
}  // namespace segue::definition

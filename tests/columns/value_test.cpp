#include "columns/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace segue {
namespace {

Value value(Type type, Value::Data data) { return {std::move(type), std::move(data)}; }
Value text(std::string words) { return {TypeId::kVarchar, std::move(words)}; }

// Every expected text is what DuckDB 1.5 prints.
TEST(Value, NumbersPrintAsInDuckdb) {
  EXPECT_EQ(to_string(value(TypeId::kBigint, std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(to_string(value(TypeId::kHugeint, std::numeric_limits<Int128>::min())), "-170141183460469231731687303715884105728");
  EXPECT_EQ(to_string(value(TypeId::kBoolean, int64_t{1})), "true");
  EXPECT_EQ(to_string(value(Type::decimal(10, 2), int64_t{150})), "1.50");
  EXPECT_EQ(to_string(value(Type::decimal(10, 2), int64_t{-5})), "-0.05");
  EXPECT_EQ(to_string(value(Type::decimal(3, 3), int64_t{0})), ".000");
  EXPECT_EQ(to_string(value(Type::decimal(2, 2), int64_t{-5})), "-.05");
  EXPECT_EQ(to_string(value(Type::decimal(38, 4), Int128{12345})), "1.2345");
  EXPECT_EQ(to_string(value(TypeId::kDouble, 1.0)), "1.0");
  EXPECT_EQ(to_string(value(TypeId::kDouble, -0.0)), "-0.0");
  EXPECT_EQ(to_string(value(TypeId::kDouble, 1e15)), "1000000000000000.0");
  EXPECT_EQ(to_string(value(TypeId::kDouble, 1e16)), "1e+16");
  EXPECT_EQ(to_string(value(TypeId::kDouble, 1e-5)), "1e-05");
  EXPECT_EQ(to_string(value(TypeId::kDouble, 0.0001)), "0.0001");
  EXPECT_EQ(to_string(value(TypeId::kDouble, std::nan(""))), "nan");
  EXPECT_EQ(to_string(value(TypeId::kDouble, -HUGE_VAL)), "-inf");
  EXPECT_EQ(to_string(value(TypeId::kFloat, static_cast<double>(0.1f))), "0.1");
  EXPECT_EQ(to_string(value(TypeId::kFloat, static_cast<double>(3.4e38f))), "3.4e+38");
}

TEST(Value, TimesPrintAsInDuckdb) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{0})), "1970-01-01");
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{-1})), "1969-12-31");
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{11016})), "2000-02-29");
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{-719'163})), "0001-12-31 (BC)");
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{-719'162})), "0001-01-01");
  EXPECT_EQ(to_string(value(TypeId::kDate, int64_t{std::numeric_limits<int32_t>::max()})), "infinity");
  EXPECT_EQ(to_string(value(TypeId::kTimestamp, int64_t{0})), "1970-01-01 00:00:00");
  EXPECT_EQ(to_string(value(TypeId::kTimestamp, int64_t{-1})), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(to_string(value(TypeId::kTimestamp, int64_t{1'500'000})), "1970-01-01 00:00:01.5");
  EXPECT_EQ(to_string(value(TypeId::kTimestamp, kMax)), "infinity");
  EXPECT_EQ(to_string(value(TypeId::kTimestamp, -kMax)), "-infinity");
  EXPECT_EQ(to_string(value(TypeId::kInterval, Interval{14, 3, 3'723'500'000})), "1 year 2 months 3 days 01:02:03.5");
  EXPECT_EQ(to_string(value(TypeId::kInterval, Interval{-14, 0, 0})), "-1 year -2 months");
  EXPECT_EQ(to_string(value(TypeId::kInterval, Interval{12, -3, -1'000'001})), "1 year -3 days -00:00:01.000001");
  EXPECT_EQ(to_string(value(TypeId::kInterval, Interval{})), "00:00:00");
  EXPECT_EQ(to_string(value(TypeId::kInterval, Interval{0, 0, 360'000'000'000})), "100:00:00");
}

TEST(Value, NestedValuesPrintAsInDuckdb) {
  EXPECT_EQ(to_string(value(TypeId::kBlob, std::string("\0\xff" "ab'", 5))), "\\x00\\xFFab\\x27");
  Type list = Type::list(TypeId::kVarchar);
  EXPECT_EQ(to_string(value(list, std::vector<Value>{text("a"), text("b,c"), Value{TypeId::kVarchar, {}}, text("it's"), text("")})),
            "[a, 'b,c', NULL, 'it\\'s', '']");
  EXPECT_EQ(to_string(value(list, std::vector<Value>{text("nUlL"), text(" a"), text("a "), text("a\\b "), text("h\\i"), text("x;y")})),
            "['nUlL', ' a', 'a ', 'a\\\\b ', h\\i, x;y]");
  EXPECT_EQ(to_string(value(list, std::vector<Value>{})), "[]");
  Type structure = Type::structure({{"a", TypeId::kBigint}, {"it's", list}});
  EXPECT_EQ(to_string(value(structure, std::vector<Value>{value(TypeId::kBigint, int64_t{1}), value(list, std::vector<Value>{text("x")})})),
            "{'a': 1, 'it\\'s': [x]}");
  Type pair = Type::structure({{"", TypeId::kBigint}, {"", TypeId::kVarchar}});
  EXPECT_EQ(to_string(value(pair, std::vector<Value>{value(TypeId::kBigint, int64_t{1}), text("a")})), "(1, a)");
  EXPECT_EQ(to_string(value(Type::list(TypeId::kTimestamp), std::vector<Value>{value(TypeId::kTimestamp, int64_t{0})})),
            "['1970-01-01 00:00:00']");
  EXPECT_EQ(to_string(Value{structure, {}}), "NULL");
}

TEST(Value, ConstantColumnsHoldTheValueForAnyRow) {
  Type list = Type::list(Type::structure({{"a", TypeId::kVarchar}, {"b", Type::decimal(38, 2)}}));
  Value element{list.element(), std::vector<Value>{text("x"), value(Type::decimal(38, 2), Int128{7})}};
  Value nothing{list.element(), {}};
  const std::vector<Value> values = {value(TypeId::kBoolean, int64_t{1}),
                                     value(TypeId::kTinyint, int64_t{-3}),
                                     value(TypeId::kInteger, int64_t{-100'000}),
                                     value(TypeId::kFloat, 0.5),
                                     value(TypeId::kDouble, -0.25),
                                     value(TypeId::kHugeint, Int128{-1}),
                                     value(Type::decimal(5, 1), int64_t{-15}),
                                     value(TypeId::kInterval, Interval{1, 2, 3}),
                                     text("a text"),
                                     value(list, std::vector<Value>{element, nothing, element}),
                                     value(list, std::vector<Value>{}),
                                     Value{list, {}},
                                     element,
                                     nothing,
                                     Value{TypeId::kVarchar, {}},
                                     Value{TypeId::kNull, {}}};
  for (const Value& one : values) {
    Column column = constant_column(one);
    EXPECT_TRUE(column.constant());
    for (size_t row : {0, 1, 1000}) EXPECT_EQ(value_at(column, row), one) << to_string(one);
    EXPECT_EQ(value_at(column.slice(5), 3), one);
  }
}

TEST(Column, SlicesShareMemory) {
  std::vector<int32_t> values = {1, 2, 3};
  std::vector<uint8_t> valid = {1, 0, 1};
  Column column;
  column.type = TypeId::kInteger;
  column.values = values.data();
  column.valid = valid.data();
  Column slice = column.slice(1);
  EXPECT_EQ(slice.as<int32_t>(), values.data() + 1);
  EXPECT_FALSE(slice.is_valid(0));
  EXPECT_EQ(to_string(value_at(slice, 1)), "3");
  Value lists{Type::list(Type::list(TypeId::kInteger)),
              std::vector<Value>{Value{Type::list(TypeId::kInteger), std::vector<Value>{value(TypeId::kInteger, int64_t{1})}},
                                 Value{Type::list(TypeId::kInteger), std::vector<Value>{value(TypeId::kInteger, int64_t{2})}}}};
  EXPECT_EQ(to_string(value_at(constant_column(lists).children[0].slice(1), 0)), "[2]");
}

TEST(Relation, CountsRowsOfAllBatches) {
  Relation relation;
  EXPECT_EQ(relation.rows(), 0u);
  relation.batches.resize(2);
  relation.batches[0].rows = 3;
  relation.batches[1].rows = 4;
  EXPECT_EQ(relation.rows(), 7u);
}

}  // namespace
}  // namespace segue

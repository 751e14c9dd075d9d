#include "columns/arrow.h"

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/error.h"
#include "columns/value.h"

namespace segue {
namespace {

// A column of values: the elements of a constant list are one.
Column column_of(const Type& type, const std::vector<Value>& values) { return constant_column({Type::list(type), values}).children[0]; }

std::vector<Value> values_of(const Column& column, size_t rows) {
  std::vector<Value> values;
  for (size_t row = 0; row < rows; ++row) values.push_back(value_at(column, row));
  return values;
}

Column coded(const std::vector<std::optional<std::string>>& texts) {
  struct Codes {
    std::vector<uint32_t> codes;
  };
  auto owner = std::make_shared<Codes>();
  Column column;
  column.type = TypeId::kVarchar;
  column.dictionary = std::make_shared<Dictionary>();
  for (int i = 0; i < 100; ++i) column.dictionary->intern("unused " + std::to_string(i));
  for (const auto& text : texts) owner->codes.push_back(text ? column.dictionary->intern(*text) : 0);
  column.values = owner->codes.data();
  column.owner = owner;
  return column;
}

Type any_type(int depth) {
  int kind = *rc::gen::inRange(1, depth > 0 ? 17 : 15);
  if (kind == 15) return Type::list(any_type(depth - 1));
  if (kind == 16) {
    std::vector<Field> fields;
    int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) fields.push_back({"f" + std::to_string(i), any_type(depth - 1)});
    return Type::structure(std::move(fields));
  }
  auto id = static_cast<TypeId>(kind);
  if (id == TypeId::kHugeint) return TypeId::kBigint;  // comes back as DECIMAL
  if (id != TypeId::kDecimal) return id;
  auto width = static_cast<uint8_t>(*rc::gen::inRange(1, 39));
  return Type::decimal(width, static_cast<uint8_t>(*rc::gen::inRange(0, width + 1)));
}

Value any_value(const Type& type) {
  if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) return {type, {}};
  switch (type.id) {
    case TypeId::kBoolean: return {type, *rc::gen::inRange<int64_t>(0, 2)};
    case TypeId::kTinyint: return {type, *rc::gen::inRange<int64_t>(-128, 128)};
    case TypeId::kSmallint: return {type, *rc::gen::inRange<int64_t>(-32768, 32768)};
    case TypeId::kInteger:
    case TypeId::kDate: return {type, int64_t{*rc::gen::arbitrary<int32_t>()}};
    case TypeId::kBigint:
    case TypeId::kTimestamp: return {type, *rc::gen::arbitrary<int64_t>()};
    case TypeId::kFloat: return {type, static_cast<double>(*rc::gen::arbitrary<float>())};
    case TypeId::kDouble: return {type, *rc::gen::arbitrary<double>()};
    case TypeId::kDecimal: {
      int64_t number = *rc::gen::inRange<int64_t>(-9, 10);
      if (type.wide_decimal()) return {type, Int128{number} * 1'000'000'000'000};
      return {type, number};
    }
    case TypeId::kInterval: return {type, Interval{*rc::gen::inRange(-99, 99), *rc::gen::inRange(-99, 99), *rc::gen::inRange<int64_t>(-99999, 99999)}};
    case TypeId::kList: {
      std::vector<Value> elements;
      size_t count = *rc::gen::inRange<size_t>(0, 4);
      for (size_t i = 0; i < count; ++i) elements.push_back(any_value(type.element()));
      return {type, elements};
    }
    case TypeId::kStruct: {
      std::vector<Value> parts;
      for (const Field& field : type.fields) parts.push_back(any_value(field.type));
      return {type, parts};
    }
    default: return {type, *rc::gen::arbitrary<std::string>()};
  }
}

TEST(Arrow, AnyColumnGoesThereAndBack) {
  rc::check([] {
    Type type = any_type(2);
    size_t rows = *rc::gen::inRange<size_t>(0, 30);
    std::vector<Value> values;
    for (size_t i = 0; i < rows; ++i) values.push_back(any_value(type));
    Column column = column_of(type, values);
    bool dictionaries = *rc::gen::arbitrary<bool>(), utc = *rc::gen::arbitrary<bool>();
    auto array = to_arrow(column, rows, {utc, dictionaries});
    RC_ASSERT(array->ValidateFull().ok());
    RC_ASSERT(array->type()->Equals(to_arrow(type, {utc, dictionaries})));
    RC_ASSERT(from_arrow(*array->type()) == type);
    RC_ASSERT(values_of(from_arrow(array), rows) == values);
    // Slices on either side.
    size_t from = *rc::gen::inRange<size_t>(0, rows + 1);
    std::vector<Value> rest(values.begin() + static_cast<std::ptrdiff_t>(from), values.end());
    RC_ASSERT(values_of(from_arrow(array->Slice(static_cast<int64_t>(from))), rest.size()) == rest);
    auto sliced = to_arrow(column.slice(from), rest.size(), {utc, dictionaries});
    RC_ASSERT(sliced->ValidateFull().ok());
    RC_ASSERT(values_of(from_arrow(sliced), rest.size()) == rest);
  });
}

TEST(Arrow, ConstantsAreExpanded) {
  rc::check([] {
    Type type = any_type(2);
    Value value = any_value(type);
    size_t rows = *rc::gen::inRange<size_t>(0, 5);
    auto array = to_arrow(constant_column(value), rows, {false, *rc::gen::arbitrary<bool>()});
    RC_ASSERT(array->ValidateFull().ok());
    RC_ASSERT(values_of(from_arrow(array), rows) == std::vector<Value>(rows, value));
  });
}

TEST(Arrow, CodedTextBecomesACompactDictionary) {
  Column column = coded({"b", std::nullopt, "a", "b", "a"});
  auto array = std::static_pointer_cast<arrow::DictionaryArray>(to_arrow(column, 5, {false, true}));
  ASSERT_TRUE(array->ValidateFull().ok());
  const auto& words = static_cast<const arrow::StringArray&>(*array->dictionary());
  ASSERT_EQ(words.length(), 2);
  EXPECT_EQ(words.GetString(0), "b") << "in order of first use";
  EXPECT_EQ(words.GetString(1), "a");
  EXPECT_EQ(values_of(from_arrow(array), 5), values_of(column, 5));
}

TEST(Arrow, CodedTextBecomesPlainText) {
  auto array = to_arrow(coded({"b", std::nullopt, "", "ä"}), 4);
  ASSERT_TRUE(array->ValidateFull().ok());
  EXPECT_EQ(array->type_id(), arrow::Type::STRING);
  EXPECT_EQ(array->null_count(), 1);
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*array).GetString(3), "ä");
}

TEST(Arrow, ManyCodesOfALargeDictionary) {
  // More codes than four times the rows: the hash table.
  std::vector<std::optional<std::string>> texts;
  for (int i = 0; i < 20; ++i) texts.push_back("unused " + std::to_string(i * 7 % 10));
  Column column = coded(texts);
  auto array = std::static_pointer_cast<arrow::DictionaryArray>(to_arrow(column, texts.size(), {false, true}));
  ASSERT_TRUE(array->ValidateFull().ok());
  EXPECT_EQ(array->dictionary()->length(), 10);
  EXPECT_EQ(values_of(from_arrow(array), texts.size()), values_of(column, texts.size()));
}

TEST(Arrow, NumbersShareMemoryThereAndBack) {
  Column column = column_of(TypeId::kBigint, {{TypeId::kBigint, int64_t{1}}, {TypeId::kBigint, int64_t{2}}});
  auto array = to_arrow(column, 2);
  EXPECT_EQ(array->data()->GetValues<int64_t>(1), column.as<int64_t>());
  Column back = from_arrow(array);
  EXPECT_EQ(back.values, column.values);
  column = Column();
  array.reset();
  EXPECT_EQ(to_string(value_at(back, 1)), "2") << "the memory lives as long as someone needs it";
}

TEST(Arrow, ColumnsWithoutAnOwnerAreCopied) {
  std::vector<int64_t> values = {1, 2};
  Column column;
  column.type = TypeId::kBigint;
  column.values = values.data();
  auto array = to_arrow(column, 2);
  EXPECT_NE(array->data()->GetValues<int64_t>(1), values.data());
}

TEST(Arrow, RelationsBecomeTables) {
  Relation relation;
  relation.fields = {{"n", TypeId::kBigint}, {"t", TypeId::kTimestamp}};
  for (int64_t i = 0; i < 3; ++i) {
    relation.batches.push_back({2, {column_of(TypeId::kBigint, {{TypeId::kBigint, i}, {TypeId::kBigint, {}}}),
                                    constant_column({TypeId::kTimestamp, i})}, 0, {}});
  }
  auto table = to_arrow(relation, {true, false});
  ASSERT_TRUE(table->ValidateFull().ok());
  EXPECT_EQ(table->num_rows(), 6);
  EXPECT_EQ(table->schema()->ToString(), "n: int64\nt: timestamp[us, tz=UTC]");
  relation.batches.clear();
  EXPECT_EQ(to_arrow(relation)->num_rows(), 0);
}

template <class Builder, class... Arguments>
std::shared_ptr<arrow::Array> built(Builder&& builder, const Arguments&... values) {
  for (const arrow::Status& status : {builder.Append(values)..., builder.AppendNull()}) EXPECT_TRUE(status.ok());
  return builder.Finish().ValueOrDie();
}

std::string texts(const std::shared_ptr<arrow::Array>& array) {
  Column column = from_arrow(array);
  std::string result = to_string(column.type) + ":";
  for (const Value& value : values_of(column, static_cast<size_t>(array->length()))) result += ' ' + to_string(value);
  return result;
}

TEST(Arrow, ForeignTypesBecomeOurs) {
  EXPECT_EQ(texts(built(arrow::UInt8Builder(), 255)), "SMALLINT: 255 NULL");
  EXPECT_EQ(texts(built(arrow::UInt16Builder(), 65535)), "INTEGER: 65535 NULL");
  EXPECT_EQ(texts(built(arrow::UInt32Builder(), 4294967295u)), "BIGINT: 4294967295 NULL");
  EXPECT_EQ(texts(built(arrow::UInt64Builder(), 5u)), "BIGINT: 5 NULL");
  EXPECT_EQ(texts(built(arrow::LargeStringBuilder(), "a long enough text", "b")), "VARCHAR: a long enough text b NULL");
  EXPECT_EQ(texts(built(arrow::StringViewBuilder(), std::string_view("a long enough text"))), "VARCHAR: a long enough text NULL");
  EXPECT_EQ(texts(built(arrow::FixedSizeBinaryBuilder(arrow::fixed_size_binary(2)), "ab")), "BLOB: ab NULL");
  EXPECT_EQ(texts(built(arrow::Date64Builder(), int64_t{-86'400'000})), "DATE: 1969-12-31 NULL");
  auto timestamps = [](arrow::TimeUnit::type unit, int64_t value) {
    return texts(built(arrow::TimestampBuilder(arrow::timestamp(unit, "Europe/Berlin"), arrow::default_memory_pool()), value));
  };
  EXPECT_EQ(timestamps(arrow::TimeUnit::SECOND, 1), "TIMESTAMP: 1970-01-01 00:00:01 NULL");
  EXPECT_EQ(timestamps(arrow::TimeUnit::MILLI, 1), "TIMESTAMP: 1970-01-01 00:00:00.001 NULL");
  EXPECT_EQ(timestamps(arrow::TimeUnit::MICRO, 1), "TIMESTAMP: 1970-01-01 00:00:00.000001 NULL");
  EXPECT_EQ(timestamps(arrow::TimeUnit::NANO, -1), "TIMESTAMP: 1969-12-31 23:59:59.999999 NULL");
  EXPECT_EQ(texts(built(arrow::Decimal256Builder(arrow::decimal256(30, 2)), arrow::Decimal256(-12345))), "DECIMAL(30,2): -123.45 NULL");
  EXPECT_EQ(texts(built(arrow::Decimal128Builder(arrow::decimal128(5, 2)), arrow::Decimal128(-12345))), "DECIMAL(5,2): -123.45 NULL");
  EXPECT_EQ(texts(built(arrow::StringDictionaryBuilder(), "x", "y", "x")), "VARCHAR: x y x NULL");
  EXPECT_EQ(texts(std::make_shared<arrow::NullArray>(2)), "\"NULL\": NULL NULL");
}

TEST(Arrow, NullListsWithElementsBecomeEmptyRanges) {
  auto values = built(arrow::Int64Builder(), 1, 2, 3);
  std::vector<int32_t> offsets = {0, 1, 3, 4};
  uint8_t valid = 0b101;
  auto array = std::make_shared<arrow::ListArray>(arrow::list(arrow::int64()), 3, arrow::Buffer::Wrap(offsets), values,
                                                  arrow::Buffer::Wrap(&valid, 1));
  EXPECT_EQ(texts(array), "BIGINT[]: [1] NULL [NULL]");
  Column column = from_arrow(array);
  EXPECT_EQ(column.as<uint64_t>()[1], column.as<uint64_t>()[2]);
}

TEST(Arrow, WhatHasNoTypeIsAnError) {
  auto error = [](const std::shared_ptr<arrow::DataType>& type) {
    try {
      from_arrow(*type);
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(error(arrow::time64(arrow::TimeUnit::MICRO)), "Arrow's time64[us] has no type here");
  EXPECT_EQ(error(arrow::decimal256(50, 2)), "Arrow's decimal256(50, 2) has no type here");
  EXPECT_EQ(error(arrow::decimal128(5, -2)), "Arrow's decimal128(5, -2) has no type here");
  EXPECT_EQ(error(arrow::list(arrow::duration(arrow::TimeUnit::SECOND))), "Arrow's duration[s] has no type here");
  EXPECT_THROW(from_arrow(built(arrow::UInt64Builder(), uint64_t{1} << 63)), Failure);
  EXPECT_THROW(from_arrow(built(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::SECOND), arrow::default_memory_pool()), INT64_MAX)),
               Failure);
}

}  // namespace
}  // namespace segue

#include "columns/type.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace segue {
namespace {

std::string parsed(std::string_view text) {
  std::optional<Type> type = parse_type(text);
  return type ? to_string(*type) : "none";
}

TEST(Type, NamesThatUsersWriteAreRead) {
  EXPECT_EQ(parsed("varchar"), "VARCHAR");
  EXPECT_EQ(parsed(" Text "), "VARCHAR");
  EXPECT_EQ(parsed("string"), "VARCHAR");
  EXPECT_EQ(parsed("VARCHAR(20)"), "VARCHAR");
  EXPECT_EQ(parsed("int"), "INTEGER");
  EXPECT_EQ(parsed("INT8"), "BIGINT");
  EXPECT_EQ(parsed("double precision"), "DOUBLE");
  EXPECT_EQ(parsed("double"), "DOUBLE");
  EXPECT_EQ(parsed("real"), "FLOAT");
  EXPECT_EQ(parsed("bool"), "BOOLEAN");
  EXPECT_EQ(parsed("decimal"), "DECIMAL(18,3)");
  EXPECT_EQ(parsed("numeric( 10 , 2 )"), "DECIMAL(10,2)");
  EXPECT_EQ(parsed("decimal(5)"), "DECIMAL(5,0)");
  EXPECT_EQ(parsed("datetime"), "TIMESTAMP");
  EXPECT_EQ(parsed("timestamp without time zone"), "TIMESTAMP");
  EXPECT_EQ(parsed("bytea"), "BLOB");
  EXPECT_EQ(parsed("interval"), "INTERVAL");
}

TEST(Type, NestedTypesAreRead) {
  EXPECT_EQ(parsed("int[][]"), "INTEGER[][]");
  EXPECT_EQ(parsed("struct(a bigint, \"b c\" text[])[]"), "STRUCT(a BIGINT, \"b c\" VARCHAR[])[]");
  EXPECT_EQ(parsed("STRUCT(\"order\" DOUBLE PRECISION, \"q\"\"\" TIMESTAMP)"), "STRUCT(\"order\" DOUBLE, \"q\"\"\" TIMESTAMP)");
  EXPECT_EQ(parsed("struct(ä int)"), "STRUCT(\"ä\" INTEGER)");
}

TEST(Type, WhatIsNoTypeIsNone) {
  for (const char* text : {"", " ", "varchr", "int[", "int]", "int[3]", "struct", "struct()", "struct(a)", "struct(a int", "struct(a int,)",
                           "decimal(39,1)", "decimal(0)", "decimal(3,4)", "decimal(3,)", "decimal(", "timestamp with time zone", "timestamptz",
                           "uuid", "time", "map(int, int)", "int int", "\"int", "struct(\"\" int)", "1nt", "varchar(x)", "double precise"}) {
    EXPECT_EQ(parsed(text), "none") << text;
  }
  std::string deep = "int";
  for (int i = 0; i < 10'000; ++i) deep = "struct(a " + deep + ")";
  EXPECT_EQ(parsed(deep), "none");
}

TEST(Type, KeywordsAndOddNamesAreQuoted) {
  EXPECT_EQ(quote_name("plays"), "plays");
  EXPECT_EQ(quote_name("Plays_2"), "Plays_2");
  for (const char* keyword : {"order", "Select", "AND", "any", "timestamp", "xmltable", "all", "with"}) {
    EXPECT_EQ(quote_name(keyword), '"' + std::string(keyword) + '"');
  }
  EXPECT_EQ(quote_name("2x"), "\"2x\"");
  EXPECT_EQ(quote_name("a b"), "\"a b\"");
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_name(""), "\"\"");
}

TEST(Type, LakeTypesAreThoseATableMayHold) {
  EXPECT_TRUE(lake_type(TypeId::kBigint));
  EXPECT_TRUE(lake_type(Type::list(Type::structure({{"a", Type::decimal(38, 0)}}))));
  EXPECT_FALSE(lake_type(TypeId::kHugeint));
  EXPECT_FALSE(lake_type(TypeId::kInterval));
  EXPECT_FALSE(lake_type(TypeId::kNull));
  EXPECT_FALSE(lake_type(Type::list(TypeId::kNull)));
  EXPECT_FALSE(lake_type(Type::structure({{"a", TypeId::kInterval}})));
  EXPECT_FALSE(lake_type(Type::structure({{"", TypeId::kBigint}})));
}

Type any_type(int depth) {
  int kind = *rc::gen::inRange(0, depth > 0 ? 17 : 15);
  if (kind == 15) return Type::list(any_type(depth - 1));
  if (kind == 16) {
    std::vector<Field> fields;
    int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      fields.push_back({*rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ_1 \"(,)[]ä")))), any_type(depth - 1)});
    }
    return Type::structure(std::move(fields));
  }
  auto id = static_cast<TypeId>(kind);
  if (id != TypeId::kDecimal) return id;
  auto width = static_cast<uint8_t>(*rc::gen::inRange(1, 39));
  return Type::decimal(width, static_cast<uint8_t>(*rc::gen::inRange(0, width + 1)));
}

TEST(Type, WhatToStringWritesParseTypeReads) {
  rc::check([] {
    Type type = any_type(3);
    std::optional<Type> read = parse_type(to_string(type));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == type);
  });
}

TEST(Type, AnyTextIsReadOrNone) {
  rc::check([](const std::string& text) { parse_type(text); });
}

}  // namespace
}  // namespace segue

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "duckdb/duckdb_engine.h"
#include "relations.h"

namespace segue::duckdb {
namespace {

using Values = std::vector<Value>;

Value text(std::string value) { return {TypeId::kVarchar, std::move(value)}; }
Value number(int64_t value) { return {TypeId::kBigint, value}; }

class EngineTest : public testing::Test {
 protected:
  Relation run(const std::string& sql, const std::map<std::string, const Relation*>& inputs = {}) {
    return engine_.run(sql, inputs, cancellation_);
  }
  std::string error(const std::string& sql, const std::map<std::string, const Relation*>& inputs = {}) {
    try {
      run(sql, inputs);
    } catch (const Failure& failure) {
      code_ = failure.error().code;
      return failure.what();
    }
    return "no error";
  }

  Engine engine_{{2, 0, {}}};
  Cancellation cancellation_;
  ErrorCode code_ = ErrorCode::kInternal;
};

// One value of every type, and NULLs.
Relation every_type() {
  Type structure = Type::structure({{"a", TypeId::kBigint}, {"b", Type::list(TypeId::kVarchar)}});
  std::vector<Field> fields = {{"boolean", TypeId::kBoolean},
                               {"tinyint", TypeId::kTinyint},
                               {"smallint", TypeId::kSmallint},
                               {"integer", TypeId::kInteger},
                               {"bigint", TypeId::kBigint},
                               {"float", TypeId::kFloat},
                               {"double", TypeId::kDouble},
                               {"decimal4", Type::decimal(4, 1)},
                               {"decimal9", Type::decimal(9, 2)},
                               {"decimal18", Type::decimal(18, 3)},
                               {"decimal38", Type::decimal(38, 4)},
                               {"varchar", TypeId::kVarchar},
                               {"blob", TypeId::kBlob},
                               {"date", TypeId::kDate},
                               {"timestamp", TypeId::kTimestamp},
                               {"list", Type::list(structure)},
                               {"struct", structure}};
  auto value = [&](size_t column, Value::Data data) { return Value{fields[column].type, std::move(data)}; };
  auto row_struct = [&](int64_t a, std::vector<Value> b) {
    return Value{structure, std::vector<Value>{number(a), Value{Type::list(TypeId::kVarchar), std::move(b)}}};
  };
  auto row = [&](int64_t i, std::string words) {
    return Values{value(0, i % 2),
                  value(1, i),
                  value(2, -i),
                  value(3, i * 1000),
                  value(4, i * 10'000'000'000),
                  value(5, 0.5 * static_cast<double>(i)),
                  value(6, 0.1 * static_cast<double>(i)),
                  value(7, i),
                  value(8, -i),
                  value(9, i * 100'000'000),
                  value(10, Int128{i} * 1'000'000'000'000'000'000 * 1'000'000),
                  value(11, words),
                  value(12, std::string(1, static_cast<char>(0xFF)).append(words).append(1, 0)),
                  value(13, i * 10'000),
                  value(14, i * 1'000'000'000'001),
                  value(15, std::vector<Value>{row_struct(i, {text(words), text("")}), Value{structure, {}}}),
                  row_struct(-i, {text("x"), Value{TypeId::kVarchar, {}}})};
  };
  Values nulls;
  for (const Field& field : fields) nulls.push_back({field.type, {}});
  return make_relation(fields,
                       {row(1, "short"), nulls, row(7, "a text of more than twelve bytes"), row(-3, "ä"), nulls});
}

TEST_F(EngineTest, EveryTypeGoesThereAndBack) {
  Relation input = every_type();
  Relation output = run("SELECT * FROM t", {{"t", &input}});
  EXPECT_EQ(output.fields, input.fields);
  EXPECT_EQ(rows_text(output), rows_text(input));
}

TEST_F(EngineTest, DuckdbPrintsValuesAsWeDo) {
  Relation input = every_type();
  for (size_t c = 0; c < input.fields.size(); ++c) {
    std::string name = quote_name(input.fields[c].name);
    Relation printed =
        run(fmt::format("SELECT coalesce(CAST({} AS VARCHAR), 'NULL') AS x FROM t", name), {{"t", &input}});
    std::string expected;
    for (size_t row = 0; row < input.batches[0].rows; ++row)
      expected += to_string(value_at(input.batches[0].columns[c], row)) + '\n';
    EXPECT_EQ(rows_text(printed), expected) << name;
  }
}

TEST_F(EngineTest, ConstantsCodesAndSlicesAreTaken) {
  auto dictionary = std::make_shared<Dictionary>();
  std::vector<uint32_t> codes = {dictionary->intern("a"), 0, dictionary->intern("a longer text than fits"),
                                 dictionary->intern("a")};
  Column coded;
  coded.type = TypeId::kVarchar;
  coded.values = codes.data();
  coded.dictionary = dictionary;
  Value list{Type::list(TypeId::kBigint), std::vector<Value>{number(1), number(2)}};
  Relation input;
  input.fields = {{"c", TypeId::kVarchar}, {"k", TypeId::kVarchar}, {"l", list.type}, {"n", TypeId::kBigint}};
  Column numbers =
      make_relation({{"n", TypeId::kBigint}}, {{number(9)}, {number(10)}, {number(11)}, {number(12)}, {number(13)}})
          .batches[0]
          .columns[0]
          .slice(1);
  Batch batch{4, {coded, constant_column(text("k")), constant_column(list), numbers}, 0, {}};
  input.batches = {batch, batch};
  EXPECT_EQ(rows_text(run("SELECT * FROM t WHERE n > 10", {{"t", &input}})),
            "NULL|k|[1, 2]|11\na longer text than fits|k|[1, 2]|12\na|k|[1, 2]|13\n"
            "NULL|k|[1, 2]|11\na longer text than fits|k|[1, 2]|12\na|k|[1, 2]|13\n");
}

TEST_F(EngineTest, RowsOutliveTheEngine) {
  Relation output;
  {
    Engine other({1, 0, {}});
    output = other.run(
        "SELECT range AS i, 'a text of more than twelve bytes ' || range AS t, [range, range + 1] AS l FROM "
        "range(5000)",
        {}, cancellation_);
  }
  ASSERT_EQ(output.rows(), 5000u);
  std::string all = rows_text(output);
  EXPECT_EQ(all.substr(all.rfind('\n', all.size() - 2) + 1),
            "4999|a text of more than twelve bytes 4999|[4999, 5000]\n");
}

TEST_F(EngineTest, ListsOfManyElementsAndSlices) {
  // More elements in a chunk than a vector has rows, NULLs among lists and elements, and rows that begin in the middle.
  const std::string rows =
      "SELECT range AS i, CASE WHEN range % 7 = 3 THEN NULL ELSE list_transform(range(range % 5), lambda x: CASE WHEN "
      "x = 3 THEN NULL ELSE x "
      "END) END AS l FROM range(10000)";
  Relation nested = run(rows);
  Relation all = run("FROM t", {{"t", &nested}});
  EXPECT_EQ(rows_text(all), rows_text(nested));
  Relation output = run("SELECT i, l, len(l) AS n FROM t WHERE i >= 9000 AND i < 9005", {{"t", &nested}});
  EXPECT_EQ(rows_text(output), "9000|[]|0\n9001|[0]|1\n9002|[0, 1]|2\n9003|[0, 1, 2]|3\n9004|[0, 1, 2, NULL]|4\n");
  const std::string sums =
      "SELECT count(*) AS n, count(l) AS l, sum(len(l))::BIGINT AS s, sum(list_count(l))::BIGINT AS c FROM ";
  EXPECT_EQ(rows_text(run(sums + "t", {{"t", &nested}})), rows_text(run(sums + "(" + rows + ")")));
}

TEST_F(EngineTest, RowsKeepTheirOrder) {
  Relation input = make_relation(
      {{"i", TypeId::kBigint}}, 500'000, [](size_t row, size_t) { return std::optional<int64_t>(row); }, 4096);
  Relation output = run("SELECT i + 1 AS i FROM t WHERE i % 3 <> 0", {{"t", &input}});
  int64_t last = 0;
  for (std::optional<int64_t> value : integers(output, 0)) {
    ASSERT_GT(*value, last);
    last = *value;
  }
  EXPECT_EQ(output.rows(), 333'333u);
}

TEST_F(EngineTest, OnlyColumnsInNeedAreRead) {
  // A column whose memory is gone: reading it would crash.
  Relation input = make_relation({{"i", TypeId::kBigint}, {"gone", TypeId::kVarchar}},
                                 {{number(1), text("x")}, {number(2), text("y")}});
  input.batches[0].columns[1].values = nullptr;
  EXPECT_EQ(rows_text(run("SELECT sum(i)::BIGINT AS s FROM t", {{"t", &input}})), "3\n");
  EXPECT_EQ(rows_text(run("SELECT count(*) AS n FROM t", {{"t", &input}})), "2\n");
}

TEST_F(EngineTest, InputsMayBeReadSeveralTimesAndBeEmpty) {
  Relation input = make_relation(
      {{"i", TypeId::kBigint}}, 10, [](size_t row, size_t) { return std::optional<int64_t>(row); }, 3);
  Relation empty;
  empty.fields = {{"i", TypeId::kBigint}, {"s", Type::structure({{"a", Type::list(TypeId::kVarchar)}})}};
  EXPECT_EQ(
      rows_text(
          run("SELECT count(*) AS n FROM t a JOIN t b USING (i) LEFT JOIN \"Empty one\" e USING (i) WHERE e.s IS NULL",
              {{"t", &input}, {"Empty one", &empty}})),
      "10\n");
  Relation none = run("FROM e", {{"e", &empty}});
  EXPECT_EQ(none.rows(), 0u);
  EXPECT_EQ(none.fields, empty.fields);
}

TEST_F(EngineTest, OneEngineRunsSteps) {
  Relation a = make_relation({{"i", TypeId::kBigint}}, {{number(1)}});
  Relation b = make_relation({{"j", TypeId::kVarchar}}, {{text("x")}});
  EXPECT_EQ(rows_text(run("FROM t", {{"t", &a}})), "1\n");
  EXPECT_EQ(rows_text(run("FROM t", {{"t", &b}})), "x\n");
  EXPECT_EQ(error("FROM t"), "unknown table `t`");
}

TEST_F(EngineTest, SemanticsArePinned) {
  EXPECT_EQ(rows_text(run("SELECT 5 / 2 AS a, 5 // 2 AS b, 1 / 0 AS c, current_setting('TimeZone') AS d, "
                          "TIMESTAMPTZ '2020-01-01 00:00:00+02'::TIMESTAMP AS e")),
            "2.5|2|inf|UTC|2019-12-31 22:00:00\n");
  EXPECT_EQ(rows_text(run("SELECT * FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x")), "1\n2\nNULL\n");
}

TEST_F(EngineTest, NothingOutsideIsReached) {
  const char* const kStatements[] = {"SELECT * FROM read_csv('/etc/passwd')",
                                     "SELECT * FROM '/etc/x.csv'",
                                     "SELECT * FROM read_text('/etc/passwd')",
                                     "SELECT * FROM glob('/etc/*')",
                                     "COPY (SELECT 1) TO '/tmp/x.csv'",
                                     "ATTACH '/tmp/x.db'",
                                     "INSTALL httpfs",
                                     "LOAD httpfs",
                                     "SET enable_external_access = true",
                                     "SET lock_configuration = false",
                                     "SET threads = 7",
                                     "SET temp_directory = '/tmp'",
                                     "EXPORT DATABASE '/tmp/x'",
                                     "SELECT * FROM read_parquet('x')",
                                     "SET allowed_paths = ['/etc/passwd']",
                                     "CREATE SECRET (TYPE s3)",
                                     "SELECT * FROM read_blob('/etc/*')"};
  for (const char* statement : kStatements) {
    std::string text = error(statement);
    EXPECT_TRUE(text.find("disabled") != std::string::npos || text.find("locked") != std::string::npos ||
                text.find("not enabled") != std::string::npos || text.find("not find") != std::string::npos ||
                text.find("cannot be") != std::string::npos || text.find("Cannot") != std::string::npos ||
                text.find("does not exist, but it exists in the httpfs extension") != std::string::npos)
        << statement << ": " << text;
  }
}

TEST_F(EngineTest, ErrorsOfTheDataNameValueAndColumn) {
  Relation input = make_relation({{"t", TypeId::kVarchar}}, {{text("12")}, {text("twelve")}});
  EXPECT_EQ(error("SELECT CAST(t AS BIGINT) AS n FROM x", {{"x", &input}}), "'twelve' of column `t` is no BIGINT");
  EXPECT_EQ(code_, ErrorCode::kData);
  EXPECT_EQ(error("SELECT CAST(songs AS BIGINT) AS songs FROM (SELECT sum(i) AS songs FROM (VALUES "
                  "(9223372036854775807), (5)) v(i))"),
            "Type HUGEINT with value 9223372036854775812 can't be cast because the value is out of range for the "
            "destination type BIGINT when "
            "casting from source column songs");
  EXPECT_EQ(code_, ErrorCode::kData);
}

TEST_F(EngineTest, TooLittleMemoryIsAnErrorOfItsOwn) {
  Engine small({1, 20'000'000, {}});
  try {
    small.run("SELECT list(range ORDER BY hash(range)) AS l FROM range(20000000)", {}, cancellation_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kLimit) << failure.what();
    EXPECT_STREQ(failure.what(), "DuckDB's share of the memory does not suffice");
  }
}

TEST_F(EngineTest, CancellingEndsAQueryWithinASecond) {
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancellation_.request();
  });
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(
      error("SELECT count(*) AS n FROM range(1000000000) a, range(1000000) b WHERE hash(a.range + b.range) % 1000 = 1"),
      "stopped");
  auto took = std::chrono::steady_clock::now() - start;
  later.join();
  EXPECT_EQ(code_, ErrorCode::kCancelled);
  EXPECT_LT(took, std::chrono::seconds(2)) << "200 ms, and a second; the rest is for a busy machine";
  EXPECT_EQ(error("SELECT 1 AS a"), "stopped") << "nothing begins after";
}

}  // namespace
}  // namespace segue::duckdb

// Filters pushed into scans of Parquet files: row groups whose statistics no filter can take are not read, and rows are
// the same.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "columns/arrow.h"
#include "runs/project_folder.h"

namespace segue::runs {
namespace {

using testing::ElementsAre;

constexpr int64_t kGroups = 10, kGroupRows = 10;  // rows 0 … 99
constexpr int64_t kDay = 24LL * 3600 * 1'000'000;

// A column of which every seventh row is NULL.
Column column_of(const Type& type, const std::function<Value::Data(int64_t)>& value, bool nulls) {
  std::vector<std::shared_ptr<arrow::Array>> pieces;
  for (int64_t row = 0; row < kGroups * kGroupRows; ++row) {
    Value::Data data = nulls && row % 7 == 3 ? Value::Data() : value(row);
    pieces.push_back(to_arrow(constant_column({type, data}), 1));
  }
  return from_arrow(arrow::Concatenate(pieces).ValueOrDie());
}

class RowGroups : public testing::Test {
 protected:
  RowGroups() {
    std::vector<Field> fields = {{"id", TypeId::kInteger},   {"day", TypeId::kDate},         {"t", TypeId::kTimestamp},
                                 {"name", TypeId::kVarchar}, {"price", Type::decimal(9, 2)}, {"x", TypeId::kDouble}};
    Batch batch;
    batch.rows = kGroups * kGroupRows;
    batch.columns = {
        column_of(
            fields[0].type, [](int64_t row) { return row; }, false),
        column_of(
            fields[1].type, [](int64_t row) { return 17'000 + row; }, true),
        column_of(
            fields[2].type, [](int64_t row) { return (17'000 + row) * kDay + 1; }, true),
        column_of(
            fields[3].type, [](int64_t row) { return "n" + std::to_string(1000 + row); }, true),
        column_of(
            fields[4].type, [](int64_t row) { return row * 100 - 5000; }, true),
        column_of(
            fields[5].type, [](int64_t row) { return static_cast<double>(row); }, true),
    };
    auto schema = to_arrow(fields);
    auto table = arrow::Table::FromRecordBatches({to_arrow(batch, schema)}).ValueOrDie();
    std::filesystem::create_directories(project.path() / "events/kind=a");
    auto file = arrow::io::FileOutputStream::Open((project.path() / "events/kind=a/e.parquet").string()).ValueOrDie();
    EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, kGroupRows).ok());
    EXPECT_TRUE(file->Close().ok());
  }

  void write_steps(const std::string& steps) {
    project.write_pipeline(
        "name: p\nsources:\n  events:\n    path: events\n    format: {type: parquet}\n"
        "    columns: {id: bigint, day: date, t: timestamp, name: varchar, price: \"decimal(9,2)\", x: double}\n"
        "    partitions: {kind: varchar}\nsteps:\n" +
        steps);
  }
  // How many rows were read by a run, which must succeed.
  uint64_t rows_read(bool duckdb = false) {
    ProjectFolder::Ask ask;
    ask.duckdb = duckdb;
    RunResult run = project.run(ask);
    EXPECT_EQ(run.state, RunState::kSucceeded) << (run.errors.empty() ? "" : run.errors[0].message);
    return run.rows_read;
  }
  struct Answer {
    uint64_t rows_read;
    std::vector<std::string> rows;
  };
  Answer ask(const std::string& condition) {
    write_steps("  s:\n    sql: |\n      SELECT count(*) AS n, min(id) AS low, max(id) AS high FROM events WHERE " +
                condition + "\n");
    uint64_t read = rows_read();
    return {read, project.rows("s")};
  }

  ProjectFolder project;
};

TEST_F(RowGroups, ThoseThatNoRowCanBeInAreNotRead) {
  struct Case {
    const char* condition;
    uint64_t rows_read;
    const char* rows;
  };
  for (const Case& each : {
           Case{"id = 42", 10, "1|42|42"},
           {"id < 10", 10, "10|0|9"},
           {"id <= 10", 20, "11|0|10"},
           {"95 < id", 10, "4|96|99"},
           {"id >= 90", 10, "10|90|99"},
           {"id > 89", 10, "10|90|99"},
           {"id BETWEEN 25 AND 31", 20, "7|25|31"},
           {"id IN (5, 55, 200)", 20, "2|5|55"},
           {"id = 1 OR id = 98 AND x > 0", 20, "2|1|98"},
           {"CAST(id AS DECIMAL(21,2)) = 42.00", 10, "1|42|42"},
           {"CAST(t AS DATE) = '2016-07-19'", 10, "1|1|1"},
           {"CAST(id AS TINYINT) < 5", 100, "5|0|4"},       // another row might be none,
           {"CAST(id AS VARCHAR) = '42'", 100, "1|42|42"},  // texts are in another order
           {"id % 50 = 1", 100, "2|1|51"},
           {"id <> 5", 100, "99|0|99"},
           {"day = DATE '2016-07-18' + 60", 10, "1|60|60"},
           {"day >= '2016-07-18'::TIMESTAMP + INTERVAL 95 DAY", 100, "5|95|99"},
           {"t < '2016-07-19'", 10, "1|0|0"},
           {"name = 'n1071'", 10, "1|71|71"},
           {"name >= 'n1098'", 10, "2|98|99"},
           {"price > 48", 10, "1|99|99"},
           {"price = 0", 10, "1|50|50"},
           {"x > 97", 100, "2|98|99"},  // NaN is greater, and no statistics count it
           {"id = 1000", 0, "0|NULL|NULL"},
           {"id = 3 AND day IS NULL", 10, "1|3|3"},
           {"id = NULL", 100, "0|NULL|NULL"},
           {"kind = 'b'", 0, "0|NULL|NULL"},
           {"kind = 'b' OR id = 7", 10, "1|7|7"},
           {"NOT (id > 5)", 10, "6|0|5"},
       }) {
    Answer answer = ask(each.condition);
    EXPECT_EQ(answer.rows_read, each.rows_read) << each.condition;
    EXPECT_THAT(answer.rows, ElementsAre(each.rows)) << each.condition;
  }
}

TEST_F(RowGroups, AreReadWhereOneStepNeedsThem) {
  write_steps(
      "  s: {sql: SELECT id FROM events WHERE id = 3}\n  t: {sql: \"SELECT id FROM events WHERE day = DATE "
      "'2016-07-18' + "
      "60\"}\n");
  EXPECT_EQ(rows_read(), 20u);
  EXPECT_EQ(rows_read(true), 20u);
  EXPECT_THAT(project.rows("s"), ElementsAre("3"));
  EXPECT_THAT(project.rows("t"), ElementsAre("60"));
  write_steps("  s: {sql: SELECT id FROM events WHERE id = 3}\n  t: {sql: SELECT count(*) AS n FROM events}\n");
  EXPECT_EQ(rows_read(), 100u);
  EXPECT_THAT(project.rows("t"), ElementsAre("100"));
}

}  // namespace
}  // namespace segue::runs

// Every kernel of the registry against DuckDB, on edge cases and random values: as plain columns, coded, and with
// constant arguments.
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/duckdb_oracle.h"
#include "engine/expressions/evaluator.h"
#include "engine/expressions/gather.h"
#include "engine/kernel_calls.h"
#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::Evaluator;
using engine::Kernel;

constexpr size_t kRows = 240;

std::string described(const Table& table, size_t row) {
  std::string text;
  for (size_t i = 0; i < table.size(); ++i)
    text += (i == 0 ? "" : ", ") + fmt::format("'{}'", to_string(table[i][row]));
  return "(" + text + ")";
}

class Comparison {
 public:
  Comparison(DuckdbOracle& oracle, const KernelCall& call, std::string name)
      : oracle_(oracle), call_(call), name_(std::move(name)) {}

  // constant: the column that has one value for all rows, if any.
  void run(Random& random, std::optional<size_t> constant, bool coded) {
    Table table;
    for (const Type& type : call_.columns) table.push_back(random_values(type, kRows, random));
    if (constant) table[*constant].assign(kRows, table[*constant][0]);
    oracle_.load(call_.columns, table);
    Outcome asked = oracle_.query("SELECT " + call_.sql + " FROM t LIMIT 0");
    ASSERT_EQ(asked.error, "") << call_.sql;
    auto expression = plan::make_call(name_, asked.type, call_.arguments);
    auto reason = engine::unsupported(*expression);
    ASSERT_FALSE(reason.has_value()) << call_.sql << ": " << *reason;
    Evaluator evaluator({expression});
    Batch batch;
    batch.rows = kRows;
    for (size_t i = 0; i < table.size(); ++i) {
      bool same = constant == i;
      Value first = table[i][0];
      Column column = same ? (first.null() ? engine::null_column(call_.columns[i]) : constant_column(first))
                           : column_of(call_.columns[i], table[i], coded);
      batch.columns.push_back(std::move(column));
    }
    if (table.empty()) batch.rows = 1;
    check(evaluator, batch, table, coded);
  }

 private:
  void check(const Evaluator& evaluator, const Batch& batch, const Table& table, bool coded) {
    Evaluator::State state;
    std::set<size_t> failing;
    std::vector<Value> ours(batch.rows);
    try {
      // Twice: the second time, the answers for codes are known already.
      Column column = evaluator.evaluate(batch, state)[0];
      column = evaluator.evaluate(batch, state)[0];
      for (size_t row = 0; row < batch.rows; ++row) ours[row] = value_at(column, row);
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.error().code, ErrorCode::kData) << failure.what();
      for (size_t row = 0; row < batch.rows; ++row) {
        try {
          Batch one;
          one.rows = 1;
          for (const Column& column : batch.columns) one.columns.push_back(column.slice(row));
          Evaluator::State fresh;
          ours[row] = value_at(evaluator.evaluate(one, fresh)[0], 0);
        } catch (const Failure& problem) {
          failing.insert(row);
        }
      }
      EXPECT_FALSE(failing.empty()) << call_.sql << " fails for no row: " << failure.what();
    }
    std::string some;
    for (size_t row : failing) some += (some.empty() ? " WHERE id NOT IN (" : ", ") + std::to_string(row);
    if (!some.empty()) some += ")";
    Outcome theirs = oracle_.query("SELECT " + call_.sql + " FROM t" + some + " ORDER BY id");
    if (!theirs.error.empty()) return find_failure(table, failing, theirs.error, batch.rows);
    size_t next = 0;
    for (size_t row = 0; row < batch.rows; ++row) {
      if (failing.contains(row)) continue;
      const Value& expected = theirs.values[next++];
      EXPECT_TRUE(same_value(ours[row], expected))
          << call_.sql << " of " << (table.empty() ? "" : described(table, row)) << (coded ? " (coded)" : "") << ": "
          << to_string(ours[row]) << ", DuckDB: " << to_string(expected);
      if (testing::Test::HasFailure() && ++shown_ > 3) return;
    }
    size_t tried = 0;
    for (size_t row : failing) {
      if (++tried > 6) break;
      Outcome one = oracle_.query("SELECT " + call_.sql + " FROM t WHERE id = " + std::to_string(row));
      EXPECT_NE(one.error, "") << call_.sql << " of " << described(table, row)
                               << " fails, DuckDB: " << (one.values.empty() ? "" : to_string(one.values[0]));
    }
  }

  // DuckDB fails for a row that has an answer here.
  void find_failure(const Table& table, const std::set<size_t>& failing, const std::string& error, size_t rows) {
    for (size_t row = 0; row < rows; ++row) {
      if (failing.contains(row)) continue;
      Outcome one = oracle_.query("SELECT " + call_.sql + " FROM t WHERE id = " + std::to_string(row));
      if (one.error.empty()) continue;
      ADD_FAILURE() << call_.sql << " of " << (table.empty() ? "" : described(table, row))
                    << " has an answer here, DuckDB: " << one.error;
      if (++shown_ > 3) return;
    }
    EXPECT_GT(shown_, 0) << call_.sql << " fails in DuckDB as a whole only: " << error;
  }

  DuckdbOracle& oracle_;
  const KernelCall& call_;
  std::string name_;
  int shown_ = 0;
};

class KernelsTest : public testing::TestWithParam<std::string> {};

// One test a name, for all its overloads.
TEST_P(KernelsTest, AnswersAsDuckdbDoes) {
  static DuckdbOracle oracle;
  for (const Kernel* kernel : engine::all_kernels()) {
    if (kernel->name != GetParam()) continue;
    auto calls = calls_of(*kernel);
    ASSERT_FALSE(calls.empty()) << "no way to call " << kernel->name;
    for (const KernelCall& call : calls) {
      Random random(std::hash<std::string>()(call.sql));
      Comparison comparison(oracle, call, std::string(kernel->name));
      comparison.run(random, std::nullopt, false);
      bool has_text = std::any_of(call.columns.begin(), call.columns.end(),
                                  [](const Type& type) { return type.id == TypeId::kVarchar; });
      if (has_text) comparison.run(random, std::nullopt, true);
      for (size_t i = 0; i < call.columns.size(); ++i) comparison.run(random, i, has_text);
      if (HasFatalFailure()) return;
    }
  }
}

std::vector<std::string> kernel_names() {
  std::set<std::string> names;
  for (const Kernel* kernel : engine::all_kernels()) names.insert(std::string(kernel->name));
  return {names.begin(), names.end()};
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  for (char c : info.param)
    name +=
        std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c) : fmt::format("_{:02x}", static_cast<int>(c));
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, KernelsTest, testing::ValuesIn(kernel_names()), test_name);

}  // namespace
}  // namespace segue::test

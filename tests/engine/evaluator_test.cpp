// What the evaluator does around kernels: shared subexpressions, constants, three-valued logic, branches, errors,
// codes.
#include "engine/expressions/evaluator.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/expressions/gather.h"
#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::Evaluator;
using plan::ExpressionPtr;
using plan::make_call;
using plan::make_column;
using Table = std::vector<std::vector<Value>>;

Value integer(int64_t value) { return Value{TypeId::kBigint, value}; }
Value null(Type type) { return Value{std::move(type), {}}; }
Value text(const char* value) { return Value{TypeId::kVarchar, std::string(value)}; }
Value boolean(bool value) { return Value{TypeId::kBoolean, int64_t{value}}; }
ExpressionPtr constant(Value value) { return plan::make_constant(std::move(value)); }

Batch batch_of(const std::vector<Type>& types, const Table& columns, bool coded = false) {
  Batch batch;
  batch.rows = columns[0].size();
  for (size_t i = 0; i < types.size(); ++i) batch.columns.push_back(column_of(types[i], columns[i], coded));
  return batch;
}

std::vector<Value> run(const ExpressionPtr& expression, const Batch& batch) {
  EXPECT_EQ(engine::unsupported(*expression), std::nullopt);
  Evaluator evaluator({expression});
  Evaluator::State state;
  Column column = evaluator.evaluate(batch, state)[0];
  std::vector<Value> values;
  for (size_t row = 0; row < batch.rows; ++row) values.push_back(value_at(column, row));
  return values;
}

std::string message(const ExpressionPtr& expression, const Batch& batch) {
  try {
    run(expression, batch);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kData);
    return failure.error().message;
  }
  return "no failure";
}

const Type kBigint = TypeId::kBigint;
const Type kBoolean = TypeId::kBoolean;
const Type kVarchar = TypeId::kVarchar;

ExpressionPtr c(size_t column, Type type = TypeId::kBigint) { return make_column(column, std::move(type)); }
ExpressionPtr to_bigint(ExpressionPtr value) { return make_call("cast", kBigint, {std::move(value)}); }

TEST(Evaluator, GivesAColumnReferenceAsTheBatchHasIt) {
  Batch batch = batch_of({kBigint, kVarchar}, {{integer(1), integer(2)}, {text("a"), text("b")}}, true);
  Evaluator evaluator({c(1, kVarchar), c(0)});
  Evaluator::State state;
  auto columns = evaluator.evaluate(batch, state);
  EXPECT_EQ(columns[0].values, batch.columns[1].values);
  EXPECT_EQ(columns[0].dictionary, batch.columns[1].dictionary);
  EXPECT_EQ(columns[1].values, batch.columns[0].values);
}

TEST(Evaluator, ComputesEqualSubexpressionsOnce) {
  auto sum = [] { return make_call("+", kBigint, {c(0), c(0)}); };
  Batch batch = batch_of({kBigint}, {{integer(1), integer(2)}});
  Evaluator evaluator({sum(), sum()});
  Evaluator::State state;
  auto columns = evaluator.evaluate(batch, state);
  EXPECT_EQ(columns[0].values, columns[1].values);
  EXPECT_EQ(value_at(columns[0], 1), integer(4));
}

TEST(Evaluator, FoldsConstantsToConstantColumns) {
  Evaluator evaluator({make_call("+", kBigint, {constant(integer(2)), constant(integer(3))})});
  Evaluator::State state;
  Batch batch;
  batch.rows = 1000;
  Column column = evaluator.evaluate(batch, state)[0];
  EXPECT_TRUE(column.constant());
  EXPECT_EQ(value_at(column, 999), integer(5));
}

TEST(Evaluator, FailsForAConstantOnlyWhereARowNeedsIt) {
  auto broken = to_bigint(constant(text("x")));
  auto guarded = make_call("case", kBigint, {make_call(">", kBoolean, {c(0), constant(integer(10))}), broken, c(0)});
  Batch small = batch_of({kBigint}, {{integer(1), integer(2)}});
  EXPECT_EQ(run(guarded, small)[1], integer(2));
  EXPECT_EQ(message(guarded, batch_of({kBigint}, {{integer(11)}})), "cannot cast 'x' to BIGINT");
  Batch empty;
  Evaluator evaluator({broken});
  Evaluator::State state;
  EXPECT_EQ(evaluator.evaluate(empty, state).size(), 1u);
}

TEST(Evaluator, RunsBranchesOfCaseOnlyForTheirRows) {
  // CASE WHEN kind = 'number' THEN CAST(v AS BIGINT) WHEN v IS NULL THEN -1 ELSE 0 END
  auto expression =
      make_call("case", kBigint,
                {make_call("=", kBoolean, {c(0, kVarchar), constant(text("number"))}), to_bigint(c(1, kVarchar)),
                 make_call("is_null", kBoolean, {c(1, kVarchar)}), constant(integer(-1)), constant(integer(0))});
  for (bool coded : {false, true}) {
    Batch batch = batch_of({kVarchar, kVarchar},
                           {{text("number"), text("word"), null(kVarchar), text("number")},
                            {text("12"), text("twelve"), null(kVarchar), text("-5")}},
                           coded);
    EXPECT_EQ(run(expression, batch), (std::vector<Value>{integer(12), integer(0), integer(-1), integer(-5)}));
    Batch bad = batch_of({kVarchar, kVarchar}, {{text("number"), text("number")}, {text("12"), text("twelve")}}, coded);
    EXPECT_EQ(message(expression, bad), "cannot cast 'twelve' to BIGINT");
  }
}

TEST(Evaluator, RunsLaterArgumentsOfCoalesceOnlyWhereEarlierAreNull) {
  auto expression = make_call("coalesce", kBigint, {c(0), to_bigint(c(1, kVarchar)), constant(integer(7))});
  Batch batch = batch_of({kBigint, kVarchar},
                         {{integer(1), null(kBigint), null(kBigint)}, {text("no number"), text("2"), null(kVarchar)}});
  EXPECT_EQ(run(expression, batch), (std::vector<Value>{integer(1), integer(2), integer(7)}));
}

TEST(Evaluator, RunsTheRightOfAndAndOrOnlyWhereTheLeftIsOpen) {
  auto is_positive = make_call(">", kBoolean, {to_bigint(c(1, kVarchar)), constant(integer(0))});
  Batch batch = batch_of({kBoolean, kVarchar}, {{boolean(false), boolean(true), null(kBoolean), boolean(true)},
                                                {text("x"), text("1"), text("-1"), null(kVarchar)}});
  EXPECT_EQ(run(make_call("and", kBoolean, {c(0, kBoolean), is_positive}), batch),
            (std::vector<Value>{boolean(false), boolean(true), boolean(false), null(kBoolean)}));
  Batch other = batch_of({kBoolean, kVarchar}, {{boolean(true), boolean(false), null(kBoolean), null(kBoolean)},
                                                {text("x"), text("1"), text("-1"), text("1")}});
  EXPECT_EQ(run(make_call("or", kBoolean, {c(0, kBoolean), is_positive}), other),
            (std::vector<Value>{boolean(true), boolean(true), null(kBoolean), boolean(true)}));
  EXPECT_EQ(message(make_call("and", kBoolean, {c(0, kBoolean), is_positive}), other), "cannot cast 'x' to BIGINT");
}

TEST(Evaluator, BranchesReadWhatIsComputedAlready) {
  auto parsed = to_bigint(c(0, kVarchar));
  auto expression = make_call("case", kBigint,
                              {make_call(">", kBoolean, {parsed, constant(integer(5))}),
                               make_call("*", kBigint, {parsed, parsed}), make_call("-", kBigint, {parsed})});
  Batch batch = batch_of({kVarchar}, {{text("6"), text("2"), null(kVarchar)}});
  EXPECT_EQ(run(expression, batch), (std::vector<Value>{integer(36), integer(-2), null(kBigint)}));
}

TEST(Evaluator, AndOrNotHaveThreeValues) {
  std::vector<Value> all = {boolean(true), boolean(false), null(kBoolean)};
  Table table(2);
  for (const Value& a : all) {
    for (const Value& b : all) {
      table[0].push_back(a);
      table[1].push_back(b);
    }
  }
  Batch batch = batch_of({kBoolean, kBoolean}, table);
  Value t = boolean(true), f = boolean(false), n = null(kBoolean);
  EXPECT_EQ(run(make_call("and", kBoolean, {c(0, kBoolean), c(1, kBoolean)}), batch),
            (std::vector<Value>{t, f, n, f, f, f, n, f, n}));
  EXPECT_EQ(run(make_call("or", kBoolean, {c(0, kBoolean), c(1, kBoolean)}), batch),
            (std::vector<Value>{t, t, t, t, f, n, t, n, n}));
  EXPECT_EQ(run(make_call("not", kBoolean, {c(0, kBoolean)}), batch), (std::vector<Value>{f, f, f, t, t, t, n, n, n}));
}

TEST(Evaluator, InIsUnknownWhereANullCouldMatch) {
  Batch batch = batch_of({kBigint}, {{integer(1), integer(3), null(kBigint)}});
  auto in = make_call("in", kBoolean, {c(0), constant(integer(1)), constant(null(kBigint))});
  EXPECT_EQ(run(in, batch), (std::vector<Value>{boolean(true), null(kBoolean), null(kBoolean)}));
  auto not_in = make_call("not_in", kBoolean, {c(0), constant(integer(1)), constant(integer(2))});
  EXPECT_EQ(run(not_in, batch), (std::vector<Value>{boolean(false), boolean(true), null(kBoolean)}));
}

TEST(Evaluator, ComparesCodesWithAConstantThatTheDictionaryLearnsLater) {
  Batch batch = batch_of({kVarchar}, {{text("a"), text("b"), null(kVarchar)}}, true);
  Evaluator evaluator({make_call("=", kBoolean, {c(0, kVarchar), constant(text("z"))})});
  Evaluator::State state;
  EXPECT_EQ(value_at(evaluator.evaluate(batch, state)[0], 0), boolean(false));
  EXPECT_EQ(value_at(evaluator.evaluate(batch, state)[0], 2), null(kBoolean));
  Array<uint32_t> codes(3, batch.columns[0].dictionary->intern("z"));
  batch.columns[0].values = codes.data();
  EXPECT_EQ(value_at(evaluator.evaluate(batch, state)[0], 0), boolean(true));
}

TEST(Evaluator, TextsMadeOfCodesAreCodedByOneDictionaryForAllThreads) {
  Batch batch = batch_of({kVarchar}, {{text("A"), text("É"), null(kVarchar), text("a")}}, true);
  Evaluator evaluator({make_call("lower", kVarchar, {c(0, kVarchar)})});
  Evaluator::State one, two;
  Column first = evaluator.evaluate(batch, one)[0];
  Column second = evaluator.evaluate(batch, two)[0];
  ASSERT_TRUE(first.coded());
  EXPECT_EQ(first.dictionary, second.dictionary);
  EXPECT_EQ(value_at(first, 1), text("é"));
  EXPECT_EQ(value_at(first, 2), null(kVarchar));
  EXPECT_EQ(first.as<uint32_t>()[0], first.as<uint32_t>()[3]);
}

TEST(Evaluator, ColumnsOutliveTheEvaluatorAndItsState) {
  Column kept;
  {
    Batch batch = batch_of({kVarchar}, {{text("Some Text That Is Long"), text("x")}});
    Evaluator evaluator({make_call("upper", kVarchar, {c(0, kVarchar)})});
    Evaluator::State state;
    kept = evaluator.evaluate(batch, state)[0];
  }
  EXPECT_EQ(value_at(kept, 0), text("SOME TEXT THAT IS LONG"));
}

TEST(Evaluator, ErrorsNameTheValues) {
  Batch batch = batch_of({kBigint, kVarchar}, {{integer(INT64_MAX)}, {text("2020-02-30")}});
  EXPECT_EQ(message(make_call("+", kBigint, {c(0), constant(integer(1))}), batch),
            "overflow: 9223372036854775807 + 1 is out of the range of BIGINT");
  EXPECT_EQ(message(make_call("cast", TypeId::kDate, {c(1, kVarchar)}), batch), "cannot cast '2020-02-30' to DATE");
  EXPECT_EQ(message(make_call("cast", TypeId::kTinyint, {c(0)}), batch), "cannot cast 9223372036854775807 to TINYINT");
}

TEST(Evaluator, SaysWhatItCannotRun) {
  auto regexp = make_call("reverse", kVarchar, {c(0, kVarchar)});
  EXPECT_EQ(engine::unsupported(*regexp), "reverse(VARCHAR) is not supported");
  auto inside = make_call("not", kBoolean, {regexp});
  EXPECT_EQ(engine::unsupported(*inside), "reverse(VARCHAR) is not supported");
  auto part = make_call("date_part", kBigint, {c(0, kVarchar), c(1, TypeId::kDate)});
  EXPECT_EQ(engine::unsupported(*part), "date_part(VARCHAR, DATE) is supported for a constant part only");
  EXPECT_THROW(Evaluator({inside}), Failure);
}

TEST(Select, GivesTheRowsThatAreTrue) {
  Column column = column_of(kBoolean, {boolean(true), null(kBoolean), boolean(false), boolean(true)}, false);
  auto rows = engine::select(column, 4);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], 0u);
  EXPECT_EQ(rows[1], 3u);
  EXPECT_EQ(engine::select(constant_column(boolean(true)), 5).size(), 5u);
  EXPECT_EQ(engine::select(engine::null_column(kBoolean), 5).size(), 0u);
}

}  // namespace
}  // namespace segue::test

// Whatever the operators, their schedule comes to an end and has nobody read what is not there yet.
#include "engine/schedule.h"

#include <gtest/gtest.h>

#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::Operator;

class Streaming : public Operator {
 public:
  bool streaming() const override { return true; }
};

using Operators = std::vector<std::unique_ptr<Operator>>;

Operator* add_source(Operators& operators) { return operators.emplace_back(std::make_unique<Operator>()).get(); }

template <class T = Operator>
Operator* add(Operators& operators, std::vector<Operator*> inputs, std::vector<Operator*> needs = {}) {
  auto op = std::make_unique<T>();
  for (Operator* input : inputs) op->inputs.push_back({input, nullptr});
  op->needs = std::move(needs);
  return operators.emplace_back(std::move(op)).get();
}

// The level from which on op's rows can be read.
size_t ready(const engine::Schedule& schedule, const Operator& op) {
  if (op.breaks()) return schedule.level(op) + 1;
  size_t level = 0;
  for (const auto& input : op.inputs) level = std::max(level, ready(schedule, *input.from));
  for (const Operator* needed : op.needs) level = std::max(level, ready(schedule, *needed));
  return level;
}

TEST(Schedule, ReadersOfASourceWaitForEachOther) {
  Operators operators;
  Operator* source = add_source(operators);
  Operator* other = add_source(operators);
  Operator* built = add(operators, {other});
  Operator* early = add(operators, {source});
  Operator* late = add(operators, {add<Streaming>(operators, {source}, {built})});
  engine::Schedule schedule(operators);
  EXPECT_EQ(schedule.level(*late), 1);
  EXPECT_EQ(schedule.level(*early), 1);
  EXPECT_EQ(schedule.reads().at(source), std::set<size_t>{1});
}

TEST(Schedule, NobodyWaitsForWhatWaitsForIt) {
  Operators operators;
  Operator* a = add_source(operators);
  Operator* b = add_source(operators);
  Operator* a_by_key = add(operators, {a});
  Operator* b_by_key = add(operators, {b});
  Operator* a_late = add(operators, {add<Streaming>(operators, {a}, {b_by_key})});
  Operator* b_late = add(operators, {add<Streaming>(operators, {b}, {a_by_key})});
  engine::Schedule schedule(operators);
  // One of them can wait; the other has to read first.
  EXPECT_EQ(schedule.reads().at(a).size() + schedule.reads().at(b).size(), 3);
  EXPECT_GT(schedule.level(*a_late), schedule.level(*b_by_key));
  EXPECT_GT(schedule.level(*b_late), schedule.level(*a_by_key));
}

TEST(Schedule, OfAnyOperatorsEndsAndKeepsTheOrder) {
  Random random(6);
  for (int attempt = 0; attempt < 2000; ++attempt) {
    Operators operators;
    for (size_t i = 0; i < 1 + random() % 4; ++i) add_source(operators);
    auto any = [&] { return operators[random() % operators.size()].get(); };
    for (size_t i = 0; i < random() % 24; ++i) {
      if (random() % 2 == 0) {
        add(operators, {any()});
      } else {
        std::vector<Operator*> needs;
        if (Operator* op = any(); op->breaks()) needs.push_back(op);
        std::vector<Operator*> inputs = {any()};
        if (random() % 4 == 0) inputs.push_back(any());
        add<Streaming>(operators, inputs, needs);
      }
    }
    engine::Schedule schedule(operators);
    for (const auto& op : operators) {
      if (!op->breaks()) continue;
      ASSERT_LT(schedule.level(*op), schedule.levels());
      for (const auto& input : op->inputs) ASSERT_GE(schedule.level(*op), ready(schedule, *input.from));
    }
  }
}

}  // namespace
}  // namespace segue::test

// Every key finds all of its rows, in order, whether keys are near to each other or not, and come once or often.
#include "engine/join_table.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::GroupTable;
using engine::JoinTable;

struct Case {
  size_t rows;
  uint64_t range;  // of the keys
  uint64_t step;   // between them
  bool once;       // each key
  bool nulls;
};

void expect_all_rows(const Case& of, Random& random) {
  engine::Keys keys({TypeId::kBigint}, 2);
  std::map<int64_t, std::vector<uint32_t>> expected;
  std::vector<Value> values;
  auto number = [&] { return static_cast<int64_t>(random() % of.range * of.step) - 50; };
  for (size_t row = 0; row < of.rows; ++row) {
    if (of.nulls && random() % 5 == 0) {
      values.push_back({TypeId::kBigint, {}});
      continue;
    }
    int64_t key = number();
    while (of.once && expected.contains(key)) key = number();
    expected[key].push_back(static_cast<uint32_t>(row));
    values.push_back({TypeId::kBigint, key});
  }
  Array<uint64_t> words;
  Column column = column_of(TypeId::kBigint, values, false);
  keys.encode(0, std::span(&column, 1), of.rows, words);
  JoinTable table(keys);
  Cancellation cancellation;
  Workers workers(2, cancellation);
  table.build(workers, words, of.rows, [&](const uint64_t* key) { return !keys.is_null(key, 0); });
  bool left_out = std::any_of(values.begin(), values.end(), [](const Value& value) { return value.null(); });
  EXPECT_EQ(table.left_out(), left_out);
  EXPECT_EQ(table.unique(),
            std::all_of(expected.begin(), expected.end(), [](const auto& e) { return e.second.size() == 1; }));

  std::vector<Value> asked = {{TypeId::kBigint, {}}, {TypeId::kBigint, INT64_MIN}, {TypeId::kBigint, INT64_MAX}};
  for (const auto& [key, rows] : expected) {
    if (random() % of.rows >= 1000) continue;  // a sample
    for (int64_t near : {key - 1, key, key + 1}) asked.push_back({TypeId::kBigint, near});
  }
  Column probe = column_of(TypeId::kBigint, asked, false);
  Array<uint64_t> probe_words;
  keys.encode(1, std::span(&probe, 1), asked.size(), probe_words);
  std::vector<uint32_t> numbers(asked.size());
  table.find(probe_words.data(), asked.size(), numbers.data());
  for (size_t i = 0; i < asked.size(); ++i) {
    std::vector<uint32_t> found;
    if (numbers[i] != GroupTable::kAbsent && table.unique()) {
      found.push_back(numbers[i]);
    } else if (numbers[i] != GroupTable::kAbsent) {
      for (uint32_t at = table.begins()[numbers[i]]; at < table.begins()[numbers[i] + 1]; ++at)
        found.push_back(table.rows()[at]);
    }
    std::vector<uint32_t> all;
    if (!asked[i].null()) {
      if (auto known = expected.find(std::get<int64_t>(asked[i].data)); known != expected.end()) all = known->second;
    }
    ASSERT_EQ(found, all) << of.rows << " rows, key " << to_string(asked[i]);
  }
}

TEST(JoinTable, EveryKeyFindsAllOfItsRows) {
  Random random(8);
  for (size_t rows : {0, 1, 2, 1000, 70'000}) {
    for (uint64_t step : {uint64_t{1}, uint64_t{1} << 40}) {  // near, far
      for (bool nulls : {false, true}) {
        expect_all_rows({rows, std::max<uint64_t>(rows / 3, 1), step, false, nulls}, random);
        expect_all_rows({rows, std::max<uint64_t>(rows * 3, 1), step, true, nulls}, random);
      }
    }
  }
}

TEST(JoinTable, StopsWhenCancelled) {
  engine::Keys keys({TypeId::kBigint}, 1);
  for (uint64_t step : {uint64_t{1}, uint64_t{1} << 40}) {
    Array<uint64_t> words(100);
    for (size_t i = 0; i < words.size(); ++i) words[i] = i * step;
    Cancellation cancellation;
    Workers workers(1, cancellation);
    cancellation.request();
    EXPECT_THROW(JoinTable(keys).build(workers, words, words.size(), [](const uint64_t*) { return true; }), Failure);
  }
}

}  // namespace
}  // namespace segue::test

// Rows come out of a RowStore as they went in, whatever widths their values need and however these change on the way.
#include "engine/row_store.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/random_values.h"

namespace segue::test {
namespace {

using engine::Packing;
using engine::Span;

constexpr int64_t kSecond = Packing::kSecond;

Value integer_value(const Type& type, int64_t number) { return {type, number}; }

// `count` values near to each other, some NULL; of timestamps often whole seconds. All are within the type's range.
std::vector<Value> neighbours(const Type& type, size_t count, Random& random) {
  size_t bytes = value_bytes(type);
  int64_t high = INT64_MAX >> (64 - 8 * bytes), low = -high - 1;
  uint64_t spread = uint64_t{1} << random() % (8 * bytes);
  int64_t unit = type.id == TypeId::kTimestamp && random() % 2 == 0 ? kSecond : 1;
  int64_t centres[] = {0, low, high, high / 2, static_cast<int64_t>(random()) >> (64 - 8 * bytes)};
  int64_t centre = centres[random() % 5];
  size_t nulls = random() % 3;  // none, some, all
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    if (nulls == 2 || (nulls == 1 && random() % 4 == 0)) {
      values.push_back({type, {}});
      continue;
    }
    Int128 number = Int128{centre} + static_cast<int64_t>(random() % spread) - static_cast<int64_t>(spread / 2);
    number = number / unit * unit;
    values.push_back(integer_value(type, static_cast<int64_t>(std::clamp<Int128>(number, low, high))));
  }
  return values;
}

void expect_kept(const std::vector<Type>& types, const std::vector<std::vector<std::vector<Value>>>& batches) {
  engine::RowStore store(types, 2);
  for (size_t b = 0; b < batches.size(); ++b) {
    Batch batch;
    batch.rows = batches[b][0].size();
    batch.sequence = b;
    for (size_t c = 0; c < types.size(); ++c) {
      const auto& values = batches[b][c];
      bool same = std::all_of(values.begin(), values.end(), [&](const Value& v) { return same_value(v, values[0]); });
      batch.columns.push_back(same && !types[c].text() ? constant_column(values[0])
                                                       : column_of(types[c], values, true));
    }
    store.append(b % 2, batch);
  }
  auto segments = store.segments();
  ASSERT_EQ(segments.size(), batches.size());
  for (size_t b = 0; b < segments.size(); ++b) {
    ASSERT_EQ(segments[b].sequence, b);
    ASSERT_EQ(segments[b].rows, batches[b][0].size());
    for (size_t c = 0; c < types.size(); ++c) {
      Column column = store.column(segments[b], c);
      for (size_t row = 0; row < segments[b].rows; ++row) {
        Value expected = batches[b][c][row], kept = value_at(column, row);
        ASSERT_TRUE(same_value(expected, kept)) << to_string(types[c]) << ", batch " << b << ", row " << row << ": "
                                                << to_string(expected) << " came out as " << to_string(kept);
      }
    }
  }
}

TEST(RowStore, KeepsValuesOfAnyWidth) {
  Random random(4);
  const std::vector<Type> types = {TypeId::kTinyint, TypeId::kSmallint, TypeId::kInteger,
                                   TypeId::kBigint,  TypeId::kDate,     TypeId::kTimestamp};
  for (int attempt = 0; attempt < 200; ++attempt) {
    std::vector<std::vector<std::vector<Value>>> batches;
    for (size_t b = 0; b < 1 + random() % 12; ++b) {
      auto& columns = batches.emplace_back();
      size_t rows = 1 + random() % 100;
      for (const Type& type : types) columns.push_back(neighbours(type, rows, random));
    }
    expect_kept(types, batches);
  }
}

TEST(RowStore, KeepsValuesOfAnyType) {
  Random random(5);
  std::vector<Type> types;
  for (const Type& type : every_type()) {
    if (!type.nested()) types.push_back(type);
  }
  for (int attempt = 0; attempt < 50; ++attempt) {
    std::vector<std::vector<std::vector<Value>>> batches;
    for (size_t b = 0; b < 1 + random() % 5; ++b) {
      auto& columns = batches.emplace_back();
      size_t rows = 1 + random() % 50;
      for (const Type& type : types) columns.push_back(random_values(type, rows, random));
    }
    expect_kept(types, batches);
  }
}

TEST(Packing, TakesTheWidthThatValuesNeed) {
  const Type bigint = TypeId::kBigint, time = TypeId::kTimestamp, small = TypeId::kSmallint;
  EXPECT_EQ(engine::packing_for(bigint, {0, 255, false}, 0).width, 1);
  EXPECT_EQ(engine::packing_for(bigint, {0, 256, false}, 0).width, 2);
  EXPECT_EQ(engine::packing_for(bigint, {-70'000, 70'000, false}, 0).width, 4);
  EXPECT_EQ(engine::packing_for(bigint, {INT64_MIN, INT64_MAX, false}, 0).width, 8);
  EXPECT_TRUE(engine::packing_for(bigint, {INT64_MIN, INT64_MAX, false}, 0).plain);
  EXPECT_EQ(engine::packing_for(bigint, {}, 0).width, 1);                          // NULLs alone
  EXPECT_EQ(engine::packing_for(bigint, {0, 1, false}, 2).width, 2);               // as wide as before
  EXPECT_TRUE(engine::packing_for(small, {-300, 300, false}, 0).plain);            // no narrower than the type
  EXPECT_EQ(engine::packing_for(time, {0, 65'535 * kSecond, true}, 0).width, 2);   // seconds
  EXPECT_EQ(engine::packing_for(time, {0, 65'535 * kSecond, false}, 0).width, 8);  // microseconds
}

TEST(Packing, FitsWhatItWasMadeForAndNothingThatIsOutside) {
  const Type bigint = TypeId::kBigint;
  Span span{1000, 1100, false};
  Packing packing = engine::packing_for(bigint, span, 0);
  ASSERT_EQ(packing.width, 1);
  EXPECT_TRUE(engine::fits(packing, span));
  EXPECT_TRUE(engine::fits(packing, {}));
  auto base = static_cast<int64_t>(packing.base);
  EXPECT_TRUE(engine::fits(packing, {base, base + 255, false}));
  EXPECT_FALSE(engine::fits(packing, {base - 1, base, false}));
  EXPECT_FALSE(engine::fits(packing, {base + 255, base + 256, false}));
  EXPECT_FALSE(engine::fits(packing, {INT64_MIN, INT64_MAX, false}));
  Packing seconds = engine::packing_for(TypeId::kTimestamp, {0, 100 * kSecond, true}, 0);
  EXPECT_TRUE(engine::fits(seconds, {kSecond, kSecond, true}));
  EXPECT_FALSE(engine::fits(seconds, {kSecond, kSecond + 1, false}));
}

}  // namespace
}  // namespace segue::test

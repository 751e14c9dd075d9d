// What sketches tell, beside exact answers of the same rows.
#include "quality/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "duckdb/duckdb_engine.h"

namespace segue::quality {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Cancellation never;

// Rows as DuckDB makes them.
Relation rows_of(const std::string& sql) {
  duckdb::Engine engine{duckdb::EngineOptions{}};
  return engine.run(sql, {}, never);
}

TableStatistics statistics_of(const Relation& rows, size_t threads = 2, bool mergeable = false) {
  Workers workers(threads, never);
  return table_statistics(rows, workers, mergeable);
}

ColumnStatistics column_of(const std::string& sql, bool mergeable = false) {
  return statistics_of(rows_of(sql), 2, mergeable).columns.at(0);
}

std::vector<std::string> texts(const std::vector<Quantile>& quantiles) {
  std::vector<std::string> all;
  for (const Quantile& each : quantiles) all.push_back(to_string(each.value));
  return all;
}

std::vector<std::string> texts(const std::vector<FrequentValue>& values) {
  std::vector<std::string> all;
  for (const FrequentValue& each : values)
    all.push_back(to_string(each.value) + " " + std::to_string(each.rows) +
                  (each.more == 0 ? "" : "+" + std::to_string(each.more)));
  return all;
}

// Some batches of a relation.
Relation part(const Relation& rows, size_t begin, size_t end) {
  Relation some{rows.fields, {}};
  for (size_t i = begin; i < end; ++i) some.batches.push_back(rows.batches[i]);
  return some;
}

// The whole-number column 0, sorted; NULLs left out.
std::vector<int64_t> sorted_values(const Relation& rows) {
  std::vector<int64_t> values;
  for (const Batch& batch : rows.batches)
    for (size_t row = 0; row < batch.rows; ++row)
      if (Value value = value_at(batch.columns[0], row); !value.null()) values.push_back(std::get<int64_t>(value.data));
  std::ranges::sort(values);
  return values;
}

TEST(Distinct, EstimatesAreWithinFourStandardErrors) {
  std::mt19937_64 random(7);
  DistinctSketch sketch;
  size_t added = 0;
  for (size_t wanted : {0, 1, 10, 100, 1000, 5000, 20000, 100000, 1000000, 3000000}) {
    for (; added < wanted; ++added) sketch.add(random());
    double allowed = wanted < 100 ? 1.0 : 4 * 0.0115 * static_cast<double>(wanted);
    EXPECT_NEAR(sketch.estimate(), static_cast<double>(wanted), allowed);
  }
  std::optional<DistinctSketch> kept = DistinctSketch::parse(sketch.print());
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(*kept, sketch);
  EXPECT_FALSE(DistinctSketch::parse("0").has_value());
  EXPECT_FALSE(DistinctSketch::parse(std::string(8192, '?')).has_value());
  EXPECT_FALSE(DistinctSketch::parse(std::string(8192, '_')).has_value()) << "no hash has that many zeros";
}

TEST(Distinct, EqualHashesCountOnceAndMergingInAnySplitGivesTheSame) {
  std::mt19937_64 random(8);
  std::vector<uint64_t> hashes;
  for (int i = 0; i < 50000; ++i) hashes.push_back(i % 3 == 0 && i > 0 ? hashes[random() % hashes.size()] : random());
  DistinctSketch whole;
  for (uint64_t hash : hashes) whole.add(hash);
  for (int parts = 2; parts < 6; ++parts) {
    std::vector<DistinctSketch> sketches(static_cast<size_t>(parts));
    for (uint64_t hash : hashes) sketches[random() % sketches.size()].add(hash);
    for (size_t i = 1; i < sketches.size(); ++i) sketches[0].merge(sketches[i]);
    EXPECT_EQ(sketches[0], whole);
  }
}

// Numbers of many kinds of spread.
std::vector<std::vector<double>> spreads(bool whole) {
  std::mt19937_64 random(9);
  std::vector<std::vector<double>> all(7);
  std::normal_distribution<double> normal(0, 1000);
  std::lognormal_distribution<double> heavy(5, 3);
  for (int i = 0; i < 20000; ++i) {
    all[0].push_back(static_cast<double>(random() % 1000));                          // few
    all[1].push_back(normal(random));                                                // both signs
    all[2].push_back(heavy(random));                                                 // a long tail
    all[3].push_back(1.2e15 + static_cast<double>(random() % 126'000'000'000'000));  // moments of four years
    all[4].push_back(static_cast<double>(i));                                        // ascending
    all[5].push_back(i % 100 == 0 ? 9e15 : static_cast<double>(random() % 10));      // far outliers
    all[6].push_back((random() % 2 == 0 ? -1 : 1) * std::ldexp(1, static_cast<int>(random() % 50)));
  }
  if (whole)
    for (std::vector<double>& values : all)
      for (double& value : values) value = std::round(value);
  return all;
}

TEST(Quantiles, EveryValueIsInABucketThatIsNarrow) {
  for (bool whole : {false, true}) {
    for (std::vector<double>& values : spreads(whole)) {
      QuantileSketch sketch(whole);
      for (double value : values) sketch.add(value);
      std::ranges::sort(values);
      size_t at = 0;
      for (const QuantileSketch::Bucket& bucket : sketch.buckets()) {
        double largest = std::max(std::abs(bucket.low), std::abs(bucket.high));
        EXPECT_LE(bucket.high - bucket.low, whole ? 0.004 * largest + 1 : 0.008 * largest + 1e-12);
        double rounding = whole ? 0 : 1e-12 * largest;  // |v| * 2^50 + 1 has as many digits as v
        for (uint64_t row = 0; row < bucket.rows; ++row, ++at) {
          EXPECT_LE(std::min(bucket.low, bucket.high) - rounding, values[at]);
          EXPECT_GE(std::max(bucket.low, bucket.high) + rounding, values[at]);
        }
      }
      EXPECT_EQ(at, values.size());
    }
  }
}

TEST(Quantiles, MergingInAnySplitAndOrderGivesTheSame) {
  std::mt19937_64 random(10);
  for (bool whole : {false, true}) {
    for (std::vector<double>& values : spreads(whole)) {
      QuantileSketch all(whole);
      for (double value : values) all.add(value);
      std::ranges::shuffle(values, random);
      for (size_t parts : {1, 2, 3, 7}) {
        std::vector<QuantileSketch> sketches(parts, QuantileSketch(whole));
        for (double value : values) sketches[random() % parts].add(value);
        for (size_t i = 1; i < parts; ++i) sketches[0].merge(sketches[i]);
        EXPECT_TRUE(sketches[0] == all);
      }
      std::optional<QuantileSketch> kept = QuantileSketch::parse(whole, all.print(1 << 15));
      ASSERT_TRUE(kept.has_value());
      EXPECT_TRUE(*kept == all);
      std::vector<int64_t> shortened = all.print(100);
      EXPECT_LE(shortened.size(), 201u);
      EXPECT_EQ(QuantileSketch::parse(whole, shortened)->rows(), values.size());
    }
  }
}

TEST(Quantiles, WhatIsNoSketchIsNotRead) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();
  for (const std::vector<int64_t>& numbers :
       std::vector<std::vector<int64_t>>{{},
                                         {-1},
                                         {63},
                                         {0, 1},
                                         {0, 1, 0},
                                         {0, 1, -1},
                                         {0, kMost, 1},
                                         {0, kLeast, 1},
                                         {0, 1, kMost},
                                         {0, 1, 1, 0, 1},
                                         {0, 1, 1, -1, 1},
                                         {0, 0, 1, 1 << 20, 1},
                                         {0, int64_t{1} << 61, 1, int64_t{1} << 62, 1}})
    EXPECT_FALSE(QuantileSketch::parse(true, numbers).has_value()) << testing::PrintToString(numbers);
  EXPECT_EQ(QuantileSketch::parse(true, {0})->rows(), 0u);
}

TEST(Quantiles, ExtremesHaveBuckets) {
  QuantileSketch sketch(false);
  constexpr double kMost = std::numeric_limits<double>::max();
  for (double value : {-kMost, kMost, 0.0, 5e-324, -5e-324, 1.0}) sketch.add(value);
  uint64_t rows = 0;
  for (const QuantileSketch::Bucket& bucket : sketch.buckets()) {
    EXPECT_TRUE(std::isfinite(bucket.low) && std::isfinite(bucket.high));
    rows += bucket.rows;
  }
  EXPECT_EQ(rows, 6u);
}

TEST(TableStatistics, FewValuesAreToldExactly) {
  ColumnStatistics column = column_of("SELECT (i * i) % 10 AS n FROM range(1000) r(i) UNION ALL SELECT NULL");
  EXPECT_EQ(column.nulls, 1u);
  EXPECT_EQ(column.distinct, 6u);
  EXPECT_FALSE(column.estimated);
  EXPECT_EQ(to_string(column.min) + " " + to_string(column.max), "0 9");
  EXPECT_THAT(texts(column.frequent), ElementsAre("1 200", "4 200", "6 200", "9 200", "0 100", "5 100"));
  EXPECT_THAT(texts(column.quantiles), ElementsAre("0", "0", "1", "4", "6", "9", "9"));
  EXPECT_THAT(column.histogram, ElementsAre(100, 200, 0, 0, 0, 0, 0, 200, 100, 0, 200, 0, 0, 0, 0, 200));
}

TEST(TableStatistics, QuantilesAreThoseOfDuckdb) {
  // Few values are exact; of many, the rank of what is told is near.
  EXPECT_EQ(to_string(column_of("SELECT i::DOUBLE / 8 AS x FROM range(801) r(i)").quantiles.at(3).value),
            to_string(value_at(
                rows_of("SELECT quantile_disc(i::DOUBLE / 8, 0.5) FROM range(801) r(i)").batches[0].columns[0], 0)));
  for (const char* sql : {"SELECT (hash(i) % 1000000)::BIGINT AS n FROM range(200000) r(i)",
                          "SELECT (exp(hash(i) % 1000 / 50) * 1000)::BIGINT AS n FROM range(200000) r(i)",
                          "SELECT ((hash(i) % 2000000)::BIGINT - 1000000) AS n FROM range(200000) r(i)"}) {
    Relation rows = rows_of(sql);
    std::vector<int64_t> sorted = sorted_values(rows);
    ColumnStatistics column = statistics_of(rows).columns[0];
    ASSERT_THAT(column.quantiles, SizeIs(7));
    for (const Quantile& each : column.quantiles) {
      auto exact = static_cast<double>(sorted[static_cast<size_t>(std::ceil(each.at * 200000)) - 1]);
      EXPECT_NEAR(static_cast<double>(std::get<int64_t>(each.value.data)), exact, 0.004 * std::abs(exact) + 1) << sql;
    }
  }
}

TEST(TableStatistics, DatesMomentsDecimalsAndRealsHaveQuantiles) {
  std::string many = " FROM range(100000) r(i)";
  EXPECT_EQ(to_string(column_of("SELECT DATE '2005-01-01' + (i % 3650)::INTEGER AS d" + many).quantiles[3].value),
            "2009-12-04");
  ColumnStatistics moments = column_of("SELECT TIMESTAMP '2005-01-01' + to_seconds(i * 1000) AS t" + many);
  EXPECT_THAT(to_string(moments.quantiles[3].value), testing::StartsWith("2006-08-0"));
  EXPECT_EQ(to_string(moments.max), "2008-03-03 09:30:00");
  EXPECT_EQ(moments.histogram.size(), 16u);
  EXPECT_EQ(*std::ranges::max_element(moments.histogram) - *std::ranges::min_element(moments.histogram) < 100, true);
  EXPECT_EQ(to_string(column_of("SELECT (i % 500 / 100)::DECIMAL(6,2) AS d" + many).quantiles[3].value), "2.49");
  EXPECT_EQ(to_string(column_of("SELECT (i % 500 / 100)::DECIMAL(30,2) AS d" + many).quantiles[3].value), "2.49");
  ColumnStatistics reals = column_of("SELECT i / 1000 AS x" + many);
  EXPECT_NEAR(std::get<double>(reals.quantiles[3].value.data), 50, 0.3);
  EXPECT_TRUE(reals.estimated);
  EXPECT_NEAR(static_cast<double>(*reals.distinct), 100000, 4600);
  EXPECT_EQ(column_of("SELECT i::FLOAT AS x" + many).quantiles[6].value.type, Type(TypeId::kFloat));
}

TEST(TableStatistics, NanAndInfinityHaveNoPlaceInQuantilesButAreValues) {
  ColumnStatistics column =
      column_of("SELECT unnest(['nan', 'nan', 'inf', '-inf', '1', '2', '2', '-0.0', '0.0'])::DOUBLE AS x");
  EXPECT_EQ(column.distinct, 6u) << "-0 is 0, and all NaN are one";
  EXPECT_EQ(to_string(column.min) + " " + to_string(column.max), "-inf nan");
  EXPECT_THAT(texts(column.frequent), ElementsAre("0.0 2", "2.0 2", "nan 2"));
  EXPECT_THAT(texts(column.quantiles), ElementsAre("0.0", "0.0", "0.0", "1.0", "2.0", "2.0", "2.0"));
  ColumnStatistics dates = column_of("SELECT unnest(['infinity', '-infinity', '2009-01-01'])::DATE AS d");
  EXPECT_THAT(texts(dates.quantiles), SizeIs(7));
  EXPECT_EQ(to_string(dates.quantiles[0].value), "2009-01-01");
  EXPECT_THAT(dates.histogram, IsEmpty());
  EXPECT_THAT(column_of("SELECT unnest(['nan', 'inf'])::DOUBLE AS x").quantiles, IsEmpty());
}

TEST(TableStatistics, NoRowsNoValuesListsAndStructs) {
  TableStatistics none = statistics_of(rows_of("SELECT 1 AS n, 'a' AS t WHERE false"));
  EXPECT_EQ(none.rows, 0u);
  EXPECT_EQ(none.columns.at(0).distinct, 0u);
  EXPECT_TRUE(none.columns[0].min.null());
  EXPECT_THAT(none.columns[1].frequent, IsEmpty());
  TableStatistics nulls =
      statistics_of(rows_of("SELECT NULL::BIGINT AS n, NULL::VARCHAR AS t FROM range(5000)"), 2, true);
  EXPECT_EQ(nulls.columns.at(0).nulls, 5000u);
  EXPECT_EQ(nulls.columns[0].distinct, 0u);
  EXPECT_TRUE(nulls.columns[1].max.null());
  EXPECT_THAT(nulls.columns[0].quantiles, IsEmpty());
  TableStatistics nested =
      statistics_of(rows_of("SELECT unnest([[1], NULL, []]) AS l, {'a': 1} AS s, true AS b, 'ab'::BLOB AS c"));
  EXPECT_EQ(nested.columns.at(0).nulls, 1u);
  EXPECT_FALSE(nested.columns[0].distinct.has_value());
  EXPECT_EQ(nested.columns.at(1).nulls, 0u);
  EXPECT_THAT(texts(nested.columns.at(2).frequent), ElementsAre("true 3"));
  EXPECT_THAT(texts(nested.columns.at(3).frequent), ElementsAre("ab 3"));
}

TEST(TableStatistics, LongTextsAreCutBetweenCharacters) {
  ColumnStatistics column = column_of("SELECT repeat('é', 5000) || (i % 2) AS t FROM range(4) r(i)");
  EXPECT_EQ(column.distinct, 2u) << "they are compared whole";
  std::string expected;
  for (int i = 0; i < 128; ++i) expected += "é";
  EXPECT_EQ(to_string(column.max), expected + "…");
  EXPECT_EQ(to_string(column_of("SELECT 'a' || repeat('é', 5000) AS t").min), "a" + expected.substr(0, 254) + "…");
}

// A few values with a part of the rows each, the rest noise.
TEST(TableStatistics, FrequentValuesAmongManyAreFoundAndCountedExactly) {
  for (const char* cast : {"BIGINT", "VARCHAR", "DOUBLE"}) {
    std::string sql = fmt::format(
        "SELECT CAST(CASE WHEN i % 100 < 10 THEN i % 100 % 4 ELSE 1000 + (hash(i) % 1000000)::BIGINT END AS {}) AS v "
        "FROM range(400000) r(i)",
        cast);
    ColumnStatistics column = column_of(sql);
    ASSERT_GE(column.frequent.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(column.frequent[i].rows, i < 2 ? 12000u : 8000u);
      EXPECT_EQ(column.frequent[i].more, 0u);
    }
    EXPECT_TRUE(column.estimated);
  }
}

TEST(TableStatistics, CodesAndTextsTellTheSame) {
  Relation texts_only =
      rows_of("SELECT 'artist ' || (hash(i) % 300) AS a FROM range(20000) r(i) UNION ALL SELECT NULL");
  Relation coded{texts_only.fields, {}};
  auto dictionary = std::make_shared<Dictionary>();
  for (const Batch& batch : texts_only.batches) {
    auto codes = std::make_shared<std::vector<uint32_t>>();
    for (size_t row = 0; row < batch.rows; ++row)
      codes->push_back(batch.columns[0].is_valid(row) ? dictionary->intern(batch.columns[0].text(row)) : 0);
    Column column;
    column.type = TypeId::kVarchar;
    column.dictionary = dictionary;
    column.values = codes->data();
    column.owner = codes;
    coded.batches.push_back({batch.rows, {column}, 0, {}});
  }
  TableStatistics a = statistics_of(texts_only, 2, true), b = statistics_of(coded, 2, true);
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.columns[0].distinct, 300u);
  EXPECT_EQ(*a.sketches[0].distinct, *b.sketches[0].distinct);
}

TEST(TableStatistics, NeitherThreadsNorOrderChangeAnything) {
  Relation rows = rows_of(
      "SELECT (hash(i) % 50000)::BIGINT AS n, 'user ' || (hash(i) % 70000) AS t, (hash(i) % 1000) / 7 AS x, "
      "CASE WHEN i % 5 = 0 THEN NULL ELSE TIMESTAMP '2009-01-01' + to_seconds(i) END AS m FROM range(300000) r(i)");
  TableStatistics one = statistics_of(rows, 1);
  Relation turned = rows;
  std::ranges::reverse(turned.batches);
  for (size_t threads : {2, 5}) {
    EXPECT_EQ(statistics_of(rows, threads).columns, one.columns);
    EXPECT_EQ(statistics_of(turned, threads).columns, one.columns);
  }
}

TEST(TableStatistics, MergedOnesTellOfAllRows) {
  std::mt19937_64 random(11);
  Relation rows = rows_of(
      "SELECT (hash(i) % 60000)::BIGINT AS n, CASE WHEN i % 3 = 0 THEN 'often' ELSE 'user ' || (hash(i) % 90000) END "
      "AS t, "
      "(hash(i) % 200)::INTEGER AS few, [i] AS l, NULL::DOUBLE AS no FROM range(250000) r(i)");
  TableStatistics whole = statistics_of(rows, 2, true);
  for (int split = 0; split < 4; ++split) {
    size_t at = random() % (rows.batches.size() - 1) + 1, then = at + random() % (rows.batches.size() - at);
    TableStatistics merged =
        merge(statistics_of(part(rows, 0, at), 2, true), statistics_of(part(rows, at, then), 2, true));
    merged = merge(merged, statistics_of(part(rows, then, rows.batches.size()), 2, true));
    EXPECT_EQ(merged.rows, whole.rows);
    for (size_t i = 0; i < whole.columns.size(); ++i) {
      const ColumnSketch &a = merged.sketches[i], &b = whole.sketches[i];
      EXPECT_EQ(a.nulls, b.nulls);
      EXPECT_EQ(a.min, b.min);
      EXPECT_EQ(a.max, b.max);
      EXPECT_EQ(a.distinct, b.distinct);
      EXPECT_EQ(a.quantiles, b.quantiles);
      EXPECT_EQ(merged.columns[i].histogram, whole.columns[i].histogram);
      EXPECT_EQ(merged.columns[i].quantiles, whole.columns[i].quantiles);
    }
    EXPECT_EQ(merged.columns[2], whole.columns[2]) << "few values stay exact";
    // What is told of a value's rows holds.
    const FrequentValue& often = merged.columns[1].frequent.at(0);
    EXPECT_EQ(to_string(often.value), "often");
    EXPECT_LE(often.rows, 83334u);
    EXPECT_GE(often.rows + often.more, 83334u);
    std::map<std::string, uint64_t> exact;
    for (const Batch& batch : rows.batches)
      for (size_t row = 0; row < batch.rows; ++row) ++exact[std::string(batch.columns[1].text(row))];
    for (const FrequentValue& each : merged.sketches[1].frequent) {
      uint64_t count = exact.at(to_string(each.value));
      EXPECT_TRUE(each.rows <= count && count <= each.rows + each.more) << to_string(each.value);
      exact.erase(to_string(each.value));
    }
    for (const auto& [value, count] : exact) EXPECT_LE(count, merged.sketches[1].others) << value;
  }
}

TEST(TableStatistics, WhatIsKeptIsReadAndMergedAgain) {
  Relation rows = rows_of(
      "SELECT (hash(i) % 60000)::BIGINT - 30000 AS n, 'user ' || (hash(i) % 9000) AS t, i::DECIMAL(30,3) AS w, "
      "(i % 7)::DOUBLE AS x, 'ab\\xFF'::BLOB AS b, DATE '2009-01-01' AS d, [i] AS l, i % 2 = 0 AS f FROM range(30000) "
      "r(i)");
  for (bool mergeable : {false, true}) {
    TableStatistics statistics = statistics_of(rows, 2, mergeable);
    std::optional<TableStatistics> kept = parse_statistics(print(statistics));
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(kept->columns, statistics.columns);
    EXPECT_EQ(kept->mergeable(), mergeable);
    EXPECT_LT(print(statistics).size(), mergeable ? 400'000u : 20'000u);
  }
  TableStatistics kept = *parse_statistics(print(statistics_of(rows, 2, true)));
  TableStatistics twice = merge(kept, statistics_of(rows, 2, true));
  EXPECT_EQ(twice.rows, 60000u);
  for (size_t i = 0; i < rows.fields.size(); ++i) {
    EXPECT_EQ(twice.columns[i].distinct.has_value(), kept.columns[i].distinct.has_value());
    if (i != 1 && i != 2) {
      EXPECT_EQ(twice.columns[i].distinct, kept.columns[i].distinct) << rows.fields[i].name;
    }
    EXPECT_EQ(twice.columns[i].min, kept.columns[i].min);
  }
}

TEST(TableStatistics, WhatIsDamagedOrOfOtherColumnsIsNothing) {
  Relation rows = rows_of("SELECT i AS n, i::VARCHAR AS t FROM range(10) r(i)");
  std::string text = print(statistics_of(rows, 1, true));
  EXPECT_TRUE(parse_statistics(text).has_value());
  TableStatistics statistics = *parse_statistics(text);
  EXPECT_TRUE(is_of(statistics, rows.fields));
  EXPECT_FALSE(is_of(statistics, {{"n", TypeId::kInteger}, {"t", TypeId::kVarchar}}));
  EXPECT_FALSE(is_of(statistics, {{"t", TypeId::kVarchar}, {"n", TypeId::kBigint}}));
  EXPECT_FALSE(is_of(statistics, {{"n", TypeId::kBigint}}));
  EXPECT_FALSE(parse_statistics("").has_value());
  EXPECT_FALSE(parse_statistics("[]").has_value());
  std::mt19937 random(12);
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(text);
  for (const char* key : {"nulls", "distinct", "min", "frequent", "quantiles", "histogram", "sketch"}) {
    nlohmann::ordered_json damaged = json;
    damaged["columns"][0][key] = nlohmann::ordered_json::object({{"x", -1.5}});
    EXPECT_FALSE(parse_statistics(damaged.dump()).has_value()) << key;
  }
  for (size_t i = 0; i < 300; ++i) {  // whatever it is, it is no crash
    std::string broken = text;
    broken[random() % broken.size()] = static_cast<char>('0' + random() % 75);
    if (auto parsed = parse_statistics(broken); parsed && parsed->mergeable()) merge(*parsed, *parsed);
  }
}

TEST(TableStatistics, AreStopped) {
  Relation rows = rows_of("SELECT i AS n FROM range(100000) r(i)");
  Cancellation stopped;
  stopped.request();
  Workers workers(2, stopped);
  EXPECT_THROW(table_statistics(rows, workers, false), Failure);
}

}  // namespace
}  // namespace segue::quality

// Numbers of groups: the hash table under aggregates, DISTINCT and joins, from few groups to more than the caches hold.
#include <random>

#include <benchmark/benchmark.h>

#include "base/hash.h"
#include "engine/group_table.h"

namespace segue::bench {
namespace {

constexpr size_t kRows = 1 << 20;
constexpr size_t kBatch = 2048;

// Keys of one word, of `state.range(0)` groups.
void groups(benchmark::State& state) {
  auto distinct = static_cast<uint64_t>(state.range(0));
  Array<uint64_t> keys(kRows), hashes(kRows);
  std::mt19937_64 random(1);
  for (size_t row = 0; row < kRows; ++row) {
    keys[row] = random() % distinct;
    hashes[row] = hash_word(keys[row]);
  }
  engine::GroupTable table(1);
  Array<uint32_t> numbers(kBatch);
  auto number = [&] {
    table.reset(distinct);
    for (size_t row = 0; row < kRows; row += kBatch)
      table.find_or_add(keys.data() + row, hashes.data() + row, kBatch, numbers.data());
  };
  number();  // its memory is there from now on
  for ([[maybe_unused]] auto _ : state) number();
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
}

BENCHMARK(groups)->Arg(100)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace segue::bench

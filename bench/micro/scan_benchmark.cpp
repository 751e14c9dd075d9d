// From bytes to columns: each part of reading delimited text, and all of it.
#include <benchmark/benchmark.h>

#include "formats/delimited.h"
#include "formats/kernels.h"
#include "plays.h"

namespace segue::bench {
namespace {

void separators(benchmark::State& state, simd::Level level) {
  std::string_view text = Plays::get().text().substr(0, 128 << 10);
  Array<uint32_t> positions(text.size() + 64);
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(formats::kernels(level).find_separators(text.data(), text.size(), '\t', positions.data()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

void timestamps(benchmark::State& state, simd::Level level) {
  TextFields fields = Plays::get().fields(1);
  fields.rows = 2048;
  Array<int64_t> micros(fields.rows);
  Array<uint32_t> others(fields.rows);
  for ([[maybe_unused]] auto _ : state) {
    if (formats::kernels(level).timestamps(fields, micros.data(), others.data()) != 0)
      state.SkipWithError("a timestamp was not read");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * fields.rows));
}

// Codes of a column whose strings are all known, as after the first part of a large file.
void codes(benchmark::State& state, size_t column, bool repeats) {
  TextFields all = Plays::get().fields(column);
  Dictionary dictionary;
  Array<uint32_t> numbers(all.rows);
  dictionary.intern_fields(all, repeats, numbers.data());
  for ([[maybe_unused]] auto _ : state) {
    if (dictionary.intern_fields(all, repeats, numbers.data()) != 0) state.SkipWithError("a name was not read");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * all.rows));
  state.counters["distinct"] = dictionary.size();
}

// The whole scan on one thread, with the columns that the lastfm pipeline uses.
void scan(benchmark::State& state) {
  formats::DelimitedSource source;
  source.name = "plays";
  source.files = {Plays::get().file().string()};
  for (const char* name : {"user_id", "played_at", "artist_id", "artist", "track_id", "track"})
    source.fields.push_back({name, TypeId::kVarchar});
  source.fields[1].type = TypeId::kTimestamp;
  source.columns = source.used = {0, 1, 3, 5};
  Cancellation cancellation;
  size_t rows = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto scanner = formats::open_delimited(source, 1, cancellation, nullptr);
    for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel)
      scanner->scan(0, morsel, [&](Batch&& batch) { rows += batch.rows; });
    scanner->finish();
  }
  if (rows != kPlays * state.iterations()) state.SkipWithError("rows were lost");
  state.SetItemsProcessed(static_cast<int64_t>(rows));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * Plays::get().text().size()));
}

const int kRegistered = [] {
  for (simd::Level level : simd::available()) {
    std::string name(simd::name(level));
    benchmark::RegisterBenchmark(("separators/" + name).c_str(), separators, level);
    benchmark::RegisterBenchmark(("timestamps/" + name).c_str(), timestamps, level);
  }
  benchmark::RegisterBenchmark("codes/user_id, same as before", codes, 0, true);
  benchmark::RegisterBenchmark("codes/user_id", codes, 0, false);
  benchmark::RegisterBenchmark("codes/artist", codes, 3, false);
  benchmark::RegisterBenchmark("codes/track", codes, 5, false);
  benchmark::RegisterBenchmark("scan", scan);
  return 0;
}();

}  // namespace
}  // namespace segue::bench

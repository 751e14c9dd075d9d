// How fast a delimited file is scanned: bench_scan FILE [THREADS [REPEATS [COLUMNS [MORSEL_KB [WINDOW_KB
// [BATCH_ROWS]]]]]] FILE has the columns of lastfm; COLUMNS are indices such as 0,1,3,5. With `bench_scan --generate
// FILE ROWS USERS` it makes one.
#include <chrono>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "formats/delimited.h"
#include "generate/lastfm.h"

using namespace segue;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of all threads: what counts on a machine that is shared.
static double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static int run(int count, char** arguments) {
  auto number = [&](int i, size_t otherwise) {
    return i < count ? std::strtoull(arguments[i], nullptr, 10) : otherwise;
  };
  Cancellation cancellation;
  if (count > 2 && std::string(arguments[1]) == "--generate") {
    Workers workers(2, cancellation);
    double begin = now();
    generate::generate_lastfm({number(3, 1'000'000), number(4, 50), 1, true}, arguments[2],
                              std::string(arguments[2]) + ".profiles", workers, nullptr);
    fmt::print("generated in {:.2f} s\n", now() - begin);
    return 0;
  }
  if (count < 2) return fmt::print(stderr, "usage: bench_scan FILE [THREADS …]\n"), 2;
  formats::DelimitedSource source;
  source.name = "plays";
  source.files = {arguments[1]};
  source.fields = {{"user_id", TypeId::kVarchar}, {"played_at", TypeId::kTimestamp}, {"artist_id", TypeId::kVarchar},
                   {"artist", TypeId::kVarchar},  {"track_id", TypeId::kVarchar},    {"track", TypeId::kVarchar}};
  std::stringstream columns(count > 4 ? arguments[4] : "0,1,3,5");
  for (std::string column; std::getline(columns, column, ',');) source.columns.push_back(std::stoul(column));
  source.morsel_bytes = number(5, source.morsel_bytes >> 10) << 10;
  source.window_bytes = number(6, source.window_bytes >> 10) << 10;
  source.batch_rows = number(7, source.batch_rows);
  Workers workers(number(2, 2), cancellation);
  for (size_t repeat = 0; repeat < number(3, 3); ++repeat) {
    double begin = now(), processor = processor_seconds();
    auto scanner = formats::open_delimited(source, workers.count(), cancellation, nullptr);
    double opened = now();
    std::atomic<uint64_t> rows{0};
    workers.for_each(scanner->morsels(), [&](size_t worker, size_t morsel) {
      scanner->scan(worker, morsel, [&](Batch&& batch) { rows += batch.rows; });
    });
    scanner->finish();
    double seconds = now() - begin;
    fmt::print("{:.3f} s, {:.3f} s of processors (opened in {:.4f}), {} rows, {:.0f} MB/s, {} MB peak\n", seconds,
               processor_seconds() - processor, opened - begin, rows.load(),
               static_cast<double>(scanner->bytes()) / seconds / 1e6, memory::peak() >> 20);
  }
  return 0;
}

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const Failure& failure) {
    fmt::print(stderr, "{} ({})\n", failure.error().message, failure.error().hint);
    return 1;
  }
}

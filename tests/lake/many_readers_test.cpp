// Many readers while versions are published: each sees one version, whole.
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lake/lake.h"
#include "lake/publication.h"
#include "lake/rows.h"

namespace segue::lake {
namespace {

constexpr int kReaders = 128;
constexpr int kVersions = 40;  // so that there are checkpoints too
constexpr int64_t kRows = 20;

// Version n: kRows + n rows "n", in two files.
void publish(Lake& lake, int64_t version) {
  Relation rows = relation({{"n", TypeId::kBigint}, {"part", TypeId::kBigint}}, [&] {
    std::vector<std::vector<Value>> values;
    for (int64_t i = 0; i < kRows + version; ++i) values.push_back({integer(version), integer(i % 2)});
    return values;
  }());
  Publication publication(lake, "p", {fmt::format("run-{}", version), "Segue/test", nullptr, 1});
  publication.stage("t", rows, {"part"});
  publication.commit();
}

// What is wrong with what a reader sees, or nothing. `newest`: the newest version that it has seen.
std::string look(const std::string& folder, int64_t& newest) {
  Lake lake(folder);
  std::optional<TableState> table = lake.find({"p", "t"});
  if (!table) return "the table is gone";
  if (table->version < newest) return fmt::format("version {} after version {}", table->version, newest);
  newest = table->version;
  std::vector<std::string> rows = read_rows(table->file_addresses());
  if (rows.size() != static_cast<size_t>(kRows + newest))
    return fmt::format("version {} has {} rows", newest, rows.size());
  for (const std::string& row : rows)
    if (row != std::to_string(newest)) return fmt::format("version {} holds the row {}", newest, row);
  return {};
}

TEST(ManyReaders, EachSeesOneVersionWholeWhileOthersArePublished) {
  TemporaryFolder folder;
  Lake lake(folder.path() + "/lake");
  publish(lake, 0);
  std::atomic<bool> done = false;
  std::atomic<int> looks = 0;
  std::mutex lock;
  std::vector<std::string> faults;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      int64_t newest = 0;
      bool last = false;
      do {
        last = done;  // each looks once more when all is published
        std::string fault;
        try {
          fault = look(folder.path() + "/lake", newest);
        } catch (const std::exception& error) {
          fault = error.what();
        }
        ++looks;
        if (fault.empty() && last && newest != kVersions) fault = fmt::format("the newest is version {}", newest);
        if (fault.empty()) continue;
        std::lock_guard guard(lock);
        faults.push_back(std::move(fault));
        return;
      } while (!last);
    });
  }
  while (looks < kReaders) std::this_thread::yield();
  for (int64_t version = 1; version <= kVersions; ++version) publish(lake, version);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(faults.empty()) << faults.size() << " faults, the first: " << faults.front();
  EXPECT_GT(looks, 2 * kReaders);
}

}  // namespace
}  // namespace segue::lake

// Files made for a test, and a scan of them as plain rows of text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/cancellation.h"
#include "base/workers.h"
#include "columns/value.h"
#include "formats/delimited.h"
#include "formats/json.h"

namespace segue::formats {

// A folder that is gone at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "segue-formats-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

// While it lives, files without permission can't be read, even where tests run as root.
class Unprivileged {
 public:
  explicit Unprivileged(const TestFolder& folder) {
    if (::geteuid() != 0) return;
    std::filesystem::permissions(folder.path(""), std::filesystem::perms(0755));
    changed_ = ::seteuid(65534) == 0;
  }
  ~Unprivileged() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

// Sets SEGUE_SIMD for a while.
class ForcedLevel {
 public:
  explicit ForcedLevel(std::string_view name) { ::setenv("SEGUE_SIMD", std::string(name).c_str(), 1); }
  ~ForcedLevel() { ::unsetenv("SEGUE_SIMD"); }
};

using TextRow = std::vector<std::optional<std::string>>;

struct Scanned {
  std::vector<TextRow> rows;  // in the order of the files
  std::vector<BadRow> bad;
};

// The value as DuckDB prints it.
inline std::optional<std::string> cell(const Column& column, size_t row) {
  Value value = value_at(column, row);
  if (value.null()) return std::nullopt;
  return to_string(value);
}

inline std::unique_ptr<Scanner> open_source(const DelimitedSource& source, size_t workers,
                                            const Cancellation& cancellation, Progress* progress = nullptr) {
  return open_delimited(source, workers, cancellation, progress);
}
inline std::unique_ptr<Scanner> open_source(const JsonSource& source, size_t workers, const Cancellation& cancellation,
                                            Progress* progress = nullptr) {
  return open_json(source, workers, cancellation, progress);
}

template <class Source>
Scanned scan(const Source& source, size_t threads = 1) {
  Cancellation cancellation;
  Workers workers(threads, cancellation);
  auto scanner = open_source(source, workers.count(), cancellation);
  std::vector<std::vector<Batch>> batches(scanner->morsels());
  workers.for_each(scanner->morsels(), [&](size_t worker, size_t morsel) {
    scanner->scan(worker, morsel, [&](Batch&& batch) {
      EXPECT_EQ(batch.sequence, morsel);
      EXPECT_GT(batch.rows, 0u);
      EXPECT_LE(batch.rows, source.batch_rows);
      EXPECT_EQ(batch.columns.size(), source.columns.size());
      batches[morsel].push_back(std::move(batch));
    });
  });
  scanner->finish();
  Scanned result;
  result.bad = scanner->take_bad_rows();
  scanner.reset();  // batches live on their own
  for (const auto& of_morsel : batches) {
    for (const Batch& batch : of_morsel) {
      for (size_t row = 0; row < batch.rows; ++row) {
        TextRow texts;
        for (const Column& column : batch.columns) texts.push_back(cell(column, row));
        result.rows.push_back(std::move(texts));
      }
    }
  }
  return result;
}

// All columns handed on and none else used.
template <class Source = DelimitedSource>
Source source_of(std::vector<std::string> files, std::vector<Field> fields) {
  Source source;
  source.name = "plays";
  source.files = std::move(files);
  source.fields = std::move(fields);
  for (size_t i = 0; i < source.fields.size(); ++i) source.columns.push_back(i);
  return source;
}

template <class Source>
Error error_of(const Source& source, size_t threads = 1) {
  try {
    scan(source, threads);
  } catch (const Failure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace segue::formats

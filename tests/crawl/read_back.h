// Files that are crawled, and read again through all that a run would use: YAML, definition, scanner.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "base/workers.h"
#include "columns/value.h"
#include "crawl/compare.h"
#include "crawl/crawl.h"
#include "crawl/yaml_text.h"
#include "definition/load.h"
#include "formats/scan_helpers.h"
#include "runs/sources.h"

namespace segue::crawl {

inline Crawled crawl_at(const std::string& path, Together together = Together::kAuto, size_t threads = 1) {
  Options options;
  options.path = path;
  options.together = together;
  options.threads = threads;
  Cancellation cancellation;
  return crawl(options, cancellation);
}

// The only source that is found.
inline FoundSource source_at(const std::string& path, Together together = Together::kAuto, size_t threads = 1) {
  Crawled crawled = crawl_at(path, together, threads);
  EXPECT_EQ(crawled.sources.size(), 1u) << path;
  if (crawled.sources.empty()) {
    for (const Exception& other : crawled.others) ADD_FAILURE() << other.file << ": " << other.reason;
    return {};
  }
  return std::move(crawled.sources.front());
}

inline std::string columns_text(const FoundSource& found) {
  std::string text;
  for (const FoundColumn& column : found.columns)
    text += (text.empty() ? "" : ", ") + column.field.name + " " + type_text(column.field.type);
  return text;
}

inline std::string reason(const FoundSource& found, const std::string& about) {
  std::string text;
  for (const Reason& each : found.reasons)
    if (each.about == about) text += (text.empty() ? "" : "; ") + each.text;
  return text;
}

struct ReadBack {
  std::vector<std::vector<Value>> rows;
  std::vector<formats::BadRow> bad;
};

// The source as its YAML says, in a pipeline of a project of its own. All columns are used.
inline ReadBack read_back(const FoundSource& found) {
  formats::TestFolder folder;
  folder.write("segue.yaml", "lake: ./lake\n");
  folder.write("pipelines/p/pipeline.yaml", "name: p\nsources:\n" + source_entry(found.source, found.source.path) +
                                                "    bad_rows: quarantine\nsteps:\n  one: {sql: SELECT 1 AS one}\n");
  definition::Pipeline pipeline = definition::load_pipeline(definition::load_project(folder.path("")), "p");
  const definition::Source& source = pipeline.sources.at(0);
  EXPECT_EQ(source.columns, found.source.columns);
  EXPECT_EQ(source.path, found.source.path);
  runs::PreparedSource prepared;
  prepared.source = &source;
  std::vector<size_t> columns;
  for (size_t i = 0; i < source.columns.size(); ++i) columns.push_back(i);
  prepared.used = columns;
  Cancellation cancellation;
  runs::BadRowsOfSources bad;
  auto scanner =
      runs::open_source(prepared, runs::files_of(source, cancellation), columns, 1, cancellation, nullptr, bad);
  ReadBack result;
  for (size_t morsel = 0; morsel < scanner->morsels(); ++morsel) {
    scanner->scan(0, morsel, [&](Batch&& batch) {
      for (size_t row = 0; row < batch.rows; ++row) {
        std::vector<Value>& values = result.rows.emplace_back();
        for (const Column& column : batch.columns) values.push_back(value_at(column, row));
      }
    });
  }
  scanner->finish();
  result.bad = bad[source.name];
  return result;
}

}  // namespace segue::crawl

// The crawler: files on disk to definitions of sources, with the reasons.
//
// Files are looked at one by one (look.h), grouped into sources (grouping.h), and each group decides together (decide.h).
// What comes out depends on the files alone: not on their order in folders, nor on the number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "crawl/look.h"
#include "definition/definition.h"

namespace segue::crawl {

// Which files make one source.
enum class Together : uint8_t {
  kAuto,    // decided by folders, names and columns
  kOne,     // all
  kFolder,  // those of one folder directly below the path
  kFile,    // each by itself
};

struct Options {
  std::string path;  // absolute: a file, a pattern or a folder
  std::string name;  // of the source, if there is one only; empty: made of the files' names
  Together together = Together::kAuto;
  Given given;
  size_t threads = 1;
};

// One decision and what it rests on.
struct Reason {
  std::string about;  // "files", "format", "header", …
  std::string text;
};

// A file, or a row of it, that does not fit.
struct Exception {
  std::string file;
  uint64_t line = 0;  // 0: all of it
  std::string reason;
  std::string hint;
};

struct FoundVote {
  std::string what;  // "bigint", "text", …
  uint64_t count = 0;
  std::string example;
  std::string file;  // where that is
  uint64_t line = 0;
};

struct FoundColumn {
  Field field;
  std::vector<FoundVote> votes;  // the most numerous first
  uint64_t nulls = 0;            // as far as rows have it at all
  std::string note;
  // Of a declared column: the first value that is none of its type, and the type that would take it.
  std::string misfit;
  std::string misfit_file;
  uint64_t misfit_line = 0;
};

struct Partition {
  Field field;
  size_t values = 0;  // different ones
  std::string example;
};

struct FoundSource {
  definition::Source source;  // as it may be declared: path, format, columns
  std::vector<std::string> files;
  uint64_t bytes = 0;
  uint64_t rows = 0;                     // that were looked at
  bool whole = true;                     // all rows were
  std::vector<std::string> empty_files;  // that the path takes too
  std::vector<FoundColumn> columns;      // those of source.columns
  std::vector<Partition> partitions;
  std::vector<Reason> reasons;
  std::vector<Exception> exceptions;  // at most limits::kCrawlExceptions
  uint64_t exceptions_in_all = 0;
};

struct Crawled {
  std::vector<FoundSource> sources;  // by path
  std::vector<Exception> others;     // files that are no source's: empty, no tables, unreadable
  size_t files = 0;
  size_t left_out = 0;  // hidden ones, and those that programs put beside data
  uint64_t bytes = 0;
};

// Throws Failure: kIo if there is nothing at the path, kUsage for
// options that contradict what is there, kLimit past limits::kCrawlFiles, kCancelled.
Crawled crawl(const Options& options, const Cancellation& cancellation);

}  // namespace segue::crawl

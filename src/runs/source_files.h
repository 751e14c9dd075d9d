// The files that sources have, and what tells whether they are those of an earlier run: their contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/cancellation.h"
#include "definition/definition.h"
#include "formats/line_reader.h"

namespace segue::runs {

struct SourceFile {
  std::string path;  // absolute
  uint64_t bytes = 0;
  int64_t modified = 0;  // ns since 1970; of a file of this machine
  std::string etag;      // of one on S3
  // Of what is in it and what its folders tell (content_hash.h); empty: not known.
  std::string hash;
};

// Whether it is the same file, as far as can be told without reading it.
bool same_state(const SourceFile& a, const SourceFile& b);

// What rows of a file are marked with in a table (lake::kFileColumn): a part of its hash, which is known. Of a million
// files, two have the same by a chance of 1 to 10 millions.
int64_t file_key(const SourceFile& file);

nlohmann::ordered_json to_json(const std::vector<SourceFile>& files);
// Throws what nlohmann's JSON throws if it is no list of files.
std::vector<SourceFile> source_files(const nlohmann::ordered_json& json);

// Looks at each source once; reads files where it must, several at once. Used from one thread.
class SourceFiles {
 public:
  // `cancellation` outlives it. `most`: bytes that hashed() may read of one source; past them it throws
  // Failure(kLimit).
  SourceFiles(size_t threads, const Cancellation& cancellation, uint64_t most = std::numeric_limits<uint64_t>::max())
      : threads_(threads), cancellation_(cancellation), most_(most) {}

  // Files that need not be read again while their size and time, or tag, are the same.
  void know(const std::vector<SourceFile>& files);

  // The files of a source, in order of their paths: none of a table. Throws Failure(kIo), located in the definition.
  const std::vector<SourceFile>& hashed(const definition::Source& source);
  // Likewise, without the hashes of those that are neither known nor small: to read them takes about as long as to
  // compute what is made of them.
  const std::vector<SourceFile>& listed(const definition::Source& source);

 private:
  struct Listing {
    std::vector<SourceFile> files;
    std::vector<formats::InputFile> inputs;  // the same, to be read
    bool hashed = false;
  };

  Listing& list(const definition::Source& source);
  void hash(Listing& listing, const definition::Source& source);
  // In threads: more than compute where files are far away.
  void for_each_file(const std::vector<std::string>& paths, const std::function<void(size_t)>& look);

  const size_t threads_;
  const Cancellation& cancellation_;
  const uint64_t most_;
  std::map<std::string, SourceFile> known_;  // by path
  std::map<std::string, Listing> listings_;  // by source
};

}  // namespace segue::runs
